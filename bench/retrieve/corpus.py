"""Passages to search: real ones, and as many as are wanted made of two real ones each.

A made passage has the first half of one text and the second half of another, and a vector between theirs, so that words
and meaning spread as they do in books. The same numbers come out every time; ours and the peers read the same files.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "retrieval"
SETS = ("fairytaleqa-train", "fairytaleqa-val", "squad2-dev-half", "xquad-en")
REAL, QUESTIONS = 3_000, 200
BOOK = 800  # passages of one book
TOGETHER = 10_000
WORDS = 120


def lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def real_texts() -> list[str]:
    """Passages of about ``WORDS`` words of the labelled sets."""
    texts = [row["text"] for name in SETS for row in lines(DATA / name / "corpus.jsonl.gz")]
    return list(dict.fromkeys(" ".join(text.split()[:WORDS]) for text in texts if len(text.split()) > WORDS // 2))[
        :REAL
    ]


def questions() -> list[str]:
    """Questions to the same sets, every so many."""
    found = [row["text"] for name in SETS for row in lines(DATA / name / "queries.jsonl.gz")]
    return found[:: max(1, len(found) // QUESTIONS)][:QUESTIONS]


def made(vectors: Any, number: int) -> Iterator[tuple[Any, Any]]:
    """Batches of pairs of real passages, int (n, 2), and the vectors made of each, float32 (n, d), unit length."""
    import numpy as np

    random = np.random.default_rng(7)
    for start in range(0, number, TOGETHER):
        count = min(TOGETHER, number - start)
        pairs = random.integers(0, len(vectors), size=(count, 2))
        share = random.uniform(0.5, 0.9, size=(count, 1))
        noise = random.normal(scale=0.01, size=(count, vectors.shape[1]))
        mixed = share * vectors[pairs[:, 0]] + (1 - share) * vectors[pairs[:, 1]] + noise
        yield pairs, (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)


def text_of(texts: list[str], pair: Any) -> str:
    """The text of a made passage."""
    one, other = texts[int(pair[0])].split(), texts[int(pair[1])].split()
    return " ".join([*one[: len(one) // 2], *other[len(other) // 2 :]])
