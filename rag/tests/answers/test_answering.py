"""Questions to a text, from the door to the cache: what is answered, kept, refused and counted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from rest_framework.test import APIClient

from accounts.errors import RateLimited
from accounts.models import Tally, Tier
from accounts.tests.factories import make_librarian, make_user
from catalog.errors import BookConfidential
from library.core.errors import NotAllowed
from rag import errors
from rag.answers import services
from rag.answers.services import LONGEST_QUESTION, MOST_PASSAGES, answer, kept
from rag.models import Document, IndexGeneration, Page, Passage
from rag.tests.factories import give_file
from rag.tests.texts import answer_from, make_text
from rag.tests.tiny import TinyServer

pytestmark = pytest.mark.django_db
KRILL = "Blue whales eat krill in the cold sea all summer long."
SONGS = "Humpback males sing long songs during the winter months."
BREAD = "Bread rises because yeast makes gas inside the dough."
QUESTION = "What do blue whales eat in the sea?"


@pytest.fixture(autouse=True)
def model(tiny: TinyServer, settings: Any) -> TinyServer:
    """Words fall into so many kinds that texts about other things have little in common."""
    settings.EMBEDDING_MODELS = {**settings.EMBEDDING_MODELS, "tiny-256": tiny.model(256) | {"threshold": 0.4}}
    settings.EMBEDDING_MODEL = "tiny-256"
    return tiny


@pytest.fixture
def document() -> Document:
    return make_text([KRILL, SONGS, BREAD])


@pytest.fixture
def reader() -> Any:
    return make_user()


def spent(user: Any) -> int:
    return sum(Tally.objects.filter(kind="questions").values_list("count", flat=True))


def test_answer_quotes_the_page_that_says_it_and_names_what_came_back(document, reader):
    found = answer(document=document, question=QUESTION, viewer=reader)
    assert (found.supported, found.cached, found.text) == (True, False, f"{KRILL} [1]")
    assert [(source.number, source.page, source.quote) for source in found.sources] == [(1, 1, KRILL)]
    assert found.sources[0].url == f"/books/{document.book_id}/pages/1/?mark=0-{len(KRILL)}#mark"
    assert found.passages[0].page == 1
    assert sorted(passage.page for passage in found.passages) == [1, 2, 3]


def test_question_that_the_text_does_not_answer_gets_a_refusal_and_what_came_nearest(document, reader):
    found = answer(document=document, question="Who won the football cup?", viewer=reader)
    assert (found.supported, found.text, found.sources, found.sentences) == (False, "The book does not say.", [], [])
    assert len(found.passages) == 3


def test_refusal_is_in_the_readers_language_and_so_is_what_is_kept(document, reader):
    answer(document=document, question="Who won the football cup?", viewer=reader)
    with translation.override("de"):
        again = answer(document=document, question="Who won the football cup?", viewer=reader)
    assert not again.cached


@pytest.mark.parametrize("count", [1, 2, MOST_PASSAGES])
def test_no_more_passages_come_back_than_were_asked_for(document, reader, count):
    found = answer(document=document, question=QUESTION, viewer=reader, num_chunks=count)
    assert len(found.passages) == min(count, 3)
    assert {source.page for source in found.sources} <= {passage.page for passage in found.passages}


def test_fact_is_found_where_its_passage_is_not_among_the_nearest(reader):
    filler = "The council met on Monday and spoke about roads, roofs, bridges, markets, prices and weather. "
    document = make_text([*[filler.replace("Monday", f"day{n}") for n in range(6)], filler * 4 + KRILL])
    found = answer(document=document, question=QUESTION, viewer=reader, num_chunks=1)
    assert [source.page for source in found.sources] == [7]


def test_what_was_answered_is_kept_for_everybody_who_may_read_it(document, reader, model):
    first = answer(document=document, question=QUESTION, viewer=reader)
    model.texts.clear()
    again = answer(document=document, question=f"  {QUESTION.upper()}\n", viewer=make_user())
    assert (again.cached, again.text, again.sources, again.passages) == (
        True,
        first.text,
        first.sources,
        first.passages,
    )
    assert not model.texts, "nothing is computed again"


def test_kept_answer_is_looked_up_without_making_one(document, reader, model):
    assert kept(document=document, question=QUESTION, viewer=reader) is None
    assert not model.texts
    answer(document=document, question=QUESTION, viewer=reader)
    found = kept(document=document, question=QUESTION, viewer=reader)
    assert found is not None
    assert (found.cached, found.supported) == (True, True)
    assert kept(document=document, question=QUESTION, viewer=reader, num_chunks=4) is None
    assert spent(reader) == 1


def test_looking_up_is_refused_as_asking_is(reader):
    secret = make_text([KRILL], is_public=False)
    for look_up in (answer, kept):
        with pytest.raises(BookConfidential):
            look_up(document=secret, question=QUESTION, viewer=reader)
        with pytest.raises(errors.QuestionInvalid):
            look_up(document=secret, question=" ", viewer=make_librarian())
        with pytest.raises(errors.IndexNotReady):
            look_up(document=Document.objects.create(book=None), question=QUESTION, viewer=make_librarian())


@pytest.mark.parametrize("viewer", [make_user, AnonymousUser])
def test_confidential_text_answers_staff_alone_whoever_asked_before(viewer):
    secret = make_text([KRILL], is_public=False)
    assert answer(document=secret, question=QUESTION, viewer=make_librarian()).supported
    with pytest.raises(BookConfidential):
        answer(document=secret, question=QUESTION, viewer=viewer())


@pytest.mark.parametrize("length", [1, LONGEST_QUESTION])
def test_question_of_every_allowed_length_is_answered(document, reader, length):
    assert answer(document=document, question="é" * length, viewer=reader).passages


@pytest.mark.parametrize(
    ("question", "count", "field", "said"),
    [
        ("", 5, "question", "Ask a question of 1 to 1000 characters."),
        (" \u2003\n", 5, "question", "Ask a question of 1 to 1000 characters."),
        ("x" * 1001, 5, "question", "Ask a question of 1 to 1000 characters."),
        ("why\x00?", 5, "question", "Ask a question of 1 to 1000 characters."),
        ("Why?", 0, "num_chunks", "Between 1 and 20 passages can be asked for."),
        ("Why?", 21, "num_chunks", "Between 1 and 20 passages can be asked for."),
    ],
)
def test_what_is_no_question_is_refused_by_its_field_and_costs_nothing(document, reader, question, count, field, said):
    with pytest.raises(errors.QuestionInvalid) as refused:
        answer(document=document, question=question, viewer=reader, num_chunks=count)
    assert (refused.value.detail, refused.value.fields) == (said, {field: [said]})
    assert spent(reader) == 0


def test_white_space_around_a_long_question_does_not_count(document, reader):
    found = answer(document=document, question=f"  {'x' * LONGEST_QUESTION}\n\n", viewer=reader)
    assert found.question == "x" * LONGEST_QUESTION


def test_answer_that_is_kept_costs_no_question_and_the_next_new_one_waits(document, reader):
    Tier.objects.update(questions_per_hour=1)
    answer(document=document, question=QUESTION, viewer=reader)
    assert answer(document=document, question=QUESTION, viewer=reader).cached
    with pytest.raises(RateLimited):
        answer(document=document, question="Why does bread rise?", viewer=reader)
    assert answer(document=document, question=QUESTION, viewer=reader).cached


def test_tier_without_questions_may_read_what_is_kept(document, reader):
    answer(document=document, question=QUESTION, viewer=make_librarian())
    answer(document=document, question=QUESTION, viewer=reader)
    Tier.objects.update(questions_per_hour=0)
    assert answer(document=document, question=QUESTION, viewer=reader).cached
    with pytest.raises(NotAllowed, match="does not include questions"):
        answer(document=document, question="Why does bread rise?", viewer=reader)


def test_with_the_embedder_away_words_alone_answer_which_costs_no_question_and_leaves_nothing_behind(
    document, reader, model
):
    Tier.objects.update(questions_per_hour=1)
    Page.objects.filter(number=1).update(label="iv")
    model.is_broken = True
    for _ in range(2):
        found = answer(document=document, question=QUESTION, viewer=reader)
        assert (found.supported, found.cached, found.by_meaning, found.sources) == (False, False, False, [])
        assert [(passage.page, passage.text, passage.score) for passage in found.passages] == [(1, KRILL, 0.0)]
        assert "words alone" in found.text
        assert [passage.place for passage in found.passages] == ["p. iv, page 1 of the file"]
    nothing = answer(document=document, question="zebras?", viewer=reader)
    assert (nothing.passages, nothing.text) == ([], "No passage has these words.")
    model.is_broken = False
    found = answer(document=document, question=QUESTION, viewer=reader)
    assert (found.supported, found.cached) == (True, False)


def test_staffs_answer_is_not_the_readers(document, reader):
    assert not answer(document=document, question=QUESTION, viewer=make_librarian()).cached
    assert not answer(document=document, question=QUESTION, viewer=reader).cached
    assert answer(document=document, question=QUESTION, viewer=make_librarian()).cached


def test_two_books_that_say_the_same_keep_answers_of_their_own(document, reader):
    answer(document=document, question=QUESTION, viewer=reader)
    other = make_text([KRILL, SONGS, BREAD])
    found = answer(document=other, question=QUESTION, viewer=reader)
    assert not found.cached
    assert f"/books/{other.book_id}/" in found.sources[0].url


def test_new_reading_of_a_book_answers_at_once(document, reader):
    answer(document=document, question=QUESTION, viewer=reader)
    answer_from(document, [BREAD])
    found = answer(document=document, question=QUESTION, viewer=reader)
    assert (found.cached, found.supported) == (False, False)


def test_answer_is_kept_no_longer_than_the_settings_say(document, reader, monkeypatch, settings):
    settings.ANSWER_CACHE_SECONDS = 77
    said: list[Any] = []
    monkeypatch.setattr(cache, "set", lambda key, value, seconds: said.append(seconds))
    answer(document=document, question=QUESTION, viewer=reader)
    assert said == [77]


def test_refusal_from_an_index_that_gave_way_meanwhile_is_not_believed(document, reader, monkeypatch):
    """The index was replaced, and its passages deleted, between finding it and reading it."""
    IndexGeneration.objects.get().passages.all().delete()
    write = services.write_answer

    def replaced(asked: Document, generation: IndexGeneration, question: str, *rest: Any) -> Any:
        made = write(asked, generation, question, *rest)
        if not made.supported:
            answer_from(Document.objects.get(pk=document.pk), [KRILL])
        return made

    monkeypatch.setattr(services, "write_answer", replaced)
    found = answer(document=document, question=QUESTION, viewer=reader)
    assert (found.supported, found.text) == (True, f"{KRILL} [1]")
    monkeypatch.undo()
    again = answer(document=Document.objects.get(pk=document.pk), question=QUESTION, viewer=reader)
    assert (again.cached, again.supported) == (True, True), "kept under the new index"


def test_index_that_was_deleted_meanwhile_is_said(document, reader, monkeypatch):
    write = services.write_answer

    def deleted(*arguments: Any) -> Any:
        Passage.objects.all().delete()
        made = write(*arguments)
        Document.objects.update(live_generation=None)
        return made

    monkeypatch.setattr(services, "write_answer", deleted)
    with pytest.raises(errors.IndexNotReady):
        answer(document=document, question=QUESTION, viewer=reader)
    assert spent(reader) == 0


def test_page_whose_text_is_gone_is_not_quoted(document, reader):
    Page.objects.filter(number=1).update(text=None)
    found = answer(document=document, question=QUESTION, viewer=reader)
    assert all(source.page != 1 for source in found.sources)


def test_sentence_that_its_page_no_longer_has_is_not_cited(document, reader):
    Page.objects.filter(number=1).update(text=KRILL.replace("krill", "fish!").replace("Blue", "Grey"))
    found = answer(document=document, question=QUESTION, viewer=reader)
    assert all("krill" not in source.quote for source in found.sources)


# -- over the API and on the page -----------------------------------------------------------------------------------


def post(document: Document, user: Any, body: dict[str, Any]) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    return client.post(f"/api/v1/rag/books/{document.book_id}/query/", body, format="json")


def test_api_gives_the_answer_with_its_book(document, reader):
    body = post(document, reader, {"question": QUESTION}).json()
    assert (body["answer"], body["supported"], body["writer"]) == (f"{KRILL} [1]", True, "extractive")
    (source,) = body["sources"]
    assert (source["book"], source["page"], source["quote"], source["number"]) == (document.book_id, 1, KRILL, 1)


@pytest.mark.parametrize("make", [make_user, make_librarian])
def test_api_refuses_in_the_words_of_its_contract(make, model):
    document, user = make_text([KRILL]), make()
    Document.objects.update(live_generation=None)
    refused = post(document, user, {"question": QUESTION})
    assert (refused.status_code, refused.json()["code"]) == (409, "index_not_ready")
    assert refused.json()["detail"].endswith(".")
    answer_from(document, [KRILL])
    Page.objects.update(label="iv")
    model.is_broken = True
    refused = post(document, user, {"question": QUESTION})
    body = refused.json()
    assert (refused.status_code, body["by_meaning"], body["supported"]) == (200, False, False)
    assert body["passages"] == [{"page": 1, "last_page": 1, "printed_page": "iv", "text": KRILL}]


def test_api_tells_of_the_limit_and_when_to_come_back(document, reader):
    Tier.objects.update(questions_per_hour=1)
    assert post(document, reader, {"question": QUESTION}).status_code == 200
    refused = post(document, reader, {"question": "Why does bread rise?"})
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 0 < int(refused["Retry-After"]) <= 3600
    Tier.objects.update(questions_per_hour=0)
    refused = post(document, reader, {"question": "Why does bread rise?"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


@pytest.fixture
def with_file(document: Document) -> Document:
    """Where a book has no file, its page has no question to ask."""
    assert document.book is not None
    give_file(document.book, b"x")
    return document


def ask_page(document: Document, client: Client, **headers: str) -> Any:
    return client.get(f"/books/{document.book_id}/ask/", {"question": QUESTION}, headers=headers)


def test_link_from_elsewhere_shows_only_what_is_kept(document, reader, model):
    client = Client()
    client.force_login(reader)
    led = ask_page(document, client, **{"Sec-Fetch-Site": "cross-site"})
    assert led.context["answer"] is None
    assert not model.texts
    assert spent(reader) == 0
    assert ask_page(document, client, **{"Sec-Fetch-Site": "same-origin"}).context["answer"].supported
    assert ask_page(document, client, **{"Sec-Fetch-Site": "cross-site"}).context["answer"].cached


def test_stranger_who_asks_is_led_to_the_sign_in_and_back(document):
    client = Client()
    shown = client.get(f"/books/{document.book_id}/ask/", {"question": QUESTION})
    assert shown.context["answer"] is None
    led = client.post(f"/books/{document.book_id}/ask/", {"question": QUESTION})
    assert (led.status_code, led["Location"]) == (
        302,
        f"/accounts/sign-in/?next=%2Fbooks%2F{document.book_id}%2Fask%2F",
    )


@pytest.mark.parametrize(("question", "said"), [("", "Write a question first."), ("x" * 1001, "at most 1000")])
def test_page_says_what_is_wrong_with_a_question(with_file, reader, question, said):
    client = Client()
    client.force_login(reader)
    shown = client.post(f"/books/{with_file.book_id}/ask/", {"question": question})
    assert shown.status_code == 422
    assert said in shown.text


def test_embedder_that_is_away_is_said_on_the_page_beside_the_question(with_file, reader, model):
    model.is_broken = True
    Page.objects.filter(number=1).update(label="iv")
    client = Client()
    client.force_login(reader)
    shown = client.post(f"/books/{with_file.book_id}/ask/", {"question": QUESTION})
    assert shown.status_code == 200
    assert "p. iv, page 1 of the file" in shown.text
    assert QUESTION in shown.text
    assert "Found by words alone, no sentences chosen." in shown.text
    assert KRILL in shown.text
    assert f"/books/{with_file.book_id}/pages/1/?question=" in shown.text
    assert spent(reader) == 0
