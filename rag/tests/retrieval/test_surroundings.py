"""A writer in its own words reads what stands around a passage, each word once."""

from __future__ import annotations

from typing import Any

import pytest

from rag.answers.surroundings import texts_around
from rag.models import Document, IndexGeneration, Page, Passage, Section
from rag.retrieval.hits import Hit
from rag.tests.texts import make_generation, make_passage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
PAGES = ["One two three four five six.", "Seven eight nine ten."]


@pytest.fixture
def generation() -> IndexGeneration:
    """Six passages over two pages; the last in a section of its own. Each begins with the last word before it."""
    made = make_generation(Document.objects.create(book=None))
    sections = [
        Section.objects.create(generation=made, ordinal=n, level=1, title="S", path=["S"], page=1, start=0)
        for n in range(2)
    ]
    for number, text in enumerate(PAGES, start=1):
        Page.objects.create(generation=made, number=number, text=text)
    for ordinal, (first, last, start, end) in enumerate(
        [(1, 1, 0, 7), (1, 1, 4, 13), (1, 1, 8, 18), (1, 2, 14, 5), (2, 2, 0, 11), (2, 2, 12, 21)]
    ):
        section: Any = sections[ordinal == 5]
        place = {"first_page": first, "last_page": last, "start": start, "end": end}
        make_passage(made, ordinal, f"passage {ordinal}", section=section, **place)
    return made


def around(generation: IndexGeneration, *ordinals: int) -> list[tuple[str, int, int, tuple[int, ...]]]:
    passages = {passage.ordinal: passage for passage in Passage.objects.filter(generation=generation)}
    found = texts_around([Hit(passages[ordinal], 0.5) for ordinal in ordinals])
    return [(one.text, one.first_page, one.last_page, one.ranks) for one in found]


def test_a_passage_comes_with_the_one_before_and_behind_and_shared_words_once(generation):
    assert around(generation, 1) == [("One two three four", 1, 1, (0,))]


def test_it_reaches_over_the_end_of_a_page_and_not_into_another_section(generation):
    assert around(generation, 3) == [("three four five six. Seven eight", 1, 2, (0,))]
    assert around(generation, 4) == [("four five six. Seven eight", 1, 2, (0,))]
    assert around(generation, 5) == [("nine ten.", 2, 2, (0,))]


def test_hits_that_touch_stand_in_one_stretch_and_the_best_comes_first(generation):
    assert around(generation, 5, 3, 1) == [
        ("nine ten.", 2, 2, (0,)),
        ("One two three four five six. Seven eight", 1, 2, (1, 2)),
    ]


def test_two_queries_for_any_number_and_none_for_nothing(generation, django_assert_num_queries):
    hits = [Hit(passage, 0.1) for passage in Passage.objects.filter(generation=generation)]
    with django_assert_num_queries(2):
        assert len(texts_around(hits)) == 2
    with django_assert_num_queries(0):
        assert texts_around([]) == []


def test_an_index_that_went_meanwhile_leaves_nothing(generation):
    hits = [Hit(passage, 0.1) for passage in Passage.objects.filter(generation=generation)]
    generation.delete()
    assert texts_around(hits) == []
