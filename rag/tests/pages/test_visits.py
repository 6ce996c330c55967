"""An address says how somebody came to a page; what makes no sense in it is left out, the rest is carried on."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.visits import MOST_PLACES, CitedPlace, PageVisit, places_of, span_of, visit_of

FIRST, SECOND = CitedPlace(3, "10-40"), CitedPlace(7, "0-5", "0-9")
WHOLE = PageVisit("Why?", (FIRST, SECOND), mark="10-40", on="0-3", reads=True, as_text=True)


def read(address: str) -> PageVisit:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return visit_of(asked, longest_question=100)


def test_address_says_all_of_the_visit():
    assert read(WHOLE.address(1, 3)) == WHOLE
    assert WHOLE.address(1, 3).endswith("#mark")


def test_plain_visit_has_a_plain_address():
    assert urlsplit(PageVisit().address(1, 3)).query == ""


def test_at_the_next_page_nothing_is_marked_and_the_rest_is_carried_on():
    onward = read(WHOLE.onward.address(1, 4))
    assert (onward.mark, onward.on) == ("", "")
    assert (onward.question, onward.places, onward.reads, onward.as_text) == ("Why?", (FIRST, SECOND), True, True)


def test_place_that_is_marked_is_known_among_those_that_are_cited():
    visit = PageVisit("Why?", (FIRST, SECOND))
    assert [visit.at(one).place(one.page) for one in (FIRST, SECOND)] == [0, 1]
    assert visit.at(FIRST).place(4) is None
    assert visit.place(3) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3:10-40,7:0-5~0-9", (FIRST, SECOND)),
        ("3:10-40,3:10-40", (FIRST,)),
        ("", ()),
        (",,", ()),
        ("3", ()),
        ("x:1-2,3:10-40", (FIRST,)),
        ("3:10-40~", ()),
        ("-3:1-2", ()),
        ("3:1-2;4:5-6", ()),
    ],
)
def test_places_that_make_sense_are_known(text, found):
    assert places_of(text) == found


def test_so_many_places_as_an_answer_never_has_are_cut_off():
    assert len(places_of(",".join(f"{page}:0-1" for page in range(1, 100)))) == MOST_PLACES


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_asked_an_address_can_be_made_of_it(mark, cites, question):
    asked = {"mark": mark, "on": mark, "cites": cites, "question": question}
    visit = visit_of(asked, longest_question=10)
    assert len(visit.question) <= 10
    assert "\0" not in visit.question
    assert visit_of(dict(visit.pairs), longest_question=10) == visit


@pytest.mark.parametrize(("wish", "span"), [("0-3", (0, 3)), ("3-3", None), ("0-7", None), ("", None), ("a-b", None)])
def test_stretch_that_makes_no_sense_on_a_page_is_none(wish, span):
    assert span_of(wish, 6) == span
