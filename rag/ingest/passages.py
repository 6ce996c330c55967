"""Passages of about 120 words, made of whole sentences of one page, inside the embedder's window."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.sentences import Span, fold_space, is_contents_line, split, word_count

CHUNKER = "sentences-120/1"  # kept with each generation: another recipe is another generation
TARGET_WORDS = 120
LEAST_WORDS = 4  # less is a number or a stray label
LEAST_LETTERS = 12
LEAST_UNSPACED = 40  # letters; for writing that puts no spaces between words
LEAST_BESIDE_CONTENTS = 20
Counter = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True)
class Cut:
    """A passage of one page: ``page_text[start:end]``."""

    start: int
    end: int
    text: str
    text_hash: str


def cut(page_text: str, *, language: str, window: int, count_pieces: Counter) -> list[Cut]:
    """The passages of one page in order; ``page_text[start:end] == text`` for each.

    ``window`` is the number of word-pieces that the embedder reads, ``count_pieces`` counts those of each text.
    """
    spans = [
        span
        for stretch in _stretches(page_text, split(page_text, language))
        for span in pack(page_text, stretch)
    ]  # fmt: skip
    fitting = [part for span in spans for part in fit(page_text, span, window=window, count_pieces=count_pieces)]
    return [
        Cut(span.start, span.end, text, digest(text))
        for span in fitting
        if _says_something(text := span.of(page_text))
    ]  # fmt: skip


def digest(text: str) -> str:
    """SHA-256 of what a reader would call the same text."""
    return hashlib.sha256(fold_space(text).encode()).hexdigest()


def _says_something(text: str) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    return letters >= LEAST_LETTERS and (word_count(text) >= LEAST_WORDS or letters >= LEAST_UNSPACED)


def _stretches(text: str, sentences: Sequence[Span]) -> Iterator[Sequence[Span]]:
    """Sentences in a row, parted where lines of a table of contents are left out; scraps between those go too."""
    found: list[list[Span]] = [[]]
    for sentence in sentences:
        if is_contents_line(sentence.of(text)):
            found.append([])
        else:
            found[-1].append(sentence)
    for stretch in found:
        scrap = len(found) > 1 and sum(word_count(sentence.of(text)) for sentence in stretch) < LEAST_BESIDE_CONTENTS
        if stretch and not scrap:
            yield stretch


def pack(text: str, sentences: Sequence[Span], *, target: int = TARGET_WORDS) -> list[Span]:
    """Neighbouring sentences in parcels of about ``target`` words, evenly: no small rest is left at the end."""
    lengths = [word_count(sentence.of(text)) for sentence in sentences]
    parcels = max(1, round(sum(lengths) / target))
    share = sum(lengths) / parcels
    packed: list[Span] = []
    first, done = 0, 0
    for index, length in enumerate(lengths):
        done += length
        last = index + 1 == len(lengths)
        border = share * (len(packed) + 1)
        # End the parcel here if the next sentence would take its end further from the border than this one does.
        following = 0 if last else lengths[index + 1]
        if last or (len(packed) + 1 < parcels and abs(done - border) <= abs(done + following - border)):
            packed.append(Span(sentences[first].start, sentences[index].end))
            first = index + 1
    return packed


def fit(text: str, span: Span, *, window: int, count_pieces: Counter) -> list[Span]:
    """``span`` in as few even parts as the window needs: at sentence ends where there are some, else at words."""
    if count_pieces([span.of(text)])[0] <= window:
        return [span]
    units = [Span(span.start + part.start, span.start + part.end) for part in split(span.of(text))]
    if len(units) < 2:
        units = [Span(span.start + m.start(), span.start + m.end()) for m in re.finditer(r"\S+", span.of(text))]
    if len(units) < 2:
        middle = (span.start + span.end) // 2  # one endless word: cut it where it is
        units = [Span(span.start, middle), Span(middle, span.end)]
    half = _balanced(text, units)
    halves = (Span(units[0].start, units[half - 1].end), Span(units[half].start, units[-1].end))
    return [part for piece in halves for part in fit(text, piece, window=window, count_pieces=count_pieces)]


def _balanced(text: str, units: Sequence[Span]) -> int:
    """How many of ``units`` make the first half, by characters."""
    middle = (units[0].start + units[-1].end) / 2
    return min(range(1, len(units)), key=lambda index: abs(units[index].start - middle))
