"""The catalogue's search beside SQLite FTS5 and Tantivy: ``python -m bench.search --peers PYTHON [--sizes N …]``."""

from __future__ import annotations

import argparse
import itertools
import json
import math
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench.results import machine, write_section
from bench.search_records import SOURCES, write

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "bench-records"
KINDS = ("broad word", "filtered", "words", "phrase", "prefix", "typo")
LEAST_FOUND = (
    0.85  # of the known records that the best of the three has on its first page; among a million many hold the words
)
Told = dict[str, Any]


def measure(engine: list[str], records: Path, queries: Path) -> Told:
    result = FOLDER / "result.json"
    result.unlink(missing_ok=True)
    subprocess.run([*engine, str(records), str(queries), str(result)], cwd=ROOT, check=True)
    told: Told = json.loads(result.read_text())
    return told


def percentile(rows: list[Told], share: float) -> float:
    ordered = sorted(float(row["ms"]) for row in rows)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def found(rows: list[Told]) -> float:
    """The share of known records on the first page; misspelt ones are another matter."""
    known = [row["hit"] for row in rows if row["hit"] is not None and row["kind"] != "typo"]
    return sum(known) / len(known)


def by_kind(rows: list[Told]) -> dict[str, list[Told]]:
    kinds: dict[str, list[Told]] = defaultdict(list)
    for row in rows:
        kinds[row["kind"]].append(row)
        if row["kind"] in KINDS:
            kinds["all of these"].append(row)
    return kinds


def _ended(rows: list[Told]) -> str:
    number = sum(bool(row.get("ended")) for row in rows)
    return f" {number} of {len(rows)} searches were ended by the limit of five seconds." if number else ""


def table(size: int, told: dict[str, Told]) -> str:
    ours, meaning = by_kind(told["ours"]["rows"]), by_kind(told["ours"]["meaning"])
    sqlite, tantivy = by_kind(told["sqlite"]["rows"]), by_kind(told["tantivy"]["rows"])
    lines = [
        f"### {size:,} records",
        "",
        "| query | Lyceum p50 / p95 ms | with meaning p50 / p95 | FTS5 p50 / p95 | Tantivy p50 / p95"
        " | p95 : FTS5 | p95 : Tantivy |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in (*KINDS, "all of these"):
        cells = [
            f"{percentile(rows[kind], 0.5):.1f} / {percentile(rows[kind], 0.95):.1f}" if rows[kind] else "–"
            for rows in (ours, meaning, sqlite, tantivy)
        ]
        own = percentile(ours[kind], 0.95)
        ratios = [f"{own / percentile(peer[kind], 0.95):.2f}" for peer in (sqlite, tantivy)]
        lines.append(f"| {kind} | " + " | ".join([*cells, *ratios]) + " |")
    bare, suggest = ours["bare prefix"], ours["suggest"]
    lines += [
        "",
        f"Suggestions: p50 {percentile(suggest, 0.5):.1f}, p95 {percentile(suggest, 0.95):.1f} ms; a bare prefix query on"
        f" titles in the same database: {percentile(bare, 0.5):.1f}, {percentile(bare, 0.95):.1f} ms."
        f" Known records on the first page: Lyceum {found(told['ours']['rows']):.0%}, FTS5"
        f" {found(told['sqlite']['rows']):.0%}, Tantivy {found(told['tantivy']['rows']):.0%}; misspelt:"
        + ",".join(
            f" {name} {_misspelt(told[engine]['rows']):.0%}"
            for name, engine in (
                ("Lyceum", "ours"),
                ("FTS5 with trigrams", "sqlite"),
                ("Tantivy, distance 1", "tantivy"),
            )
        )
        + f". Loading: Lyceum {told['ours']['load']:.0f} s, FTS5 {told['sqlite']['load']:.0f} s, Tantivy"
        f" {told['tantivy']['load']:.0f} s." + _ended(told["ours"]["rows"] + told["ours"]["meaning"]),
        "",
    ]
    return "\n".join(lines)


def _misspelt(rows: list[Told]) -> float:
    hits = [row["hit"] for row in rows if row["kind"] == "typo"]
    return sum(hits) / len(hits)


def growth(measured: dict[int, dict[str, Told]]) -> str:
    """How p95 grows from size to size, and the exponent."""
    sizes, lines = sorted(measured), []
    for small, large in itertools.pairwise(sizes):
        words = []
        for kind in (*KINDS, "suggest"):
            before, after = (percentile(by_kind(measured[size]["ours"]["rows"])[kind], 0.95) for size in (small, large))
            words.append(f"{kind} {after / before:.1f}× ({math.log(after / before) / math.log(large / small):.2f})")
        lines.append(f"p95 from {small:,} to {large:,} records, exponent in brackets: " + ", ".join(words) + ".")
    return "\n\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, type=Path, help="a Python that has tantivy")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    if not SOURCES.is_dir():
        parser.error(f"the real titles are not there: {SOURCES}")
    peer = [str(wanted.peers.absolute()), str(ROOT / "bench" / "search_peers.py")]
    measured: dict[int, dict[str, Told]] = {}
    for size in wanted.sizes:
        records, queries = write(FOLDER, size)
        told = {engine: measure([*peer, engine], records, queries) for engine in ("sqlite", "tantivy")}
        told["ours"] = measure([sys.executable, "-m", "bench.search_ours"], records, queries)
        best = max(found(one["rows"]) for one in told.values())
        for engine, one in told.items():
            if found(one["rows"]) < LEAST_FOUND * best:
                sys.exit(
                    f"{engine} finds only {found(one['rows']):.0%} of the known records: no time of it means much."
                )
        measured[size] = told
        print(table(size, told), flush=True)
    text = (
        "`make bench-search`: each query with the first twenty in order, their number, and counts by language, decade,"
        " category, branch, author and availability; the quickest of three calls in process.\nRecords are made from real"
        " titles by recombination; queries from the records.\n\n"
        f"{machine()}.\n\n" + "\n".join(table(size, told) for size, told in measured.items()) + growth(measured)
    )
    if not wanted.keep_results:
        write_section("search", text)
    print(growth(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
