"""Where a passage stands on its pages: whatever the pages, its parts are verbatim and its sentences can be found."""

from __future__ import annotations

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
    return [(page, sentence, before) for page, _, sentence, before in sentences(found, joined(found, texts), "en")]


def test_sentences_are_given_with_their_page_and_what_stands_before_them_on_it():
    texts = {1: "Rain fell. The mill stood still.", 2: "Nobody came."}
    assert said(texts, 2) == [
        (1, "Rain fell.", ""),
        (1, "The mill stood still.", "Rain fell. "),
        (2, "Nobody came.", ""),
    ]


def test_rest_of_a_sentence_that_began_on_the_page_before_is_no_sentence_of_its_own():
    texts = {1: "Rain fell. The mill that the miller had built", 2: "long ago stood still. Nobody came."}
    assert [sentence for _, sentence, _ in said(texts, 2)] == [
        "Rain fell.",
        "The mill that the miller had built",
        "Nobody came.",
    ]


def test_sentences_stand_on_the_page_where_their_spans_say():
    texts = {1: "  Rain fell.\n\nThe mill stood still.", 2: "\nNobody came.  Then it was night."}
    found = parts(1, 0, 2, len(texts[2]), texts)
    whole = joined(found, texts)
    given_ = list(sentences(found, whole, "en"))
    assert [span.of(texts[page]) for page, span, _, _ in given_] == [sentence for _, _, sentence, _ in given_]
    assert len(given_) == 4


def test_first_page_has_nothing_before_it_that_could_run_on():
    assert said({1: "long ago stood still."}, 1) == [(1, "long ago stood still.", "")]
