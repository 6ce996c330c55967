from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Copy
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.models import Hold, HoldState, Loan
from library.pages import queries
from library.pages.tests.factories import make_whole_book
from rag.tests.factories import make_indexed_book

pytestmark = pytest.mark.django_db


def queries_of(client, path: str) -> int:
    client.get(path)  # what is made once: content types, the compiled templates
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def lend(reader, number: int) -> None:
    branch, now = make_branch(), timezone.now()
    for _ in range(number):
        copy = make_copy(book=make_whole_book(), branch=branch, status="on_loan")
        Loan.objects.create(
            copy=copy, branch=copy.branch, patron=reader.patron, checked_out_at=now, due_at=now + timedelta(days=14)
        )
        wanted = make_copy(book=make_whole_book(), branch=branch, status="requested")
        Hold.objects.create(
            book=wanted.book,
            patron=reader.patron,
            pickup_branch=branch,
            copy=wanted,
            state=HoldState.REQUESTED,
            placed_at=now,
        )


def test_a_visitor_sees_the_newest_books_and_the_way_in(client):
    make_book(title="An Old Book")
    for number in range(queries.NEWEST):
        make_book(title=f"New Book {number}")

    page = client.get("/").text

    assert "New Book 0" in page
    assert "An Old Book" not in page
    assert "/accounts/register/" in page
    assert "/accounts/sign-in/" in page


def test_books_that_can_be_asked_stand_on_a_shelf_of_their_own(client, librarian_client, embedder, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_book(title="Paper alone")
    assert "Books that can be asked" not in client.get("/").text  # nothing is read yet
    make_indexed_book(title="Asked")
    make_indexed_book(title="Secret", is_public=False)

    def titles(page) -> list[str]:
        return [row.book.title for row in page.context["askable"]]

    assert titles(client.get("/")) == ["Asked"]
    assert set(titles(librarian_client.get("/"))) == {"Asked", "Secret"}
    assert "Books that can be asked" in client.get("/").text


def test_a_suppressed_book_is_not_on_the_shelf_of_readers(client, librarian_client):
    make_book(title="Hidden Book", is_suppressed=True)

    assert "Hidden Book" not in client.get("/").text
    assert "Hidden Book" in librarian_client.get("/").text


def test_a_reader_sees_loans_ready_holds_and_requests_but_no_desk(reader_client, reader):
    lend(reader, 1)
    ready = make_copy(book=make_book(title="Ready Book"), status="on_shelf_for_hold")
    Hold.objects.create(
        book=ready.book,
        patron=reader.patron,
        pickup_branch=ready.branch,
        copy=ready,
        state=HoldState.READY,
        placed_at=timezone.now(),
        ready_at=timezone.now(),
        shelf_until=timezone.localdate(),
    )
    loan = Loan.objects.get()

    page = reader_client.get("/").text

    assert "Amina." in page
    assert loan.copy.barcode in page
    assert "Ready Book" in page
    assert Hold.objects.get(state=HoldState.REQUESTED).book.title in page
    assert "/desk/" not in page


def test_the_staff_see_what_waits(librarian_client, reader):
    lend(reader, 3)
    late = Loan.objects.earliest("pk")
    Loan.objects.filter(pk=late.pk).update(
        checked_out_at=timezone.now() - timedelta(days=9), due_at=timezone.now() - timedelta(days=2)
    )

    counts = librarian_client.get("/").context["counts"]

    assert (counts.requested, counts.ready, counts.lent, counts.overdue) == (3, 0, 3, 1)


@pytest.mark.parametrize("who", ["client", "reader_client", "librarian_client"])
def test_as_many_queries_for_thirty_books_as_for_two(who, request):
    visitor = request.getfixturevalue(who)
    for _ in range(2):
        make_whole_book()
    few = queries_of(visitor, "/")
    for _ in range(28):
        make_whole_book()

    assert queries_of(visitor, "/") == few


def test_as_many_queries_for_many_loans_as_for_two(reader_client, reader):
    lend(reader, 2)
    few = queries_of(reader_client, "/")
    lend(reader, 12)

    assert Copy.objects.count() == 28
    assert queries_of(reader_client, "/") == few


@pytest.mark.parametrize(("hour", "word"), [(3, "evening"), (4, "morning"), (12, "afternoon"), (18, "evening")])
def test_the_greeting_goes_by_the_librarys_clock(settings, hour, word):
    at = datetime(2026, 11, 21, hour, tzinfo=ZoneInfo(settings.TIME_ZONE))

    assert queries.greeting(at=at) == word
