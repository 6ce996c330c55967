"""A summary in the book's own sentences, each with its page. Pure: texts and vectors in, sentences out.

Section-aware centrality with position, after HipoRank (arXiv 2005.00513): a passage matters if it is near the middle
of its section and of the book, and if it opens a section; maximal marginal relevance keeps the sentences apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from library.ai.spec import Vectors, unit
from rag.text.passage_parts import PassagePart, sentences
from rag.text.references import holds
from rag.text.sentences import fold_space, has_verb, is_contents_line, is_quotable, leans, split, word_count

FEWEST, MOST = 6, 10
PASSAGES_PER_SENTENCE = 45  # one sentence more for each so many passages
TRIED_PER_SECTION = 4  # passages whose sentences are compared
OPENING = 0.05  # what a passage gains that opens a chapter
HANDY = 0.03  # what a sentence of a good length gains
VERBLESS = 0.1  # what a sentence loses that may be a caption
DIVERSITY = 0.35  # weight of likeness to what is already taken
LEAST_PROSE = 0.5  # share of a passage's words that stand in quotable sentences

FRONT = re.compile(
    r"^(table of )?contents$|^(preface|foreword|preamble|acknowledge?ments|dedication|copyright|colophon|imprint|"
    r"list of (figures|tables)|about (the|this) (author|book|document)|contributors|revision history|epigraph)\b",
    re.IGNORECASE,
)
BACK = re.compile(
    r"^((appendix )?\w{0,2}\.?\s*)?(index|bibliography|references|glossary|acknowledge?ments|colophon|works cited|"
    r"further reading|notes|licen[cs]e|afterword)\b.{0,20}$",
    re.IGNORECASE,
)
SPOKEN = re.compile(
    r"\b(I|I’m|I'm|I’ve|I'll|I’ll|my|let’s|let's|you might|you may|see (chapter|section|figure|page|table)|"
    r"(previous|next|last|following|preceding) (chapter|section|page|figure|paragraph)|in this (chapter|section)|"
    r"(figure|table|exercise|listing|section) \d|shown (below|above|in)|as follows|above|below)\b",
)


@dataclass(frozen=True)
class PassageText:
    """A passage of the index: where it begins, what it says, and what it has of each of its pages."""

    page: int
    start: int
    text: str
    parts: tuple[PassagePart, ...]


@dataclass(frozen=True)
class Sentence:
    """A sentence of the summary: ``page_text[start:end]``, white space folded."""

    text: str
    page: int
    start: int
    end: int


@dataclass(frozen=True)
class _Candidate:
    sentence: Sentence
    section: int
    bonus: float


def summarise(
    passages: Sequence[PassageText],
    vectors: Vectors,
    pages: dict[int, str],
    *,
    language: str,
    embed: Callable[[Sequence[str]], Vectors],
) -> list[Sentence]:
    """Six to ten sentences in the order of the book (fewer where it has fewer that can stand alone).

    ``vectors``: float32 (n, d), unit length, of ``passages`` in order; ``pages``: text by number; ``embed`` gives
    vectors of single sentences.
    """
    usable = main_matter(passages, pages, language)
    if not usable:
        return []
    passages, vectors = [passages[i] for i in usable], vectors[usable]
    wanted = min(MOST, max(FEWEST, FEWEST + len(passages) // PASSAGES_PER_SENTENCE))
    sections = np.arange(len(passages)) * min(wanted, len(passages)) // len(passages)
    middles = _middles(vectors, sections)
    candidates = _candidates(passages, vectors, sections, middles, pages, language)
    if not candidates:
        return []
    found = embed([candidate.sentence.text for candidate in candidates])
    worth = np.array(
        [float(found[i] @ middles[candidate.section]) + candidate.bonus for i, candidate in enumerate(candidates)]
    )
    taken = _take(candidates, found, worth, wanted)
    return sorted((candidates[i].sentence for i in taken), key=lambda sentence: (sentence.page, sentence.start))


def main_matter(passages: Sequence[PassageText], pages: dict[int, str], language: str) -> list[int]:
    """Which passages are prose of the book itself: no front matter, contents, index, references or listings."""
    last = max(pages, default=0)
    skipped = {number for number, text in pages.items() if _is_front(text) and number <= max(3, last // 8)}
    behind = [number for number, text in pages.items() if number > 0.8 * last and BACK.match(_heading(text))]
    end = min(behind, default=last + 1)
    return [
        index
        for index, passage in enumerate(passages)
        if passage.page not in skipped and passage.page < end and _prose(passage.text, language) >= LEAST_PROSE
    ]


def _heading(text: str) -> str:
    return fold_space(text.split("\n\n", 1)[0])[:80]


def _is_front(text: str) -> bool:
    return FRONT.match(_heading(text)) is not None or is_contents_line(text)


def _prose(text: str, language: str) -> float:
    sentences = [span.of(text) for span in split(text, language)]
    good = sum(word_count(sentence) for sentence in sentences if is_quotable(sentence))
    return good / max(word_count(text), 1)


def _middles(vectors: Vectors, sections: np.ndarray) -> Vectors:
    """For each section the direction between its own middle and the book's, shape (sections, d)."""
    whole = unit(vectors.mean(axis=0, keepdims=True))[0]
    own = [vectors[sections == section].mean(axis=0) for section in range(int(sections.max()) + 1)]
    return unit(unit(np.stack(own)) + 0.6 * whole)


def _candidates(
    passages: Sequence[PassageText],
    vectors: Vectors,
    sections: np.ndarray,
    middles: Vectors,
    pages: dict[int, str],
    language: str,
) -> list[_Candidate]:
    """The sentences worth comparing, each once though passages overlap: of the most central ones of each section."""
    opening = np.array([OPENING if _opens_chapter(passage, pages) else 0.0 for passage in passages])
    centrality = np.einsum("nd,nd->n", vectors, middles[sections]) + opening
    found: list[_Candidate] = []
    for section in range(len(middles)):
        members = np.flatnonzero(sections == section).tolist()
        best = sorted(members, key=lambda i: (-centrality[i], i))[:TRIED_PER_SECTION]
        for index in best:
            found += _sentences(passages[index], section, float(opening[index]), language, pages)
    return list({candidate.sentence: candidate for candidate in reversed(found)}.values())[::-1]


def _opens_chapter(passage: PassageText, pages: dict[int, str]) -> bool:
    text = pages.get(passage.page, "")
    heading = _heading(text)
    return passage.start < 400 and 0 < len(heading) < 70 and heading[-1:] not in ".,;:!?" and heading[0].isupper()


def _sentences(
    passage: PassageText, section: int, opening: float, language: str, pages: dict[int, str]
) -> list[_Candidate]:
    """The sentences of a passage that say something without what stands around them, each of one page."""
    found = []
    for placed in sentences(passage.parts, passage.text, language):
        text = fold_space(placed.text)
        words = word_count(text)
        if placed.goes_on is None and 8 <= words <= 45 and is_quotable(placed.text) and not leans(text):
            if SPOKEN.search(text) or ":" in text[-2:]:
                continue
            if holds(pages.get(placed.page, ""), placed.span):  # it names a book
                continue
            sentence = Sentence(text, placed.page, placed.span.start, placed.span.end)
            found.append(_Candidate(sentence, section, opening + _bonus(text, words)))
    return found


def _bonus(text: str, words: int) -> float:
    return (HANDY if 12 <= words <= 32 else 0.0) - (0.0 if has_verb(text) else VERBLESS)


def _take(candidates: Sequence[_Candidate], vectors: Vectors, worth: np.ndarray, wanted: int) -> list[int]:
    """Greedy maximal marginal relevance: every section once as long as it has something, then the best of the rest."""
    taken: list[int] = []
    for once_each in (True, False):
        while len(taken) < wanted:
            sections = {candidates[i].section for i in taken} if once_each else set()
            open_to = [i for i, c in enumerate(candidates) if i not in taken and c.section not in sections]
            alike = {i: max((float(vectors[i] @ vectors[j]) for j in taken), default=0.0) for i in open_to}
            open_to = [i for i in open_to if alike[i] < 0.85]
            if not open_to:
                break
            taken.append(max(open_to, key=lambda i: (worth[i] - DIVERSITY * alike[i], -i)))
    return taken
