"""Whatever stands against a reader is heeded by every verb of lending, with the reasons in one order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import PatronBlock, Tier
from accounts.services import blocks
from accounts.services.blocks import NewBlock
from accounts.tests.factories import make_librarian, make_patron
from catalog.tests.factories import make_copy
from circulation import errors, services
from circulation.models import Loan, LoanRule
from circulation.tests.blocks import DEBT, put
from circulation.tests.factories import MONDAY, make_loan
from library.core.errors import Level, LibraryError

DAY = timedelta(days=1)
LOST, RESTRICTED = "card_lost", "patron_restricted"
database = pytest.mark.django_db


def said(verb, **values):
    """The reasons of a refusal, each with its level."""
    with pytest.raises(LibraryError) as refusal:
        verb(**values)
    return [(reason.code, reason.level) for reason in refusal.value.reasons]


@database
def test_check_out_renewal_and_requests_say_the_same(librarian):
    loan = make_loan(due_at=MONDAY + 14 * DAY)
    patron, copy = loan.patron, make_copy()
    put(patron, DEBT, owner="fees", at=MONDAY)
    put(patron, RESTRICTED, until=(MONDAY + DAY).date(), at=MONDAY)
    put(patron, LOST, at=MONDAY)
    expected = [(LOST, Level.IMPOSSIBLE), ("patron_restricted_until", Level.OVERRIDABLE), (DEBT, Level.OVERRIDABLE)]
    at = MONDAY + DAY
    assert said(services.check_out, copy=copy, patron=patron, by=librarian, at=at) == expected
    assert said(services.renew, loan=loan, by=librarian, at=at) == expected
    hold: dict[str, Any] = {"book": copy.book, "patron": patron, "branch": copy.branch, "by": patron.user}
    assert said(services.place_hold, **hold, at=at) == expected


@database
def test_alert_informs_and_forbids_nothing(librarian):
    patron, copy = make_patron(), make_copy()
    put(patron, DEBT, owner="fees", level=Level.ALERT, note="Ask for the new address")
    loan = services.check_out(copy=copy, patron=patron, by=librarian)
    assert [reason.detail for reason in loan.alerts] == [
        "Something stands against this reader. Ask for the new address."
    ]
    other = make_copy()
    services.place_hold(book=other.book, patron=patron, branch=other.branch, by=patron.user)


@database
def test_staff_set_aside_what_another_part_placed(librarian):
    patron, copy = make_patron(), make_copy()
    put(patron, DEBT, owner="fees", note="12.50")
    with pytest.raises(errors.PatronBlocked, match=r"Something stands against this reader\. 12\.50\."):
        services.check_out(copy=copy, patron=patron, by=librarian)
    loan = services.check_out(copy=copy, patron=patron, by=librarian, override=[DEBT], comment="Pays tomorrow")
    assert [reason["code"] for reason in loan.overrides.get().reasons] == [DEBT]


@database
def test_override_at_the_desk_takes_the_code_of_another_part(client, librarian):
    patron, copy = make_patron(), make_copy()
    put(patron, DEBT, owner="fees")
    client.force_login(librarian)
    page = client.post(
        f"{reverse('circulation:desk-override')}?reader={patron.pk}",
        {"copy": copy.barcode, "override": [DEBT], "comment": "Pays tomorrow"},
        follow=True,
    )
    assert page.status_code == 200
    assert Loan.objects.open().filter(patron=patron, copy=copy).exists()


@database
def test_last_day_is_the_librarys_and_inclusive(librarian, settings):
    settings.TIME_ZONE = "UTC"
    patron, last = make_patron(), MONDAY.date()
    put(patron, RESTRICTED, until=last, at=MONDAY)
    copy, ends = make_copy(), datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    hold: dict[str, Any] = {"book": copy.book, "patron": patron, "branch": copy.branch, "by": patron.user}
    assert said(services.check_out, copy=copy, patron=patron, by=librarian, at=ends)
    assert said(services.place_hold, **hold, at=ends)
    services.place_hold(**hold, at=ends + timedelta(minutes=1))
    services.check_out(copy=make_copy(), patron=patron, by=librarian, at=ends + timedelta(minutes=1))


@database
def test_lifted_is_as_if_it_had_never_been(librarian):
    patron, copy = make_patron(), make_copy()
    blocks.lift(block=put(patron, LOST), by=librarian)
    assert services.check_out(copy=copy, patron=patron, by=librarian).alerts == ()


@database
def test_library_renews_by_itself_nothing_of_a_reader_who_is_blocked(settings):
    settings.TIME_ZONE = "UTC"
    LoanRule.objects.update(auto_renew=True)
    due = datetime(2026, 3, 16, 23, 59, 59, tzinfo=UTC)
    blocked, free = make_loan(due_at=due), make_loan(due_at=due)
    put(blocked.patron, DEBT, owner="fees", at=MONDAY)
    assert services.renew_automatically(at=due - timedelta(hours=20)) == 1
    assert [Loan.objects.get(pk=loan.pk).renewals for loan in (blocked, free)] == [0, 1]


@database
def test_blocks_cost_no_statement_more(librarian):
    """A scan, a renewal and a request ask as often for a reader with blocks as for one without."""

    def asked(patron):
        copy, loan = make_copy(), make_loan(patron=patron)
        with CaptureQueriesContext(connection) as captured:
            services.check_out(copy=copy.barcode, patron=patron.card_number, by=librarian, at=at)
            services.renew(loan=loan, by=librarian, at=at)
            services.place_hold(book=other.book, patron=patron, branch=other.branch, by=librarian, at=at)
        return len(captured)

    at, free, blocked = MONDAY + DAY, make_patron(), make_patron()
    for code in (RESTRICTED, LOST, DEBT):
        put(blocked, code, level=Level.ALERT, at=MONDAY)
    other = make_copy()
    asked(make_patron())  # rules and calendars are remembered from here on
    other = make_copy()
    without = asked(free)
    other = make_copy()
    assert asked(blocked) == without


@database
def test_desk_shows_what_stands_and_not_what_is_over(client, librarian):
    patron = make_patron()
    client.force_login(librarian)
    put(patron, LOST)
    put(patron, "address_unconfirmed")
    put(patron, RESTRICTED, note="Torn pages")
    address = f"{reverse('circulation:desk')}?reader={patron.pk}"
    page = " ".join(client.get(address).content.decode().split())
    for words in ("reported lost", "May not borrow", "without end: Torn pages", "not confirmed"):
        assert words in page
    PatronBlock.objects.update(until=MONDAY.date())
    page = client.get(address).content.decode()
    for words in ("reported lost", "May not borrow", "Torn pages", "not confirmed"):
        assert words not in page


@database
def test_reader_is_told_in_their_own_words(client):
    loan = make_loan()
    put(loan.patron, DEBT, owner="fees", note="12.50")
    client.force_login(loan.patron.user)
    page = client.get(reverse("circulation:my-loans")).content.decode()
    assert "Something stands against your borrowing. 12.50." in page


@database
def test_my_card_says_that_it_is_lost(client):
    patron = make_patron()
    client.force_login(patron.user)
    assert "reported lost" not in client.get(reverse("accounts:card")).content.decode()
    put(patron, LOST)
    assert "reported lost" in client.get(reverse("accounts:card")).content.decode()


# --- Two at once


@pytest.fixture
def at_two_desks():
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    LoanRule.objects.get_or_create(branch=None, tier=None, defaults={"loan_period": 14, "max_loans": 3})
    with ThreadPoolExecutor(2) as desks:

        def do(work):
            def work_and_close():
                try:
                    return work()
                except LibraryError as refusal:
                    return refusal.error_code
                finally:
                    connections.close_all()

            return desks.submit(work_and_close)

        yield do


@pytest.mark.django_db(transaction=True)
def test_two_desks_that_place_the_same_place_it_once(at_two_desks):
    patron, librarian = make_patron(), make_librarian()

    def place():
        return blocks.place(patron=patron, block=NewBlock(LOST), owner="accounts", by=librarian).code

    assert sorted(one.result(30) for one in [at_two_desks(place), at_two_desks(place)]) == ["already_blocked", LOST]
    assert PatronBlock.objects.filter(patron=patron).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False], ids=["with lock", "without lock"])
def test_a_scan_waits_for_the_block_that_another_desk_is_placing(at_two_desks, monkeypatch, is_locked):
    """Without its lock the scan would be decided by what stood before, while the other desk was already told."""
    patron, librarian, copy = make_patron(), make_librarian(), make_copy()
    if not is_locked:
        monkeypatch.setattr(blocks, "_lock", lambda patron: None)
    placed, lent = Event(), Event()

    def place():
        with transaction.atomic():
            blocks.place(patron=patron, block=NewBlock(LOST), owner="accounts", by=librarian)
            placed.set()
            return lent.wait(1)  # with the lock in vain: the scan waits for us

    def lend():
        placed.wait(30)
        try:
            services.check_out(copy=copy, patron=patron, by=librarian)
        finally:
            lent.set()
        return "lent"

    first, second = at_two_desks(place), at_two_desks(lend)
    assert (first.result(30), second.result(30)) == ((False, LOST) if is_locked else (True, "lent"))
    assert Loan.objects.filter(patron=patron).exists() == (not is_locked)
