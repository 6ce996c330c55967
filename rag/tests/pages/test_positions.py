"""A reading position is moved by turning pages as one reads, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_user
from library.core.privacy.registry import Person
from rag import errors, privacy, queries
from rag.models import Document, ReadingPosition
from rag.reading import positions
from rag.signals import document_merging
from rag.tests.texts import answer_from, make_text
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
PAGES = ["one rain", "two", "three rain", "four"]


@pytest.fixture
def user(tiny: Any) -> User:
    return make_user()


@pytest.fixture
def client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def place(user: User, document: Document) -> int | None:
    found = ReadingPosition.objects.filter(user=user, document=document).first()
    return found.page if found else None


def address(name: str, document: Document, *given: int) -> str:
    return reverse(f"rag:{name}", args=[document.book_id, *given])


def turn(client: Client, document: Document, page: int, query: str = "") -> Any:
    return client.post(address("turn", document, page) + query)


def test_reader_goes_on_where_they_turned_to_last(client, user):
    document = make_text(PAGES)
    assert client.get(address("read", document)).url == address("page", document, 1) + "?read=1"
    assert place(user, document) is None, "opening a book is not reading it"
    assert turn(client, document, 2).url == address("page", document, 2) + "?read=1"
    turn(client, document, 3)
    assert client.get(address("read", document)).url == address("page", document, 3) + "?read=1"
    turn(client, document, 2)
    assert place(user, document) == 2


def test_looking_something_up_leaves_the_place_alone(client, user):
    document = make_text(PAGES)
    turn(client, document, 2)
    looked_up = [
        address("page", document, 4),
        address("page", document, 4) + "?mark=0-3&question=why",
        address("page", document, 4) + "?read=1",  # a link that somebody kept, or that a browser fetched ahead
        address("page-sheet", document, 4) + "?read=1",
        address("find", document) + "?words=rain",
        address("read", document),
    ]
    for where in looked_up:
        client.get(where, follow=True)
        client.head(where)
    assert place(user, document) == 2


def test_turning_pages_of_what_was_looked_up_is_no_reading_until_one_says_so(client, user):
    document = make_text(PAGES)
    turn(client, document, 1)
    looked_up = client.get(address("page", document, 3), {"question": "why"})
    assert_valid(looked_up.content)
    onward = looked_up.text.partition("data-forward")[0].rpartition("<a ")[2]
    assert address("page", document, 4) in onward, "a plain link"
    assert "Read on from here" in looked_up.text
    assert "You are reading page 1" in looked_up.text
    assert turn(client, document, 3, "?question=why").url.endswith("?question=why&read=1")
    assert place(user, document) == 3


def test_whoever_reads_turns_by_a_button_that_no_browser_presses_ahead(client):
    document = make_text(PAGES)
    shown = client.get(address("page", document, 2), {"read": "1"})
    assert_valid(shown.content)
    assert f'action="{address("turn", document, 3)}?read=1"' in shown.text
    assert f'action="{address("turn", document, 1)}?read=1"' in shown.text
    assert "Read on from here" not in shown.text
    assert client.get(address("turn", document, 3)).status_code == 405


@pytest.mark.parametrize("page", [0, 5, 4_000_000_000])
def test_page_that_the_book_lacks_is_turned_to_by_nobody(client, user, page):
    document = make_text(PAGES)
    turn(client, document, 2)
    assert turn(client, document, page).status_code == 404
    assert place(user, document) == 2
    generation = queries.live_generation(document)
    with pytest.raises(errors.PageNotFound):
        positions.turn_to(user=user, document=document, generation=generation, page=page)


def test_book_that_has_become_shorter_ends_at_its_end(client, user):
    document = make_text(PAGES)
    turn(client, document, 4)
    answer_from(document, PAGES[:2])
    assert client.get(address("read", document)).url.startswith(address("page", document, 2))


def test_each_reader_has_a_place_of_their_own(client, user):
    document, other = make_text(PAGES), make_user()
    turn(client, document, 3)
    generation = queries.live_generation(document)
    positions.turn_to(user=other, document=document, generation=generation, page=4)
    assert (place(user, document), place(other, document)) == (3, 4)


def test_book_that_is_kept_from_readers_is_turned_by_none_of_them_and_listed_nowhere(client, user):
    document = make_text(PAGES)
    turn(client, document, 2)
    assert document.book is not None
    document.book.is_public = False
    document.book.save()
    assert turn(client, document, 3).status_code == 403
    assert client.get(address("read", document)).status_code == 403
    assert positions.read_lately(user) == []
    client.post(address("forget-reading", document))
    assert place(user, document) is None


def test_visitor_is_asked_who_they_are(tiny):
    document = make_text(PAGES)
    answers: list[Any] = [turn(Client(), document, 2), Client().get(address("read", document))]
    for answer in answers:
        assert (answer.status_code, "sign-in" in answer.url) == (302, True)


def test_list_shows_what_was_read_last_first_and_forgets_what_it_is_told_to(
    client, user, django_assert_max_num_queries
):
    first, second = make_text(PAGES, title="Rain"), make_text(PAGES, title="Wind")
    for document in (first, second, first):
        turn(client, document, 2)
    with django_assert_max_num_queries(8):
        shown = client.get(reverse("rag:reading"))
    assert_valid(shown.content)
    assert shown.text.index("Rain") < shown.text.index("Wind")
    assert client.post(address("forget-reading", first)).url == reverse("rag:reading")
    assert "Rain" not in client.get(reverse("rag:reading")).text
    assert place(user, second) == 2


def test_database_refuses_a_second_place_and_page_zero(user):
    document = make_text(PAGES)
    generation = queries.live_generation(document)
    kept = positions.turn_to(user=user, document=document, generation=generation, page=1)
    for values in ({"page": 2, "user": user}, {"page": 0, "user": make_user()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReadingPosition.objects.create(document=document, read_at=kept.read_at, **values)


def test_places_stay_with_the_book_when_its_records_become_one(user):
    goes, stays, other = make_text(PAGES), make_text(PAGES), make_user()
    for document, reader, page in ((goes, user, 2), (goes, other, 3), (stays, other, 4)):
        generation = queries.live_generation(document)
        positions.turn_to(user=reader, document=document, generation=generation, page=page)
    document_merging.send(sender=Document, document=goes, kept=stays)
    goes.delete()
    assert (place(user, stays), place(other, stays)) == (2, 4)


def test_reader_gets_their_places_and_the_library_forgets_them(user):
    document, other = make_text(PAGES, title="Rain"), make_user()
    for reader in (user, other):
        positions.turn_to(user=reader, document=document, generation=queries.live_generation(document), page=2)
    (own,) = privacy.exported(Person(user.pk))["reading"]
    assert (own["document__book__title"], own["page"]) == ("Rain", 2)
    privacy.erase(Person(user.pk))
    assert (place(user, document), place(other, document)) == (None, 2)
