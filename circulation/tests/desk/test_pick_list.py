from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.models import HoldState
from circulation.tests.factories import make_hold
from circulation.tests.pages.test_reader_pages import text_of

pytestmark = pytest.mark.django_db
PICK_LIST = reverse("circulation:pick-list")


@pytest.fixture(autouse=True)
def _librarian_at_work(client, librarian):
    client.force_login(librarian)


def confirm(hold):
    return reverse("circulation:confirm-hold", args=[hold.pk])


def refuse(hold):
    return reverse("circulation:refuse-hold", args=[hold.pk])


def test_empty_list_says_so(client):
    assert "Nothing to fetch" in text_of(client.get(PICK_LIST))


def test_requests_stand_by_branch_and_shelf_mark_the_oldest_first(client):
    central, north = make_branch(name="Central"), make_branch(name="North")
    now = timezone.now()
    for title, branch, shelf_mark, hours in [
        ("Fourth", north, "A 1", 9),
        ("Third", central, "B 2", 8),
        ("Second", central, "A 1", 1),
        ("First", central, "A 1", 2),
    ]:
        copy = make_copy(book=make_book(title=title), branch=branch, shelf_mark=shelf_mark)
        make_hold(copy=copy, placed_at=now - timedelta(hours=hours))
    make_hold(state=HoldState.READY, copy=make_copy(book=make_book(title="Fetched already")))
    page = text_of(client.get(PICK_LIST))
    places = [page.index(title) for title in ("First", "Second", "Third", "Fourth")]
    assert places == sorted(places)
    assert "Fetched already" not in page

    narrowed = text_of(client.get(PICK_LIST, {"branch": north.code}))
    assert "Fourth" in narrowed
    assert "First" not in narrowed


def test_confirmed_request_leaves_the_list(client):
    hold = make_hold(patron=make_patron(full_name="Amina Diallo"))
    response = client.post(confirm(hold), {"copy": "", "branch": hold.pickup_branch.code}, follow=True)
    assert response.redirect_chain == [(f"{PICK_LIST}?branch={hold.pickup_branch.code}", 302)]
    page = text_of(response)
    assert f"On the hold shelf: {hold.book.title}, for Amina Diallo." in page
    assert "Nothing to fetch" in page
    hold.refresh_from_db()
    assert hold.state == HoldState.READY


def test_wrong_copy_is_refused_beside_its_field(client):
    hold, other = make_hold(), make_copy(book=make_book(title="Another"))
    page = text_of(client.post(confirm(hold), {"copy": other.barcode}), 422)
    assert f"Copy {other.barcode} is of another book: Another." in page
    assert f'id="error-{hold.pk}"' in page
    assert f'value="{other.barcode}"' in page
    hold.refresh_from_db()
    assert hold.state == HoldState.REQUESTED


def test_refused_request_tells_why_and_marks_the_copy(client):
    hold = make_hold()
    response = client.post(refuse(hold), {"reason": "Not on its shelf.", "copy_status": "missing"}, follow=True)
    assert f"Refused: {hold.book.title}." in text_of(response)
    hold.refresh_from_db()
    assert (hold.state, hold.refusal_reason) == (HoldState.REFUSED, "Not on its shelf.")
    assert hold.copy.status == CopyStatus.MISSING


def test_refusal_without_a_reason_is_told_and_the_form_stays_open(client):
    hold = make_hold()
    page = text_of(client.post(refuse(hold), {"reason": " ", "copy_status": "damaged"}), 422)
    assert "Say why, in words for the reader." in page
    assert "<details open>" in page
    assert '<option value="damaged" selected>' in page
    hold.refresh_from_db()
    assert hold.state == HoldState.REQUESTED


def test_what_a_colleague_served_meanwhile_is_told(client):
    hold = make_hold(state=HoldState.READY)
    page = text_of(client.post(confirm(hold)), 422)
    assert "This request is no longer waiting to be fetched: it is ready." in page
    assert hold.book.title in page


def test_unknown_request_is_404_and_readers_get_403(client):
    hold = make_hold()
    missing = "01900000-0000-7000-8000-000000000000"
    assert client.post(reverse("circulation:confirm-hold", args=[missing])).status_code == 404
    client.force_login(hold.patron.user)
    for address in (confirm(hold), refuse(hold)):
        assert client.post(address, {"reason": "Mine."}).status_code == 403
    client.logout()
    assert client.post(confirm(hold)).status_code == 302


def test_list_is_paginated_and_a_full_page_runs_as_many_queries_as_two_rows(client):
    branch = make_branch()

    def fill(count):
        for _ in range(count):
            make_hold(copy=make_copy(branch=branch))

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page = text_of(client.get(PICK_LIST))
        return len(captured), page.count('class="pick"')

    fill(2)
    for_two, rows = queries()
    assert rows == 2
    fill(19)
    assert queries() == (for_two, 20)
    assert text_of(client.get(PICK_LIST, {"page": 2})).count('class="pick"') == 1
