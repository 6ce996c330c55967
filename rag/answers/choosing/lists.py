"""Lists in a text, which are quoted as lists. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag.text.passage_parts import PlacedSentence
from rag.text.sentences import ITEM, TextSpan, fold_space, word_count

LEAST, MOST_WORDS = 2, 160
BETWEEN = 2  # further sentences of one item


def lists(placed: Sequence[PlacedSentence], pages: Mapping[int, str]) -> Iterator[tuple[PlacedSentence, TextSpan, str]]:
    """The lists among the sentences of a passage: the first item of each, where all of it stands on its page, and its
    text with white space folded. One that is longer than 160 words is cut behind an item."""
    for run in _runs(placed):
        page = run[0].page
        while len(run) > LEAST and word_count(pages[page][run[0].span.start : run[-1].span.end]) > MOST_WORDS:
            run = run[:-1]
        span = TextSpan(run[0].span.start, run[-1].span.end)
        yield run[0], span, fold_space(span.of(pages[page]))


def _runs(placed: Sequence[PlacedSentence]) -> Iterator[list[PlacedSentence]]:
    """Sentences from the first item of a list to its last one, of at least two items."""
    run: list[PlacedSentence] = []
    last = 0  # index in ``run`` of the last item
    for one in placed:
        if ITEM.match(one.text) and (not run or one.page == run[0].page):
            run, last = [*run, one], len(run)
            continue
        if run and one.page == run[0].page and len(run) - 1 - last < BETWEEN and one.goes_on is None:
            run.append(one)
            continue
        if last:
            yield run[: last + 1]
        run, last = ([one] if ITEM.match(one.text) else []), 0
    if last:
        yield run[: last + 1]
