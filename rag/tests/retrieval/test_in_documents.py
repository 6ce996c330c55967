"""Passages of documents: both arms, exactly, each hit with its standing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from accounts.tests.factories import make_librarian, make_user
from catalog.errors import BookConfidential
from rag.errors import IndexNotReady
from rag.indexes import terms
from rag.models import Document, IndexGeneration
from rag.retrieval import arms
from rag.retrieval.blend import Blend
from rag.retrieval.hits import AskedQuestion, Hit
from rag.retrieval.in_documents import search_documents
from rag.retrieval.services import find_in_documents
from rag.tests.texts import make_generation, make_passage, make_text
from rag.tests.tiny import vector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
MILL = "The mill stands beside the river."
RAIN = "Rain fell on the hills all night."
NIGHT = "The miller slept badly in the storm."


def live(document: Document) -> IndexGeneration:
    assert document.live_generation is not None
    return document.live_generation


def asked(question: str) -> AskedQuestion:
    return AskedQuestion(question, np.array(vector(question, 6), dtype=np.float32))


def search(question: str, *documents: Document, k: int = 5, **blend: Any) -> list[Hit]:
    return search_documents([live(one) for one in documents], asked(question), k, blend=Blend(**blend))


def test_the_nearest_come_first_and_equal_ones_by_their_place():
    hits = search(MILL, make_text([RAIN, MILL, MILL]), k=2, arms="dense")
    assert [hit.passage.first_page for hit in hits] == [2, 3]
    assert [hit.score for hit in hits] == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize("count", [1, 3, 4, 1000])
def test_no_more_come_than_there_are(count):
    document = make_text([RAIN, MILL, NIGHT])
    make_text([MILL])
    assert len(search(MILL, document, k=count)) == min(count, 3)


def test_each_arm_tells_how_it_scored_all_whatever_it_brings():
    """Mean and deviation over every passage, those without a word of the question too; not over the best alone."""
    document = make_text([MILL, RAIN, NIGHT, MILL + " The mill is old.", "Nothing of it."])
    generation, question = live(document), asked("the mill")
    known = terms.of_generations([generation], question.text)
    dense, words = arms.search([generation.pk], question, known, 100)
    assert question.vector is not None
    cosines = [
        float(np.array(one) @ question.vector) for one in generation.passages.values_list("embedding", flat=True)
    ]
    assert dense.moments == pytest.approx((np.mean(cosines), np.std(cosines)), abs=1e-5)
    scores = [*words.scores.values(), *[0.0] * (5 - len(words.scores))]
    assert 0 < len(words.scores) < 5
    assert words.moments == pytest.approx((np.mean(scores), np.std(scores)), abs=1e-9)
    few_dense, few_words = arms.search([generation.pk], question, known, 1)
    assert (len(few_dense.scores), len(few_words.scores)) == (1, 1)
    assert few_dense.moments == pytest.approx(dense.moments)
    assert few_words.moments == pytest.approx(words.moments)
    none, by_words = arms.search([generation.pk], AskedQuestion("the mill", None), known, 100)
    assert (none.scores, none.moments) == ({}, (0.0, 0.0))
    assert by_words == words


def test_a_generation_without_passages_finds_nothing():
    generation = make_generation(Document.objects.create(book=None))
    assert search_documents([generation], asked("mill"), 5) == []
    assert search_documents([], asked("mill"), 5) == []


def test_a_few_statements_find_and_no_vector_comes_with_a_passage(django_assert_num_queries):
    document = make_text([RAIN, MILL])
    with django_assert_num_queries(4):  # terms, both arms, vectors, passages
        hits = search(MILL, document, trade=0.8)
    assert all("embedding" in hit.passage.get_deferred_fields() for hit in hits)


def test_what_has_the_words_is_found_and_what_is_near_too_and_each_tells_why():
    document = make_text([RAIN, MILL, NIGHT])
    first, *_rest = hits = search("Who is the miller?", document)
    assert first.passage.text == NIGHT
    why = first.standing
    assert why is not None
    assert (why.bm25_place, why.before, why.place) == (1, 1, 1)
    assert why.bm25 is not None
    assert why.dense == pytest.approx(first.score)
    assert len(hits) == 3
    assert all(hit.standing and hit.standing.dense_place and hit.standing.bm25_place is None for hit in hits[1:])


def test_one_arm_alone_is_its_own_order():
    document = make_text([RAIN, MILL, NIGHT])
    dense = search(MILL, document, arms="dense")
    words = search(MILL, document, arms="bm25")
    assert [hit.standing.dense_place for hit in dense if hit.standing] == [1, 2, 3]
    assert [hit.standing.bm25_place for hit in words if hit.standing] == [1]
    assert words[0].score == pytest.approx(1, abs=1e-5), "the cosine, whichever arm brought it"


def test_without_a_meaning_words_alone_find():
    document = make_text([RAIN, MILL, NIGHT])
    hits = search_documents([live(document)], AskedQuestion("the mill by the river", None), 5)
    assert [(hit.passage.text, hit.score) for hit in hits] == [(MILL, 0.0)]


def test_passages_that_say_the_same_are_parted():
    document = make_text([])
    ways = {"one": [1.0, 0, 0, 0, 0, 0], "again": [0.98, 0.2, 0, 0, 0, 0], "other": [0.3, 0, 0.95, 0, 0, 0]}
    for ordinal, (text, embedding) in enumerate(ways.items()):
        make_passage(live(document), ordinal, text, embedding=embedding)
    question = AskedQuestion("?", np.array([0.9, 0, 0.43, 0, 0, 0], dtype=np.float32))
    orders = {
        trade: [hit.passage.text for hit in search_documents([live(document)], question, 2, blend=Blend(trade=trade))]
        for trade in (1.0, 0.4)
    }
    assert orders == {1.0: ["one", "again"], 0.4: ["one", "other"]}


def test_several_documents_are_searched_as_one():
    rare, common = make_text([MILL, RAIN]), make_text([RAIN, NIGHT, f"{MILL} x"])
    hits = search("mill beside river", rare, common)
    assert {hit.passage.generation_id for hit in hits} == {live(rare).pk, live(common).pk}
    assert len(hits) == 5
    statistics = terms.of_generations([live(rare), live(common)], "mill")
    assert (statistics.texts, statistics.having) == (5, {"mill": 2})


def test_documents_of_two_models_are_put_together_by_rank(settings):
    of_six = make_text([MILL, RAIN])
    settings.EMBEDDING_MODEL = "tiny-8"
    of_eight = make_text([NIGHT, f"{MILL} x"])
    found = find_in_documents(MILL, [of_six, of_eight], k=3, viewer=make_librarian())
    assert found.by_meaning
    assert [hit.passage.text for hit in found.hits[:2]] == [MILL, f"{MILL} x"]
    assert [hit.standing.place for hit in found.hits if hit.standing] == [1, 2, 3]
    assert find_in_documents(MILL, [], k=3, viewer=make_librarian()).hits == []


def test_a_document_that_its_reader_may_not_see_is_refused():
    secret = make_text([MILL], is_public=False)
    with pytest.raises(BookConfidential):
        find_in_documents(MILL, [make_text([MILL]), secret], k=3, viewer=make_user())
    Document.objects.update(live_generation=None)
    with pytest.raises(IndexNotReady):
        find_in_documents(MILL, [Document.objects.get(pk=secret.pk)], k=3, viewer=make_librarian())
