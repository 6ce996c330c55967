"""How long a question waits for its vector while a book is embedded: ``python -m bench.embed.wait``.

One embedder process as the library runs it. Each round: questions by themselves; a book by itself; both at once; and
the same book by a model in the sender's own process, as workers had it before. What is asked are other questions each
time, one every tenth of a second, from a thread of this process over the socket.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from bench.embed.__main__ import passages
from bench.embed.embedder_process import embedder
from bench.results import machine, write_section

WORDS = [
    "What",
    "Why",
    "How",
    "cell",
    "river",
    "mill",
    "energy",
    "winter",
    "paper",
    "theory",
    "of",
    "the",
    "in",
    "a",
    "law",
    "moon",
    "glass",
    "garden",
    "does",
    "begin",
]
PARCEL = 128  # passages, as the building of an index sends them
EVERY = 0.1  # seconds between two questions
MOST_WAIT, LEAST_SPEED = 3.0, 0.95


def question(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=9)) + "?"


def asked_while(is_going: Callable[[], bool], chance: random.Random) -> list[float]:
    """Milliseconds that each question waited, one after the other as long as ``is_going``."""
    from library.ai import embeddings

    asker, waits = embeddings.for_questions(seconds=30.0), list[float]()
    while is_going():
        began = time.perf_counter()
        asker.embed([question(chance)], "question")
        waits.append((time.perf_counter() - began) * 1000)
        time.sleep(EVERY)
    return waits


def sent(texts: list[str]) -> tuple[float, np.ndarray]:
    """Passages a second through the embedder, two parcels under way as in a job; and the vectors."""
    from concurrent.futures import ThreadPoolExecutor

    from library.ai import embeddings
    from library.jobs.embedding.job_embedder import AT_ONCE

    bulk, began = embeddings.for_bulk(), time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        parcels = [texts[start : start + PARCEL] for start in range(0, len(texts), PARCEL)]
        vectors = np.concatenate(list(pool.map(lambda parcel: bulk.embed(parcel, "passage"), parcels)))
    return len(texts) / (time.perf_counter() - began), vectors


def own(texts: list[str]) -> tuple[float, np.ndarray]:
    """… by the model in this process, a parcel at a time."""
    from library.ai import embeddings
    from library.ai.runtimes.local import local_embedder

    model = local_embedder(embeddings.spec())
    model.embed(texts[:8], "passage")
    began = time.perf_counter()
    vectors = [model.embed(texts[start : start + PARCEL], "passage") for start in range(0, len(texts), PARCEL)]
    return len(texts) / (time.perf_counter() - began), np.concatenate(vectors)


class Figures:
    """Waits in milliseconds and passages a second, by what went on."""

    def __init__(self) -> None:
        self.idle: list[float] = []
        self.beside: list[float] = []
        self.alone: list[float] = []
        self.asked: list[float] = []
        self.own: list[float] = []

    def round(self, texts: list[str], chance: random.Random, questions: int) -> None:
        left = iter(range(questions))
        self.idle += asked_while(lambda: next(left, None) is not None, chance)
        speed, alone = sent(texts)
        self.alone.append(speed)
        waits: list[float] = []
        ended = threading.Event()
        asking = threading.Thread(target=lambda: waits.extend(asked_while(lambda: not ended.is_set(), chance)))
        asking.start()
        self.asked.append(sent(texts)[0])
        ended.set()
        asking.join()
        self.beside += waits
        speed, vectors = own(texts)
        self.own.append(speed)
        worst = float((alone * vectors).sum(axis=1).min())
        if worst < LEAST_ALIKE:
            sys.exit(f"The embedder's vectors are others than those of the model itself: cosine {worst:.4f} at worst.")


LEAST_ALIKE = 0.99


def told(found: Figures, count: int, rounds: int) -> str:
    def wait(waits: list[float]) -> str:
        return f"{np.percentile(waits, 50):.1f} | {np.percentile(waits, 95):.1f} | {len(waits)}"

    def speed(values: list[float]) -> str:
        return f"{median(values):.1f} ({min(values):.1f}–{max(values):.1f})"

    ratio = float(np.percentile(found.beside, 95) / np.percentile(found.idle, 95))
    pairs = median(ours / theirs for ours, theirs in zip(found.alone, found.own, strict=True))
    verdict = "met" if ratio <= MOST_WAIT else "missed"
    other = "met" if pairs >= LEAST_SPEED else "missed"
    return f"""`make bench-embed-wait`: {rounds} rounds of {count} passages, in turns, one embedder.

{machine()}.

| a question waits, ms | median | p95 | asked |
|---|--:|--:|--:|
| nothing else goes on | {wait(found.idle)} |
| a book is embedded | {wait(found.beside)} |

| a book | passages a second |
|---|--:|
| through the embedder | {speed(found.alone)} |
| … while questions are asked | {speed(found.asked)} |
| by a model in the worker, as before | {speed(found.own)} |

- p95 beside a book ≤ {MOST_WAIT:.0f} × the idle one: {verdict} ({ratio:.2f})
- a book through the embedder ≥ {LEAST_SPEED} × in the worker, by pairs: {other} ({pairs:.2f})
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passages", type=int, default=512)
    parser.add_argument("--questions", type=int, default=100, help="in each round, while nothing else goes on")
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    texts, chance, found = passages(wanted.passages), random.Random(3), Figures()
    with tempfile.TemporaryDirectory(prefix="lyceum-b-", dir="/tmp") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "library.settings", "LYCEUM_VAR": folder}
        import django

        django.setup()
        with embedder(Path(folder)):
            sent(texts[:PARCEL])
            for _round in range(wanted.rounds):
                found.round(texts, chance, wanted.questions)
    text = told(found, wanted.passages, wanted.rounds)
    print(text)
    if not wanted.keep_results:
        write_section("embed-wait", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
