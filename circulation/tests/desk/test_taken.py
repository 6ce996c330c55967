from __future__ import annotations

import pytest
from django.urls import reverse

from catalog.tests.factories import make_copy
from circulation.desk import taken_back
from circulation.models import Loan
from circulation.tests.desk.test_desk import Desk
from circulation.tests.factories import make_loan
from circulation.tests.pages.test_reader_pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, librarian):
    client.force_login(librarian)
    return Desk(client)


def test_book_drop_lists_title_from_whom_and_where_to(desk):
    loan, other = make_loan(), make_copy(status="missing")
    desk(loan.copy.barcode)
    page = desk(other.barcode)
    for words in (loan.copy.book.title, f"from {loan.patron.user}", "shelve it at", other.book.title, "Found"):
        assert words in page
    assert page.index(other.barcode) < page.index(loan.copy.barcode)


def test_list_is_bounded_and_says_how_many_there_were(desk):
    copy = make_copy()
    session = desk.client.session
    session[taken_back.KEY] = {
        "count": 80,
        "rows": [{"barcode": f"C-{n}", "title": "T"} for n in range(taken_back.MOST)],
    }
    session.save()
    page = desk(copy.barcode)
    assert page.count('class="where"') == taken_back.MOST
    assert "The last 50 are listed." in page
    assert ">81<" in page


def test_new_list_begins_empty(desk):
    copy = make_copy()
    assert copy.book.title in desk(copy.barcode)
    desk.client.post(reverse("circulation:desk-forget-taken"))
    assert "Taken back" not in text_of(desk.client.get(desk.here))


def test_scan_that_is_sent_again_is_answered_again_and_done_once(desk):
    loan = make_loan()
    for _again in range(2):
        desk.client.post(desk.here, {"scan": loan.copy.barcode, "once": "k-1"})
        page = text_of(desk.client.get(desk.here))
        assert "<b>Returned</b>" in page
        assert ">1<" in page
    assert Loan.objects.get().returned_at


def test_card_that_is_sent_again_opens_its_reader_again(desk):
    loan = make_loan()
    for _again in range(2):
        answer = desk.client.post(desk.here, {"scan": loan.patron.card_number, "once": "k-1"})
        assert answer["Location"].endswith(f"?reader={loan.patron_id}")
