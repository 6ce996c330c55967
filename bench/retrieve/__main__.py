"""Question → five passages, beside Chroma, bare SQL and FAISS: ``python -m bench.retrieve --peers PYTHON``.

In one book and in a library of 100,000 passages and a million. The question's vector is there already on all sides.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.results import machine, write_section
from bench.retrieve.corpus import BOOK, DATA

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ("lyceum", "chroma", "bare sql", "faiss flat", "faiss hnsw")


def cell(times: list[float] | None) -> str:
    if not times:
        return "–"
    return f"{median(times):.2f} / {quantiles(times, n=20)[-1]:.2f}"


def ratio(told: dict[str, Any], engine: str) -> str:
    return f"{median(told['lyceum']) / median(told[engine]):.2f}×" if told.get(engine) else "–"


def table(told: dict[int, dict[str, Any]]) -> str:
    """A row for each size: milliseconds, p50 / p95, and what ours is of others."""
    lines = [
        f"| passages | {' | '.join(f'{engine} p50 / p95' for engine in ENGINES)} | ours : Chroma | : bare SQL | recall@10 |",
        "|--:|" + "--:|" * (len(ENGINES) + 3),
    ]
    for size, row in told.items():
        cells = [cell(row.get(engine)) for engine in ENGINES]
        recall = f"{row['recall']:.3f}" if "recall" in row else "exact"
        name = f"one book, {size:,}" if size == BOOK else f"{size:,}"
        lines.append(f"| {name} | {' | '.join(cells)} | {ratio(row, 'chroma')} | {ratio(row, 'bare sql')} | {recall} |")
    return "\n".join(lines)


def growth(told: dict[int, dict[str, Any]]) -> str:
    sizes = sorted(size for size in told if size != BOOK)
    if len(sizes) < 2:
        return ""
    few, many = (median(told[size]["lyceum"]) for size in (sizes[0], sizes[-1]))
    return f" From {sizes[0]:,} to {sizes[-1]:,} passages it takes {many / few:.2f} times as long."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, type=Path, help="a Python that has what requirements-bench.txt names")
    parser.add_argument("--sizes", type=int, nargs="+", default=[BOOK, 100_000, 1_000_000])
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    if not DATA.exists():
        parser.error(f"the labelled sets are not there: {DATA}")
    with tempfile.TemporaryDirectory() as name:
        folder, result = Path(name), Path(name) / "result.json"
        sizes = [str(size) for size in wanted.sizes]
        subprocess.run([sys.executable, "-m", "bench.retrieve.ours", name, *sizes, str(result)], cwd=ROOT, check=True)
        told = {int(size): row for size, row in json.loads(result.read_text()).items()}
        for size in wanted.sizes:
            peers = [str(wanted.peers.absolute()), "bench/retrieve/peers.py", str(folder), str(size), str(result)]
            subprocess.run(peers, cwd=ROOT, check=True)
            told[size] |= json.loads(result.read_text())
    text = (
        "`make bench-retrieve`: milliseconds from a question's vector and words to five passages with their text, the"
        " quickest of three tries of each of 200 real questions. Lyceum: both arms to a depth of 100, BM25 included,"
        " fused, near-duplicates parted, what the reader may not see left out. Chroma: LangChain's"
        " `max_marginal_relevance_search_by_vector(k=5, fetch_k=20)` on disk. Bare SQL: PostgreSQL's five nearest and"
        " nothing else. FAISS: in process, without texts.\n\n"
        f"{machine()}.\n\n{table(told)}\n\nPassages are made of two real ones each, words and vectors.{growth(told)}"
    )
    print(text)
    if not wanted.keep_results:
        write_section("retrieve", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
