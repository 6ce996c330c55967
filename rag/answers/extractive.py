"""The extractive writer: answers a question with sentences of the book, word for word. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from library.ai.spec import Vectors
from rag.answers.evidence import Evidence, QuotableSentence
from rag.answers.ports import Statement
from rag.retrieval.hits import AskedQuestion
from rag.text.sentences import fold_space, leans

MOST_SENTENCES = 4
NEAR_BEST = 0.72  # a further sentence is quoted if it scores at least this share of the best
SUPPORT = 0.85  # … and at least this share of the model's refusal threshold
TOO_ALIKE = 0.86  # two sentences this near say the same
LEANS = 0.06  # what a sentence that leans on the one before it loses
DEFINES = 0.08  # what a sentence gains that defines what the question asks for
ASKS_WHAT = re.compile(r"^what(?:'s|’s| is| are)(?: an?| the)? ([\w' -]{2,60}?)\s*\??$", re.IGNORECASE)


class ExtractiveWriter:
    """Writes with sentences of the text alone."""

    name = "extractive"

    def write(self, question: AskedQuestion, evidence: Evidence, *, threshold: float) -> list[Statement]:
        """Up to four sentences. As ``rag.answers.ports.AnswerWriter``."""
        chosen = choose(question.text, evidence.sentences, evidence.vectors, evidence.scores, threshold=threshold)
        return [Statement(fold_space(sentence.text), sentence, score) for sentence, score in chosen]


def choose(
    question: str, found: Sequence[QuotableSentence], vectors: Vectors, scores: Sequence[float], *, threshold: float
) -> list[tuple[QuotableSentence, float]]:
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
        alike = max((float(vectors[index] @ vectors[other]) for other in taken), default=-1.0)
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
