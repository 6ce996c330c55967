"""What is printed where passages stand."""

from __future__ import annotations

import pytest

from rag.models import IndexGeneration, Page, Passage
from rag.retrieval.printed import printed_on, printed_on_each
from rag.tests.texts import make_passage, make_text
from rag.tests.tiny import TinyServer
from rag.text.printed_pages import PrintedPages

OF_AN_EPUB = PrintedPages("100", [(10, "101"), (20, "102")])


@pytest.mark.parametrize(
    ("first", "start", "last", "end", "printed"),
    [
        (4, 0, 4, 50, "xii"),
        (4, 30, 5, 7, "xii–xiii"),
        (5, 0, 6, 8, "xiii–100"),
        (6, 0, 6, 9, "100"),
        (6, 12, 6, 18, "101"),
        (6, 12, 7, 3, "101–102"),
        (7, 0, 7, 3, ""),
        (3, 0, 4, 5, "xii"),
    ],
)
def test_a_passage_is_named_by_what_is_printed_from_its_begin_to_its_end(first, start, last, end, printed):
    pages = {4: PrintedPages("xii"), 5: PrintedPages("xiii"), 6: OF_AN_EPUB}
    assert printed_on(Passage(first_page=first, start=start, last_page=last, end=end), pages) == printed


@pytest.mark.django_db
def test_passages_of_several_texts_are_named_each_by_its_own_in_one_query(tiny: TinyServer, django_assert_num_queries):
    for labels in (["i", "ii"], ["7", ""]):
        generation = IndexGeneration.objects.get(document=make_text(["One.", "Two."]))
        for number, label in enumerate(labels, start=1):
            Page.objects.filter(generation=generation, number=number).update(label=label)
        make_passage(generation, 2, "One. Two.", last_page=2, end=4)
    passages = list(Passage.objects.order_by("pk"))
    with django_assert_num_queries(1):
        printed = printed_on_each(passages)
    assert [printed[passage.pk] for passage in passages] == ["i", "ii", "i–ii", "7", "", "7"]
    with django_assert_num_queries(0):
        assert printed_on_each([]) == {}
