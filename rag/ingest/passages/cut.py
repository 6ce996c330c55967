"""Passages of about 120 words, made of whole sentences of one section, inside the embedder's window.

Pure and streaming: pages in, passages out, holding the text of one section at a time. The same pages always give the
same passages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from library.ai.spec import ModelSpec
from rag.ingest.model.clean import CleanPage, CleanSection
from rag.ingest.passages.language import Detector
from rag.ingest.passages.packing import OVERLAP_WORDS, TARGET_WORDS, pack
from rag.ingest.passages.stretches import Stretch, Unit, stretches
from rag.text.passage_parts import joined, parts
from rag.text.sentences import fold_space, word_count

CHUNKER = f"sections-{TARGET_WORDS}-{OVERLAP_WORDS}/2"  # kept with each generation: another recipe is another one
LEAST_WORDS = 4  # less is a number or a stray label
LEAST_LETTERS = 12
LEAST_UNSPACED = 40  # letters; for writing that puts no spaces between words
MOST_CONTEXT = 40  # word-pieces of the window for the context
PARTED = " › "
Counter = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True)
class Cut:
    """A passage: the pages' text from ``start`` of the first page to ``end`` of the last one
    (``rag.text.passage_parts``).
    """

    first_page: int
    last_page: int
    start: int
    end: int
    text: str
    text_hash: str
    section: int | None  # index into the sections
    context: str  # what is embedded before the text
    language: str


def cut(
    pages: Iterable[tuple[int, CleanPage]],
    sections: Sequence[CleanSection],
    *,
    model: ModelSpec,
    language: str = "",
    count_pieces: Counter | None = None,
) -> Iterator[Cut]:
    """The passages of a book in order, none twice.

    ``pages``: ``(number, page)`` in order; ``sections`` in order; ``language``: what the book is said to be in.
    ``count_pieces`` counts the word-pieces of each text, those around it included; unset: those of ``model``. With its
    context no passage has more of them than the model reads.
    """
    count, around = _own(count_pieces or _counter(model))
    detector = Detector(language)
    seen: set[str] = set()
    for stretch in stretches(pages, sections, detector):
        context = context_of(sections[stretch.section].path, count) if stretch.section is not None else ""
        room = model.window - around - (count([context])[0] if context else 0)
        for units in pack(stretch.units, room=room, count=count):
            made = _made(stretch, units, context, detector)
            if made is not None and made.text_hash not in seen:
                seen.add(made.text_hash)
                yield made


def embedded(context: str, text: str) -> str:
    """A passage behind its context."""
    return f"{context}\n{text}" if context else text


def context_of(path: Sequence[str], count: Counter) -> str:
    """Where a passage stands in its book, for the embedder: the titles of its section, inmost last, as many as have
    room. ``count``: the word-pieces of each text by itself."""
    titles = [fold_space(title) for title in path]
    while titles and count([PARTED.join(titles)])[0] > MOST_CONTEXT:
        titles.pop(0)
    return PARTED.join(titles)


def digest(text: str) -> str:
    """SHA-256 of what a reader would call the same text."""
    return hashlib.sha256(fold_space(text).encode()).hexdigest()


def _counter(model: ModelSpec) -> Counter:
    from library.ai.runtimes.local import count_pieces

    return lambda texts: count_pieces(model, texts)


def _own(count: Counter) -> tuple[Counter, int]:
    """What counts the word-pieces of a text alone, and how many the embedder puts around each: prefix and marks."""
    around = count(["a"])[0] - 1  # an empty text would not do: a prefix can end in a piece that merges with the next
    return lambda texts: [pieces - around for pieces in count(texts)], around


def _made(stretch: Stretch, units: Sequence[Unit], context: str, detector: Detector) -> Cut | None:
    first, last = units[0].pieces[0], units[-1].pieces[-1]
    found = parts(first.page, first.start, last.page, last.end, stretch.texts)
    text = joined(found, stretch.texts)
    if not _says_something(text):
        return None
    return Cut(
        first.page, last.page, first.start, last.end, text, digest(text), stretch.section, context, detector.of(text)
    )


def _says_something(text: str) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    return letters >= LEAST_LETTERS and (word_count(text) >= LEAST_WORDS or letters >= LEAST_UNSPACED)
