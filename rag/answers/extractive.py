"""The extractive writer: answers a question with sentences of the book, word for word. Pure but for their split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from library.ai.spec import Vectors
from rag.text.passage_parts import Part, sentences
from rag.text.sentences import Span, fold_space, is_quotable, leans

NAME = "extractive"
MOST_SENTENCES = 4
NEAR_BEST = 0.72  # a further sentence is quoted if it scores at least this share of the best
SUPPORT = 0.85  # … and at least this share of the model's refusal threshold
TOO_ALIKE = 0.86  # two sentences this near say the same
LEANS = 0.06  # what a sentence that leans on the one before it loses
DEFINES = 0.08  # what a sentence gains that defines what the question asks for
ASKS_WHAT = re.compile(r"^what(?:'s|’s| is| are)(?: an?| the)? ([\w' -]{2,60}?)\s*\??$", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """A sentence that could be quoted: where it stands and in which passage it was found."""

    page: int
    span: Span  # in the text of its page
    text: str
    passage: int  # rank of its passage, 0 the best
    passage_score: float


def candidates(parts: Sequence[Part], text: str, *, passage: int, score: float, language: str) -> list[Candidate]:
    """The quotable sentences of a passage that stands at ``parts`` of its pages."""
    return [
        Candidate(page, span, sentence, passage, score)
        for page, span, sentence, before in sentences(parts, text, language)
        if is_quotable(sentence, before=before)
    ]


def choose(
    question: str, found: Sequence[Candidate], vectors: Vectors, scores: Sequence[float], *, threshold: float
) -> list[tuple[Candidate, float]]:
    """The sentences that answer best, with their cosines to the question: the best first, the rest as in the book.

    ``vectors``: float32 (n, d) of the candidates, ``scores``: their cosines. A sentence that says again what is
    already quoted is passed over; one that leans on the sentence before it has to be better to be taken.
    """
    if not found:
        return []
    definition = defines(question)
    worth = [
        score
        + 0.25 * candidate.passage_score
        - (LEANS if leans(text := fold_space(candidate.text)) else 0)
        + (DEFINES if definition and definition.match(text) else 0)
        for candidate, score in zip(found, scores, strict=True)
    ]
    order = sorted(range(len(found)), key=lambda index: (-worth[index], index))
    least = max(NEAR_BEST * scores[order[0]], SUPPORT * threshold)
    taken: list[int] = []
    for index in order:
        if len(taken) == MOST_SENTENCES:
            break
        alike = max((float(np.dot(vectors[index], vectors[other])) for other in taken), default=-1.0)
        if not taken or (scores[index] >= least and alike < TOO_ALIKE):
            taken.append(index)
    rest = sorted(taken[1:], key=lambda index: (found[index].page, found[index].span.start))
    return [(found[index], float(scores[index])) for index in [*taken[:1], *rest]]


def defines(question: str) -> re.Pattern[str] | None:
    """What the beginning of a definition looks like, for a question such as *What is a functor?*"""
    asked = ASKS_WHAT.match(question.strip())
    if asked is None:
        return None
    return re.compile(rf"^(an?|the)?\s*{re.escape(asked[1])}\b[^.,;]{{0,40}}?\b(is|are|means?)\b", re.IGNORECASE)


def locate(page_text: str, quote: str, *, near: Span | None = None) -> Span | None:
    """Where ``quote`` stands on a page, white space aside, or ``None`` where it does not.

    ``near`` is looked at first, for a sentence that a page says twice.
    """
    if near is not None and fold_space(near.of(page_text)) == fold_space(quote):
        return near
    words = [re.escape(word) for word in quote.split()]
    match = re.search(r"\s+".join(words), page_text) if words else None
    return Span(match.start(), match.end()) if match else None
