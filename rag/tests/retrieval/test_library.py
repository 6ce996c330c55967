"""The library is asked: passages and records together, by book, and nobody finds what they may not see."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from accounts.tests.factories import make_librarian, make_user
from catalog.models import Book
from catalog.semantic import records
from catalog.tests.factories import make_copy
from rag.models import Document, Passage
from rag.retrieval import in_library
from rag.retrieval.blend import Blend
from rag.retrieval.hits import RecordHit
from rag.retrieval.in_library import Scope
from rag.retrieval.search_library import search_library
from rag.retrieval.services import LibraryFinding, find_in_library, understand
from rag.tests.retrieval.world import digital, paper, settle
from rag.tests.tiny import TinyServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
WORDS = ["mill", "river", "bread", "storm", "horse", "grain", "night", "wheel", "king", "harbour", "whale", "lamp"]


def find(question: str, k: int = 10, viewer: Any = None, **options: Any) -> LibraryFinding:
    return find_in_library(question, k=k, viewer=viewer or make_user(), **options)


def test_a_book_on_paper_is_found_by_its_record_beside_those_with_a_text():
    mills = digital("Water", ["The mill stands beside the river.", "Rain fell all night."])
    on_paper = paper("A history of the mill", description="Mills and millers.")
    make_copy(book=on_paper)
    settle()
    found = find("Who built the mill?")
    assert {one.book for one in found.books} == {mills, on_paper}
    by_book = {one.book: one for one in found.books}
    assert (by_book[on_paper].by_record, by_book[on_paper].passages) == (True, [])
    assert [place.free for place in by_book[on_paper].availability] == [1]
    assert by_book[mills].passages[0].passage.text == "The mill stands beside the river."
    assert found.by_meaning
    places = [one.place for one in found.books]
    assert places == sorted(places)
    assert places[0] == 1


def test_hits_stand_under_their_book_in_the_order_of_the_best_of_each():
    one = digital("One", ["The mill and the mill and the mill.", "A storm came over the mill."])
    other = digital("Other", ["The mill of the other book, and the mill again."])
    settle()
    found = find("mill", k=3, blend=Blend(arms="bm25"))
    assert [each.book for each in found.books][:2] == [one, other]
    assert [len(each.passages) for each in found.books] == [2, 1]


@pytest.mark.parametrize("exact_up_to", [10_000, 0])
def test_chosen_books_alone_are_searched(monkeypatch, exact_up_to):
    monkeypatch.setattr(in_library, "EXACT_UP_TO", exact_up_to)
    monkeypatch.setattr(records, "EXACT_UP_TO", exact_up_to)
    digital("One", ["The mill stands beside the river."])
    other = digital("Other", [f"Rain fell on {word}." for word in WORDS])
    settle()
    found = find("mill", k=8, books=[other.pk])
    assert [one.book for one in found.books] == [other]
    assert len(found.books[0].passages) + found.books[0].by_record == 8
    assert find("mill", books=[10**9]).books == []


def test_with_the_embedder_away_words_alone_find_and_it_is_said(tiny: TinyServer):
    mills = digital("Water", ["The mill stands beside the river.", "Rain fell all night."])
    settle()
    tiny.is_broken = True
    found = find("Where does the mill stand?")
    assert not found.by_meaning
    assert [one.book for one in found.books] == [mills]
    assert [(hit.passage.first_page, hit.score) for hit in found.books[0].passages] == [(1, 0.0)]


def test_an_empty_library_finds_nothing_and_says_so():
    assert find("anything").books == []
    paper("The mill")
    assert find("anything").books == [], "nothing was counted or embedded yet"


def test_two_models_are_put_together_by_rank(tiny: TinyServer, settings):
    first = digital("Water", ["The mill stands beside the river."])
    settle()
    settings.EMBEDDING_MODEL = "tiny-8"
    second = digital("Wind", ["The mill stands upon the hill."])
    settle(8)
    found = find("Where does the mill stand?", k=4)
    assert {one.book for one in found.books} == {first, second}
    assert found.by_meaning
    places = [hit.standing.place for one in found.books for hit in one.passages if hit.standing]
    assert sorted(places) == sorted(set(places))
    del settings.EMBEDDING_MODELS["tiny-6"]
    assert not find("Where does the mill stand?").by_meaning, "nobody knows what it means in the other space"


def test_words_are_read_by_each_language_and_the_stop_words_of_the_question_are_none_in_others():
    digital("Die Mühle", ["Die Häuser am Fluss. The."], language="de")
    english = digital("The houses", ["The houses beside the river."], language="en")
    Passage.objects.filter(generation__document__book__language="de").update(language="de")
    settle()
    found = find("What are the houses?", blend=Blend(arms="bm25"))
    assert [one.book for one in found.books] == [english]


def test_as_many_queries_however_much_is_found(django_assert_max_num_queries):
    for number in range(6):
        make_copy(book=digital(f"Mill {number}", [f"The mill {word}." for word in WORDS[:number]]))
    settle()
    reader = make_user()
    with django_assert_max_num_queries(22):
        assert len(find("mill", k=40, viewer=reader).books) == 6


# -- who may see what ------------------------------------------------------------------------------------------------


def make_world() -> None:
    """Of each four books with a text one is confidential, one hidden, one both; and records on paper, some hidden."""
    chance = random.Random(4)
    for number in range(24):
        pages = [" ".join(chance.choices(WORDS, k=5)) + "." for _ in range(1 + number % 4)]
        pages = list(dict.fromkeys(pages))
        digital(f"{chance.choice(WORDS)} {number}", pages, is_public=number % 2 == 0, is_suppressed=number % 4 > 1)
    for number in range(12):
        paper(f"{chance.choice(WORDS)} {chance.choice(WORDS)}", is_suppressed=number % 3 == 0)


def may_find(viewer: Any) -> tuple[set[int], set[int]]:
    """Ids of passages and of books that ``viewer`` may see, told by the models' own rules one by one."""
    documents = [document for document in Document.objects.select_related("book") if document.visible_to(viewer)]
    passages = Passage.objects.filter(generation__document__in=documents).values_list("pk", flat=True)
    books = [book.pk for book in Book.objects.all() if viewer.is_staff or not book.is_suppressed]
    return set(passages), set(books)


@pytest.mark.parametrize(
    ("exact_up_to", "questions"),
    [(10_000, 60), (0, 60), pytest.param(0, 1_000, marks=pytest.mark.slow)],
    ids=["exactly", "by index", "a thousand times"],
)
def test_nobody_finds_what_they_may_not_see_and_all_find_as_many_as_they_ask_for(monkeypatch, exact_up_to, questions):
    monkeypatch.setattr(in_library, "EXACT_UP_TO", exact_up_to)
    monkeypatch.setattr(records, "EXACT_UP_TO", exact_up_to)
    make_world()
    settle()
    chance = random.Random(7)
    viewers = [make_user(), make_user(), AnonymousUser(), make_librarian()]
    allowed = [may_find(viewer) for viewer in viewers]
    chosen = sorted(Book.objects.values_list("pk", flat=True))
    asked = {}
    for _ in range(questions):
        number = chance.randrange(len(viewers))
        viewer, (passages, books) = viewers[number], allowed[number]
        question = " ".join(chance.choices(WORDS, k=chance.randint(1, 4)))
        if question not in asked:
            asked[question] = understand(question, "tiny-6")
        k = chance.choice([1, 5, 30])
        among = chance.sample(chosen, 5) if chance.random() < 0.3 else None
        hits, _understood = search_library(question, k, Scope(viewer, among), lambda text, _model: asked[text])
        found = {hit.passage.pk for hit in hits if not isinstance(hit, RecordHit)}
        records_found = {hit.book for hit in hits if isinstance(hit, RecordHit)}
        assert found <= passages
        assert records_found <= books
        if among is not None:
            passages = passages & set(
                Passage.objects.filter(generation__document__book__in=among).values_list("pk", flat=True)
            )
            books = books & set(among)
        assert len(hits) == min(k, len(passages) + len(books)), "what is hidden takes nobody's place"


def test_a_book_that_is_hidden_while_it_is_found_is_not_shown(monkeypatch):
    digital("Water", ["The mill stands beside the river."])
    settle()
    hidden: list[int] = []

    def understood(question: str, model: str) -> Any:
        hidden.append(Book.objects.update(is_suppressed=True))
        return understand(question, model)

    with connection.cursor():
        hits, _ = search_library("mill", 5, Scope(make_user()), understood)
    assert hidden
    assert hits == []
