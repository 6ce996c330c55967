"""How much a word tells about a text: BM25 with weighted fields.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), §3.5. What a word counts in a
text is the sum over the fields that it is in, each by its weight, before it saturates (BM25F).
"""

from __future__ import annotations

from math import log

K1, B = 1.2, 0.75


def idf(books: int, having: int) -> float:
    """How rare a word is that ``having`` of ``books`` texts have: above 0, about 0 where all have it."""
    having = max(0, min(having, books))
    return log(1 + (books - having + 0.5) / (having + 0.5))


def score(
    frequencies: list[float], idfs: list[float], *, length: float, average: float, k1: float = K1, b: float = B
) -> float:
    """The score of one text. ``frequencies``: of each word asked for, weighted by field; ``length`` in words."""
    norm = k1 * (1 - b + b * length / average) if average > 0 else k1
    pairs = zip(frequencies, idfs, strict=True)
    return sum(rare * often * (k1 + 1) / (often + norm) for often, rare in pairs if often > 0)
