"""This tree's search beside an earlier one's: ``python -m bench.two_trees --base FOLDER [--sizes N …] [--rounds 7]``.

``FOLDER``: the other tree, checked out (``git worktree add --detach FOLDER COMMIT``), with a ``.venv`` or this one's.
Each tree has its own process, database and Redis, loaded and asked by its own ``bench.search_ours``; the loaded
databases stay in ``var/two-trees`` of each tree until what loads them changes. Before anything is timed both find
the same: where a page or a number differs, the run ends unless no kind of query has fewer known records on its first
page than the base, and what differs is counted beside the times. Then the trees take turns (this one first in every
other round), each query the quickest of three calls; printed is the ratio of medians over the rounds with a 95 %
bootstrap interval over rounds and queries. Ten minutes at 100,000 records, loading included.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench.results import machine, write_section
from bench.search import FOLDER, KINDS, ROOT, SOURCES, by_kind, percentile
from bench.search_records import read, write

SHOWN = (*KINDS, "suggest", "bare prefix")
RESAMPLES = 2_000
GOALS = {"words": 0.5, "phrase": 0.5, "prefix": 0.5, "suggest": 0.4, "broad word": 0.8, "filtered": 0.8}
Row = dict[str, Any]
Round = list[Row]


class Tree:
    """One tree in a process of its own."""

    def __init__(self, folder: Path, records: Path, queries: Path) -> None:
        python = folder / ".venv" / "bin" / "python"
        var = folder / "var" / "two-trees" / records.stem
        var.parent.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.process = subprocess.Popen(
            [python if python.exists() else sys.executable, ROOT / "bench" / "one_tree.py", var, records, queries],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, word: str) -> list[Row]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"The tree in {self.folder} ended with {self.process.wait()}.")
        told: list[Row] = json.loads(line)
        return told

    def end(self) -> None:
        if self.process.poll() is None and self.process.stdin:
            self.process.stdin.close()
            self.process.wait(120)


def differences(queries: Sequence[Row], own: Sequence[Row], base: Sequence[Row]) -> dict[str, dict[str, int]]:
    """By kind, how many queries there are, and how many have another page, number or facets than the base's."""
    found: dict[str, dict[str, int]] = {}
    for asked, one, other in zip(queries, own, base, strict=True):
        row = found.setdefault(
            asked["kind"],
            dict.fromkeys(("asked", "other page", "other number", "other facets", "known", "known before"), 0),
        )
        row["asked"] += 1
        row["other page"] += set(one["ids"]) != set(other["ids"])
        row["other number"] += one["count"] != other["count"]
        row["other facets"] += one["facets"] != other["facets"]
        row["known"] += asked["known"] in one["ids"]
        row["known before"] += asked["known"] in other["ids"]
    return found


def ratio(own: Sequence[Round], base: Sequence[Round], kind: str, share: float) -> tuple[float, float, float]:
    """The ratio of the medians over rounds of one percentile, and its interval; queries and rounds are drawn anew."""
    ours, theirs = ([by_kind(rows)[kind] for rows in rounds] for rounds in (own, base))
    number, chance = len(ours[0]), random.Random(5)

    def once(rounds: Sequence[int], queries: Sequence[int]) -> float:
        own_ms, base_ms = (
            median(percentile([side[turn][query] for query in queries], share) for turn in rounds)
            for side in (ours, theirs)
        )
        return own_ms / base_ms

    drawn = sorted(
        once(chance.choices(range(len(ours)), k=len(ours)), chance.choices(range(number), k=number))
        for _ in range(RESAMPLES)
    )
    whole = once(range(len(ours)), range(number))
    return whole, drawn[int(RESAMPLES * 0.025)], drawn[int(RESAMPLES * 0.975)]


def table(size: int, told: dict[str, dict[str, int]], own: Sequence[Round], base: Sequence[Round]) -> str:
    lines = [
        f"### Beside the base, {size:,} records, {len(own)} rounds in turns",
        "",
        "| query | base p50 / p95 ms | now p50 / p95 ms | ratio p50 (95 %) | ratio p95 (95 %) | goal | known before"
        " | known now | other page / number / facets |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in (*SHOWN, "all of these"):
        cells = [kind]
        cells += [
            " / ".join(f"{median(percentile(by_kind(one)[kind], part) for one in side):.1f}" for part in (0.5, 0.95))
            for side in (base, own)
        ]
        for share in (0.5, 0.95):
            whole, low, high = ratio(own, base, kind, share)
            cells.append(f"{whole:.2f} ({low:.2f}–{high:.2f})")
        row = told.get(kind, {})
        cells.append(f"{GOALS[kind]}" if kind in GOALS else "")
        cells += [
            f"{row[name]} of {row['asked']}" if row.get("known before") else "" for name in ("known before", "known")
        ]
        cells.append(" / ".join(str(row[f"other {name}"]) for name in ("page", "number", "facets")) if row else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def compare(base: Path, size: int, rounds: int) -> str:
    records, queries = write(FOLDER, size)
    trees = [Tree(ROOT, records, queries), Tree(base, records, queries)]
    try:
        found = [tree.ask("rows") for tree in trees]
        told = differences(list(read(queries)), *found)
        for kind, row in told.items():
            if row["known"] < row["known before"]:
                sys.exit(f"{kind}: {row['known before']} known records were on the first page, now {row['known']}.")
        took: list[list[Round]] = [[], []]
        for turn in range(rounds):
            for place in (0, 1) if turn % 2 else (1, 0):
                took[place].append(trees[place].ask("times"))
        return table(size, told, *took)
    finally:
        for tree in trees:
            tree.end()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, type=Path, help="the folder of the other tree")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    if not SOURCES.is_dir():
        parser.error(f"the real titles are not there: {SOURCES}")
    tables = []
    for size in wanted.sizes:
        tables.append(compare(wanted.base.resolve(), size, wanted.rounds))
        print(tables[-1], flush=True)
    commit = subprocess.run(
        ["/usr/bin/env", "git", "-C", wanted.base, "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    if not wanted.keep_results:
        write_section(
            "search against the build before",
            (
                f"`make bench-search-against BASE=…`: this tree beside {commit}, each with its own bench module and database,"
                " in turns; each query the quickest of three calls, then the ratio of the medians over all rounds.\n\n"
                f"{machine()}.\n\n" + "\n".join(tables)
            ),
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
