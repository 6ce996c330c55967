"""How much a sentence promises to answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.answers.choosing.asked_for import AskedFor
from rag.answers.choosing.cues import defines, has_number, shows
from rag.answers.choosing.words import RareWords
from rag.answers.quotable import QuotableSentence
from rag.text.sentences import fold_space, leans

WEIGHTS: Mapping[str, float] = {  # by trials, docs/answers.md
    "meaning": 1.0,
    "words": 0.5,
    "around": 0.4,
    "shows": 0.12,
    "defines": 0.15,
    "passage": 0.3,
}


@dataclass(frozen=True)
class WeighedSentence:
    """A sentence with what speaks for it. ``meaning``: its cosine to the question. ``words``: the share of the question
    that it has, ``around``: that only the sentence before it and the heading have. ``shows``: whether it has what this
    kind of question wants, ``None`` where nobody can tell. ``defines``: 0 to 1. ``sides``: its share of each side of a
    difference. ``counts``: it says how many there are."""

    sentence: QuotableSentence
    meaning: float
    words: float = 0.0
    around: float = 0.0
    shows: bool | None = None
    defines: float = 0.0
    leans: bool = False
    sides: tuple[float, ...] = ()
    counts: bool = False

    @property
    def worth(self) -> float:
        """What ranks it among the others: a weighted sum."""
        kind = {True: 1.0, False: -1.0, None: 0.0}[self.shows]
        values = {
            "meaning": self.meaning,
            "words": self.words,
            "around": self.around,
            "shows": kind,
            "defines": self.defines,
            "passage": self.sentence.passage_score,
        }
        return sum(weight * values[name] for name, weight in WEIGHTS.items())


def candidates(
    asked: AskedFor,
    question: str,
    language: str,
    sentences: Sequence[QuotableSentence],
    scores: Sequence[float],
    words: RareWords,
) -> list[WeighedSentence]:
    """Each of ``sentences`` with what speaks for it, in their order. ``scores``: their cosines to the question."""
    return [
        _candidate(asked, question, language, sentence, score, words)
        for sentence, score in zip(sentences, scores, strict=True)
    ]


def _candidate(
    asked: AskedFor, question: str, language: str, sentence: QuotableSentence, score: float, words: RareWords
) -> WeighedSentence:
    text = fold_space(sentence.text)
    return WeighedSentence(
        sentence,
        score,
        words=words.share(sentence.lexemes),
        around=words.share(sentence.around - sentence.lexemes),
        shows=shows(asked, text, language, question),
        defines=defines(asked.about, text, language) if asked.kind == "definition" else 0.0,
        leans=leans(text),
        sides=tuple(words.share_of(side, sentence.lexemes) for side in words.sides),
        counts=has_number(text, language),
    )
