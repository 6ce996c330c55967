from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.models import HoldState, Loan
from circulation.tests.factories import make_hold, make_loan
from circulation.tests.pages.test_reader_pages import text_of

pytestmark = pytest.mark.django_db
DESK = reverse("circulation:desk")


class Desk:
    """A librarian's browser at the desk; ``here`` is the address it shows."""

    def __init__(self, client):
        self.client, self.here = client, DESK

    def __call__(self, text):
        """Scan; gives the page that follows."""
        response = self.client.post(self.here, {"scan": text})
        assert response.status_code == 302  # every outcome: a reload repeats nothing
        self.here = response["Location"]
        return text_of(self.client.get(self.here))


@pytest.fixture
def desk(client, librarian):
    client.force_login(librarian)
    return Desk(client)


def test_staff_page_is_for_staff(client):
    for address in (DESK, reverse("circulation:pick-list")):
        assert client.get(address)["Location"].endswith(f"?next={address}")
    client.force_login(make_patron().user)
    for address in (DESK, reverse("circulation:pick-list")):
        assert client.get(address).status_code == 403
    assert client.post(DESK, {"scan": "C-1"}).status_code == 403


def test_empty_desk_has_one_box_with_the_focus(client, librarian):
    client.force_login(librarian)
    page = text_of(client.get(DESK))
    assert page.count("autofocus") == 1
    assert "Scan a card or a barcode, or type a name" in page
    assert 'src="/static/js/desk.js"' in page
    assert "<kbd>F2</kbd>" in page


def test_card_opens_its_reader_and_barcodes_are_lent(desk):
    reader, copy = make_patron(full_name="Amina Diallo"), make_copy(book=make_book(title="The Overstory"))
    page = desk(f" {reader.card_number.lower()} ")
    assert "Amina Diallo" in page
    assert "Nothing on loan." in page

    page = desk(copy.barcode.lower())
    loan = reader.loans.get()
    due = timezone.localtime(loan.due_at).strftime("%A %-d %B")
    assert "<b>Lent</b>" in page
    assert f"The Overstory · due {due} · 1 of 3 loans" in page
    assert copy.barcode in page
    assert reader.card_number not in desk.here


def test_reload_shows_the_reader_but_repeats_nothing(desk, client):
    reader, copy = make_patron(), make_copy()
    desk(reader.card_number)
    desk(copy.barcode)
    again = text_of(client.get(desk.here))
    assert "<b>Lent</b>" not in again
    assert copy.barcode in again
    assert Loan.objects.count() == 1


def test_refusal_lists_every_reason(desk):
    reader = make_patron()
    for _ in range(3):
        make_loan(patron=reader)
    copy = make_copy(not_for_loan=True, status="damaged")
    desk(reader.card_number)
    page = desk(copy.barcode)
    assert "<b>Not lent</b>" in page
    for sentence in ("is for use in the library only.", "is too damaged to be lent.", "has 3 of 3 loans already."):
        assert f"{sentence}</li>" in page
    assert Loan.objects.count() == 3


def test_alerts_are_shown_with_the_loan(desk):
    desk(make_patron().card_number)
    page = desk(make_copy(status="missing").barcode)
    assert "<b>Lent</b>" in page
    assert "was marked missing and has turned up." in page


def test_second_scan_for_the_same_reader_does_not_take_it_back(desk):
    reader, copy = make_patron(), make_copy()
    desk(reader.card_number)
    desk(copy.barcode)
    page = desk(copy.barcode)
    assert "already on loan to this reader.</li>" in page
    assert "press F2 first" in page
    assert Loan.objects.open().count() == 1


def test_barcode_without_a_reader_is_taken_back(desk):
    loan = make_loan(copy=make_copy(branch=make_branch(name="North")), checked_out_at=timezone.now())
    page = desk(loan.copy.barcode)
    assert "<b>Returned</b>" in page
    assert "shelve it at North" in page
    assert " late" not in page.split("shelve it")[0]
    loan.refresh_from_db()
    assert loan.returned_at is not None


def test_late_return_says_how_late(desk):
    now = timezone.now()
    loan = make_loan(checked_out_at=now - timedelta(days=20), due_at=now - timedelta(days=3))
    assert "3 days late" in desk(loan.copy.barcode)


def test_copy_that_is_not_on_loan_without_a_reader_is_told(desk):
    page = desk(make_copy().barcode)
    assert "<b>Nothing changed</b>" in page
    assert "is not on loan: its status is “available”." in page
    assert "scan the reader’s card first" in page


def test_missing_copy_is_found(desk):
    copy = make_copy(status="missing")
    assert "<b>Found</b>" in desk(copy.barcode)
    copy.refresh_from_db()
    assert copy.status == CopyStatus.AVAILABLE


def test_requested_copy_goes_to_the_hold_shelf_and_then_to_its_reader(desk):
    hold = make_hold(patron=make_patron(full_name="Amina Diallo"))
    page = desk(hold.copy.barcode)
    assert "<b>Hold shelf</b>" in page
    assert "for Amina Diallo" in page
    assert "Hold shelf at" in desk(hold.patron.card_number)
    assert "<b>Lent</b>" in desk(hold.copy.barcode)
    hold.refresh_from_db()
    assert hold.state == HoldState.FULFILLED


def test_f2_takes_back_while_a_reader_is_open(desk, client):
    loan = make_loan()
    desk(loan.patron.card_number)
    desk.here += "&mode=return"
    assert "Stop taking back" in text_of(client.get(desk.here))
    assert "<b>Returned</b>" in desk(loan.copy.barcode)
    assert "mode=return" in desk.here
    desk(make_patron().card_number)  # another card: lending again
    assert "mode" not in desk.here


def test_unknown_code_is_told_and_the_reader_stays(desk):
    reader = make_patron(full_name="Amina Diallo")
    desk(reader.card_number)
    page = desk("<b>4711")
    assert "<b>Unknown</b>" in page
    assert "&lt;b&gt;4711" in page
    assert "Amina Diallo" in page


@pytest.mark.parametrize("text", ["", "   ", "x" * 101, "a\x00b"])
def test_scan_that_cannot_be_right_is_told(desk, text):
    assert "<b>Nothing scanned</b>" in desk(text)


@pytest.mark.parametrize("reader", ["nonsense", "01900000-0000-7000-8000-000000000000"])
def test_unknown_reader_in_the_address_is_no_reader(client, librarian, reader):
    client.force_login(librarian)
    assert "Ready for the next reader" in text_of(client.get(DESK, {"reader": reader}))


def test_staff_cancel_what_waits_and_come_back_to_the_desk(desk, client):
    hold = make_hold(state=HoldState.READY)
    desk(hold.patron.card_number)
    address = reverse("circulation:cancel-hold", args=[hold.pk])
    assert client.post(address, {"next": desk.here})["Location"] == desk.here
    other = make_hold(state=HoldState.READY)
    address = reverse("circulation:cancel-hold", args=[other.pk])
    assert client.post(address, {"next": "https://evil.example/"})["Location"] == reverse("circulation:my-loans")


def test_reader_with_much_runs_as_many_queries_as_one_with_two(client, librarian):
    client.force_login(librarian)
    reader = make_patron()

    def fill(count):
        for _ in range(count):
            make_loan(patron=reader)
            make_hold(patron=reader, state=HoldState.READY)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(DESK, {"reader": reader.pk}))
        return len(captured)

    fill(2)
    queries()  # the settings are kept from now on
    for_two = queries()
    fill(18)
    queries()  # so are the calendars of the branches that came in
    assert queries() == for_two


@pytest.mark.parametrize("scanned", ["\u200eÄ-17", "ä-17\ufeff", "Ä\u201317 ", "Ä－１７", "A\u0308-17"], ids=ascii)
def test_a_barcode_is_known_however_it_is_scanned(desk, scanned):
    loan = make_loan(copy=make_copy(barcode="Ä-17"))

    assert "Unknown" not in desk(scanned)

    loan.refresh_from_db()
    assert loan.returned_at is not None


@pytest.mark.parametrize("scanned", ["\u200eli-77é", "LI-77É\ufeff", "Li\u201077é ", "ＬＩ-７７é"], ids=ascii)
def test_a_card_is_known_however_it_is_scanned(desk, scanned):
    patron = make_patron(card_number="Li-77é")

    assert str(patron.user) in desk(scanned)
