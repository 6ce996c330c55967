"""Where a passage stands on its pages: whatever the pages, its parts are verbatim and its sentences can be found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.passage_parts import PassagePart, joined, parts, sentences

PAGES = {1: "Rain fell all day.  ", 2: "", 3: "\n\n", 4: "  The mill stood still.\nNobody came."}


def test_passage_of_one_page_is_that_stretch_of_it_without_white_space_around():
    assert parts(1, 0, 1, 20, PAGES) == [PassagePart(1, 0, 18, 0)]
    assert parts(1, 4, 1, 10, PAGES) == [PassagePart(1, 5, 9, 0)]


def test_pages_without_text_and_pages_that_are_missing_are_passed_over():
    found = parts(1, 5, 4, 24, PAGES)
    assert found == [PassagePart(1, 5, 18, 0), PassagePart(4, 2, 23, 14)]
    assert joined(found, PAGES) == "fell all day. The mill stood still."
    assert parts(1, 5, 4, 24, {}) == []
    assert parts(2, 0, 3, 2, PAGES) == []


def test_stretch_that_goes_beyond_its_page_ends_with_it():
    assert parts(1, 0, 1, 10_000, PAGES) == [PassagePart(1, 0, 18, 0)]
    assert parts(1, 10_000, 1, 10_001, PAGES) == []


@given(
    st.lists(st.text(alphabet="ab. \n\u00a0é中", max_size=30), min_size=1, max_size=4),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_every_part_is_where_its_offset_says_in_the_passage(texts, start, end):
    pages = dict(enumerate(texts, 1))
    found = parts(1, start, len(texts), end, pages)
    whole = joined(found, pages)
    for part in found:
        stretch = pages[part.page][part.start : part.end]
        assert stretch == stretch.strip() != ""
        assert whole[part.offset : part.offset + len(stretch)] == stretch
    assert [part.page for part in found] == sorted({part.page for part in found})


def said(texts: dict[int, str], last: int) -> list[tuple[int, str, str]]:
    found = parts(1, 0, last, len(texts[last]), texts)
    return [(one.page, one.text, one.before) for one in sentences(found, joined(found, texts), "en")]


def test_sentences_are_given_with_their_page_and_what_stands_before_them_on_it():
    texts = {1: "Rain fell. The mill stood still.", 2: "Nobody came."}
    assert said(texts, 2) == [
        (1, "Rain fell.", ""),
        (1, "The mill stood still.", "Rain fell. "),
        (2, "Nobody came.", ""),
    ]


def whole(texts: dict[int, str]) -> list[str]:
    return [sentence for _, sentence, _ in said(texts, max(texts))]


MILL = "The mill that the miller had built"


def test_sentence_that_runs_over_the_end_of_its_page_is_one_of_two_places():
    texts = {1: f"Rain fell. {MILL}", 2: "long ago stood still. Nobody came."}
    assert whole(texts) == ["Rain fell.", f"{MILL} long ago stood still.", "Nobody came."]
    found = parts(1, 0, 2, len(texts[2]), texts)
    placed = list(sentences(found, joined(found, texts), "en"))[1]
    assert (placed.page, placed.span.of(texts[1])) == (1, MILL)
    assert placed.goes_on is not None
    assert (placed.goes_on[0], placed.goes_on[1].of(texts[2])) == (2, "long ago stood still.")


@pytest.mark.parametrize("note", ["1 See Smith, who was there.", "* Of stone.", "¹ Old. It burnt.", "12 A note."])
@pytest.mark.parametrize("figure", ["", "Figure 3. A mill.\n\n", "Table 2: Mills\n\n"])
def test_note_at_the_foot_and_figure_at_the_head_are_no_part_of_it(note, figure):
    texts = {1: f"Rain fell. {MILL}\n\n{note}", 2: f"{figure}long ago stood still. Nobody came."}
    assert f"{MILL} long ago stood still." in whole(texts)
    assert whole(texts)[-1] == "Nobody came."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{MILL}", "Long ago stood still."),
        ("Rain fell.", "long ago stood still."),
        ("Rain fell.\n\n1 A note without end", "Long ago stood still."),
        (f"{MILL}\n\n1. Open the lid.\n\n2. Close it.", "long ago stood still."),
        (f"{MILL}\n\n2 A note without end", "Long ago stood still."),
        ("The mill", "long ago stood still."),
    ],
)
def test_what_may_be_two_sentences_is_not_quoted_as_one(before, after):
    texts = {1: before, 2: f"{after} Nobody came."}
    found = parts(1, 0, 2, len(texts[2]), texts)
    assert all(one.goes_on is None for one in sentences(found, joined(found, texts), "en"))


def test_rest_that_is_not_sure_to_belong_to_it_is_no_sentence_of_its_own():
    assert whole({1: "Rain fell. The miller was old and had built", 2: "Mills all his life. Nobody came."}) == [
        "Rain fell.",
        "The miller was old and had built",
        "Nobody came.",
    ]


def test_sentence_of_three_pages_is_quoted_on_none_of_them_twice():
    texts = {1: MILL, 2: "long ago and that nobody", 3: "ever saw stood still. Nobody came."}
    found = whole(texts)
    assert found[-1] == "Nobody came."
    assert not any("ever saw" in one for one in found)


def test_writing_without_spaces_is_joined_without_one():
    texts = {1: "昨日は雨が", 2: "降った。誰も来ない。"}
    found = parts(1, 0, 2, len(texts[2]), texts)
    assert joined(found, texts) == "昨日は雨が降った。誰も来ない。"
    assert found[1].offset == len(texts[1])


def test_sentences_stand_on_the_page_where_their_spans_say():
    texts = {1: "  Rain fell.\n\nThe mill stood still.", 2: "\nNobody came.  Then it was night."}
    found = parts(1, 0, 2, len(texts[2]), texts)
    whole = joined(found, texts)
    given_ = list(sentences(found, whole, "en"))
    assert [one.span.of(texts[one.page]) for one in given_] == [one.text for one in given_]
    assert len(given_) == 4


def test_first_page_has_nothing_before_it_that_could_run_on():
    assert said({1: "long ago stood still."}, 1) == [(1, "long ago stood still.", "")]
