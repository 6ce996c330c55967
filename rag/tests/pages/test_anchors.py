"""What was marked is found again by its words, whatever became of the pages around it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.reading.anchors import Anchor, AnchoredPlace, anchor_at, holds_at, locate
from rag.reading.find import _folded as folded
from rag.text.sentences import TextSpan

PAGE = "Rain fell all day. The mill stood still. Rain fell all night, and the mill stood still again."
LONG = "the old mill at the river stood still for as long as anybody in the village could remember"


def anchor(words: str, text: str = PAGE, page: int = 2, *, which: int = 0) -> Anchor:
    start = -1
    for _time in range(which + 1):
        start = text.index(words, start + 1)
    return anchor_at(page, text, TextSpan(start, start + len(words)))


def said(found: AnchoredPlace | None, pages: dict[int, str]) -> tuple[int, str] | None:
    return (found.page, found.span.of(pages[found.page])) if found else None


@pytest.mark.parametrize("which", [0, 1])
def test_words_that_a_page_has_twice_are_told_apart_by_what_is_around_them(which):
    own = anchor("mill stood still", which=which)
    longer = {1: "Mills, mills.", 2: "A new line before it. " + PAGE}
    found = locate(own, longer.items())
    assert found is not None
    assert found.span.start == longer[2].index("mill stood still", 0 if which == 0 else 70)


def test_words_that_went_to_another_page_are_found_there():
    pages = {1: "Nothing", 2: "Rain fell all day.", 3: "The mill stood still. Rain fell all night"}
    assert said(locate(anchor("The mill stood still"), pages.items()), pages) == (3, "The mill stood still")


@pytest.mark.parametrize(
    "text", ["the mill\nstood  still", "The MILL stood still", "the mi\u00adll stood still", "the m\u0131\u0301ll"]
)
def test_spaces_case_and_hyphens_may_differ(text):
    pages = {2: f"Before. {text}. Behind."}
    found = said(locate(anchor("The mill stood still"), pages.items()), pages)
    assert found == ((2, text) if "stood" in text else None)


def test_longer_quotation_that_was_changed_a_little_is_known_by_its_ends():
    changed = LONG.replace("stood still", "stood quite still")
    pages = {5: f"So it was. {changed}. And so on."}
    assert said(locate(anchor(LONG, LONG, 4), pages.items()), pages) == (5, changed)


@pytest.mark.parametrize(
    "text", ["", "Something else.", LONG[:40], LONG.replace("at the river", "x " * 60), LONG.split(" ", 5)[5]]
)
def test_what_is_gone_is_nowhere(text):
    assert locate(anchor(LONG, LONG, 4), [(4, text)]) is None


def test_short_words_that_were_changed_are_nowhere():
    assert locate(anchor("mill stood still"), [(2, "the mill stood very still")]) is None


def test_among_places_that_look_alike_the_nearest_is_taken():
    pages = {1: "still", 4: "still", 9: "still"}
    own = Anchor("still", "", "", 5, 0)
    found = locate(own, pages.items())
    assert found is not None
    assert found.page == 4


def test_place_that_did_not_change_is_known_without_a_search():
    own = anchor("mill stood still", which=1)
    assert holds_at(own, PAGE) == AnchoredPlace(2, TextSpan(own.start, own.start + len(own.quote)))
    assert holds_at(own, PAGE + PAGE) is None, "it may be either"
    assert holds_at(own, "") is None


@settings(max_examples=40)
@given(st.text(alphabet="ab cä-\n", min_size=1, max_size=50), st.integers(0, 49), st.integers(1, 20))
def test_whatever_is_marked_is_found_in_its_own_text(text, start, length):
    span = TextSpan(min(start, len(text) - 1), min(start + length, len(text)))
    own = anchor_at(1, text, span)
    if any(sign.isalpha() for sign in own.quote) and own.quote == own.quote.strip(" \n-"):
        found = locate(own, [(1, text)])
        assert found is not None
        assert folded(own.quote) in folded(found.span.of(text))
