"""Words are found as a book writes them, and what is lit is what was found."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.search.fold import fold
from rag import queries
from rag.reading import find as module
from rag.reading.find import find, places
from rag.tests.texts import make_text


def lit(text: str, words: str) -> list[str]:
    return [text[start:end] for start, end in places(text, words)]


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("The Whale and the whale.", "WHALE", ["Whale", "whale"]),
        ("Le ménage, le MÉNAGE", "menage", ["ménage", "MÉNAGE"]),
        ("Le me\u0301nage", "ménage", ["me\u0301nage"]),
        ("a ﬁne oﬃce", "fine office", ["ﬁne oﬃce"]),
        ("in intellectual-\nproperty law", "intellectualproperty", ["intellectual-\nproperty"]),
        ("in intellectual-\nproperty law", "intellectual-property", ["intellectual-\nproperty"]),
        ("one well-known, one wellknown", "well-known", ["well-known", "wellknown"]),
        ("soft\u00adware", "software", ["soft\u00adware"]),
        ("the property² of it", "property", ["property"]),
        ("two\n  lines", "two lines", ["two\n  lines"]),
        ("كـــتاب جميل", "كتاب", ["كـــتاب"]),
        ("كِتَابٌ", "كتاب", ["كِتَابٌ"]),
        ("שָׁלוֹם", "שלום", ["שָׁלוֹם"]),
        ("光合成です", "合成", ["合成"]),
        ("aaaa", "aa", ["aa", "aa"]),
        ("1914-1918", "1914-1918", ["1914-1918"]),
        ("nothing", "some", []),
        ("nothing", "   ", []),
        ("nothing", "-", []),
    ],
)
def test_words_are_lit_exactly_where_they_stand(text, words, found):
    assert lit(text, words) == found


@pytest.mark.parametrize("letter", string.ascii_lowercase)
def test_no_letter_behind_a_hyphen_at_the_end_of_a_line_shifts_what_is_lit(letter):
    text = f"we opti-\n{letter}mized o for o"
    assert lit(text, f"opti{letter}mized") == [f"opti-\n{letter}mized"]
    assert lit(text, "for o") == ["for o"]


@given(
    st.text(alphabet="aäAßﬁ- \nè\u0301كـ光²", max_size=30),
    st.text(alphabet="aäAßﬁ- è\u0301كـ光²", min_size=1, max_size=4),
)
def test_what_is_lit_is_folded_what_was_asked(text, words):
    for start, end in places(text, words):
        assert 0 <= start < end <= len(text)
        assert module._folded(words) in module._folded(text[start:end])


@given(st.text(alphabet=string.ascii_letters + " \n", max_size=60), st.integers(0, 50), st.integers(1, 10))
def test_each_stretch_of_a_plain_text_is_found(text, start, length):
    words = text[start : start + length]
    if fold(words):
        assert any(fold(one) == fold(words) for one in lit(text, words))


@pytest.mark.django_db
def test_hits_stand_with_their_pages_and_what_is_around_them(tiny):
    document = make_text(["First the rain. " + "x" * 5 + " word " * 40, "nothing", "Then rain again"])
    finding = find(queries.live_generation(document), "RAIN")
    assert [(hit.page, hit.words) for hit in finding.hits] == [(1, "rain"), (3, "rain")]
    first, second = finding.hits
    assert first.before == "First the "
    assert first.after.endswith(" …")
    assert (second.before, second.after) == ("Then ", " again")
    assert finding.on_from is None
    assert first.mark == "10-14"


@pytest.mark.django_db
def test_search_of_a_long_book_goes_on_where_it_stopped(tiny, monkeypatch):
    generation = queries.live_generation(make_text([f"rain {n}" for n in range(6)]))
    monkeypatch.setattr(module, "MOST_PAGES", 4)
    first = find(generation, "rain")
    assert ([hit.page for hit in first.hits], first.on_from) == ([1, 2, 3, 4], 5)
    assert [hit.page for hit in find(generation, "rain", first=5).hits] == [5, 6]
    monkeypatch.setattr(module, "MOST_HITS", 2)
    assert find(generation, "rain").on_from == 3


@pytest.mark.django_db
def test_page_that_says_it_often_says_it_a_few_times(tiny):
    generation = queries.live_generation(make_text(["rain " * 50]))
    assert len(find(generation, "rain").hits) == module.MOST_OF_A_PAGE
