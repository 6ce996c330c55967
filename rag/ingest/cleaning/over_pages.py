"""Words that the end of a page parted, made whole on the page on which they begin, so that they are found and quoted.

*copy-* at the foot of one page and *right* at the head of the next are *copyright* on the first, also where notes stand
below the one and a figure above the other. The next page begins with the word behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

from rag.ingest.cleaning.flow import AND, BEGINS, PARTED, SOFT, WordCounts
from rag.ingest.model.clean import CleanPage, PageHeading, WordBox
from rag.text.passage_parts import FOOT
from rag.text.sentences import CAPTION, word_count

T = TypeVar("T")
PARAGRAPH = re.compile(r"\S(?:(?!\n\s*\n).)*(?<=\S)", re.DOTALL)
FIRST_WORD = re.compile(r"\S+\s*")
MOST_NOTES, MOST_FIGURES = 8, 4  # paragraphs between the two parts of a word, on the one page and on the other
MOST_FIGURE_PAGES = 2  # pages of figures alone between them
LEAST_REST = 2  # letters of a word on the next page; one alone names an axis
LONGEST_LABEL = 12  # words of what stands in a figure


class _Break(NamedTuple):
    """Where a word is parted: behind its hyphen on one page, and the rest of it on the next."""

    end: int
    first: int
    last: int
    is_whole: bool  # the hyphen is only there because of the break


def with_whole_words(pages: Iterable[tuple[T, CleanPage]], words: WordCounts) -> Iterator[tuple[T, CleanPage]]:
    """``pages`` in order, each with whatever goes along with it. Only pages whose words have places are changed: others
    end where their paragraphs do."""
    held: list[tuple[T, CleanPage]] = []
    for along, page in pages:
        found = _break(held[0][1], page, words) if held else None
        if found is not None:
            rest = page.text[found.first : found.last]
            held[0] = held[0][0], _completed(held[0][1], found, rest.rstrip())
            page = _without(page, found.first, found.last)
        elif held and len(held) <= MOST_FIGURE_PAGES and _is_figure(page) and _hanging(held[0][1].text) is not None:
            held.append((along, page))
            continue
        yield from held
        held = [(along, page)]
    yield from held


def _break(page: CleanPage, following: CleanPage, words: WordCounts) -> _Break | None:
    if not page.boxes or not following.boxes:
        return None
    end = _hanging(page.text)
    start = _continuation(following) if end is not None else None
    if end is None or start is None:
        return None
    word = FIRST_WORD.match(following.text, start)
    before, after = PARTED.search(page.text[:end]), BEGINS.match(following.text[start : start + 100])
    if word is None or before is None or after is None or word[0].strip().strip(",.;").casefold() in AND:
        return None
    return _Break(end, start, word.end(), page.text[end - 1] == SOFT or words.whole(before[1], after[0]))


def _hanging(text: str) -> int | None:
    """Where a page's text ends in the middle of a word: at its end, or above the notes at its foot."""
    for paragraph in list(PARAGRAPH.finditer(text))[: -MOST_NOTES - 1 : -1]:
        if PARTED.search(paragraph[0][-100:]):
            return paragraph.end()
        if not FOOT.match(paragraph[0]) and not CAPTION.match(paragraph[0]):
            return None
    return None


def _continuation(page: CleanPage) -> int | None:
    """Where the text of a page goes on with a small letter: at its head, or below a figure there."""
    titles = {heading.start for heading in page.headings}
    for number, paragraph in enumerate(PARAGRAPH.finditer(page.text)):
        begins = BEGINS.match(paragraph[0][:100])
        is_rest = begins is not None and len(begins[0]) >= LEAST_REST and begins[0][0].islower()
        if is_rest and paragraph.start() not in titles:
            return paragraph.start()
        if number == MOST_FIGURES or not _is_of_figure(paragraph[0]) or paragraph.start() in titles:
            return None
    return None


def _is_figure(page: CleanPage) -> bool:
    """Whether a page has nothing but a figure or a table, or is empty: the text goes on behind it."""
    return not page.headings and all(_is_of_figure(paragraph[0]) for paragraph in PARAGRAPH.finditer(page.text))


def _is_of_figure(paragraph: str) -> bool:
    return CAPTION.match(paragraph) is not None or word_count(paragraph) <= LONGEST_LABEL


def _completed(page: CleanPage, parted: _Break, rest: str) -> CleanPage:
    """The page with the rest of the word; its box stays where its first part stands."""
    kept = parted.end - parted.is_whole
    longer = kept + len(rest) - parted.end
    text = page.text[:kept] + rest + page.text[parted.end :]
    return CleanPage(
        text,
        [_moved(box, parted.end, longer) for box in page.boxes],
        [_moved(heading, parted.end, longer) for heading in page.headings],
        page.begins,
    )


def _without(page: CleanPage, first: int, last: int) -> CleanPage:
    shorter = first - last
    return CleanPage(
        (page.text[:first] + page.text[last:]).rstrip(),
        [_moved(box, last, shorter) for box in page.boxes if not first <= box.start < last],
        [_moved(heading, last, shorter) for heading in page.headings],
        page.begins,
    )


S = TypeVar("S", WordBox, PageHeading)


def _moved(one: S, border: int, by: int) -> S:
    """``one`` where it stands once the text has changed before ``border``."""
    if one.start >= border:
        return replace(one, start=one.start + by, end=one.end + by)
    return replace(one, end=one.end + by) if one.end >= border else one
