"""Every verb is written down, and told to whoever listens, exactly when it was done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.dispatch import Signal

from accounts.tests.factories import make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_book, make_copy
from circulation import services, signals
from circulation.models import Loan
from circulation.state import locks
from circulation.tests.factories import MONDAY, make_loan
from library.activity.models import Activity
from library.core.database import raw_rows
from library.core.errors import LibraryError

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def told():
    """The signals that were sent, by name, with what the database then held of their loan."""
    heard: list[tuple[str, dict[str, Any], Loan]] = []
    receivers = []
    for name in ("loan_opened", "loan_closed", "loan_renewed", "loan_declared_lost"):
        signal: Signal = getattr(signals, name)

        def hear(sender, *, loan, signal, name=name, **values):
            heard.append((name, values, Loan.objects.get(pk=loan.pk)))

        signal.connect(hear)
        receivers.append((signal, hear))
    yield heard
    for signal, hear in receivers:
        signal.disconnect(hear)


def written(subject):
    return list(Activity.objects.filter(subject=subject).order_by("at", "id").values_list("verb", "actor"))


def test_each_verb_of_a_loan_is_written_down_and_told(librarian, told):
    copy, patron = make_copy(), make_patron()
    loan = services.check_out(copy=copy, patron=patron, by=librarian, at=MONDAY)
    services.renew(loan=loan, by=patron.user, at=MONDAY + DAY)
    services.claim_returned(loan=loan, by=librarian, at=MONDAY + 2 * DAY)
    services.withdraw_claim(loan=loan, by=librarian, at=MONDAY + 3 * DAY)
    services.declare_lost(loan=loan, by=librarian, at=MONDAY + 4 * DAY)
    services.check_in(copy=copy, by=librarian, at=MONDAY + 5 * DAY)
    verbs = [row for row in written(patron.user) if row[0].startswith("loan.")]
    assert verbs == [
        ("loan.opened", librarian.pk),
        ("loan.renewed", patron.pk),
        ("loan.claimed_returned", librarian.pk),
        ("loan.claim_withdrawn", librarian.pk),
        ("loan.declared_lost", librarian.pk),
        ("loan.closed", librarian.pk),
    ]
    assert [name for name, _values, _row in told] == [
        "loan_opened",
        "loan_renewed",
        "loan_declared_lost",
        "loan_closed",
    ]
    opened, renewed, lost, closed = told
    assert (opened[1]["by"], opened[2].returned_at) == (librarian, None)
    assert (renewed[1]["by"], renewed[1]["renewal"].loan, renewed[2].renewals) == (patron.user, loan, 1)
    assert (lost[2].lost_at, closed[1]["was_lost"]) == (MONDAY + 4 * DAY, True)
    assert closed[2].returned_at == MONDAY + 5 * DAY


def test_what_is_refused_is_neither_written_down_nor_told(librarian, told):
    copy, patron = make_copy(not_for_loan=True), make_patron()
    before = Activity.objects.count()
    with pytest.raises(LibraryError):
        services.check_out(copy=copy, patron=patron, by=librarian)
    services.check_in(copy=copy, by=librarian)  # it is where it belongs
    assert (Activity.objects.count(), told) == (before, [])


def test_what_a_listener_raises_undoes_the_verb(librarian):
    copy, patron = make_copy(), make_patron()

    def refuse(sender, **values):
        raise LibraryError

    signals.loan_opened.connect(refuse)
    try:
        with pytest.raises(LibraryError):
            services.check_out(copy=copy, patron=patron, by=librarian)
    finally:
        signals.loan_opened.disconnect(refuse)
    copy.refresh_from_db()
    assert (copy.status, Loan.objects.count()) == (CopyStatus.AVAILABLE, 0)


def test_taking_a_copy_from_another_tells_of_both(librarian, told):
    old = make_loan()
    new = services.check_out(
        copy=old.copy, patron=make_patron(), by=librarian, override=["already_lent_to_another"], comment="They swap."
    )
    assert [(name, row.pk) for name, _values, row in told] == [("loan_closed", old.pk), ("loan_opened", new.pk)]


def test_found_copies_and_holds_are_written_down_too(librarian):
    copy = make_copy(status=CopyStatus.MISSING)
    services.check_in(copy=copy, by=librarian)
    found = Activity.objects.get(verb="copy.checked_in")
    assert (found.actor, found.object_id) == (librarian, str(copy.pk))
    assert found.data == {"barcode": copy.barcode, "action": "shelve", "branch": copy.branch.code}
    branch = copy.branch
    patron = make_patron()
    hold = services.place_hold(book=copy.book, patron=patron, branch=branch, by=patron.user)
    services.confirm_hold(hold=hold, by=librarian)
    services.cancel_hold(hold=hold, by=librarian)
    verbs = [verb for verb, _actor in written(patron.user) if verb.startswith("hold.")]
    assert verbs == ["hold.placed", "hold.confirmed", "hold.cancelled"]


def test_copy_that_changes_hands_before_it_is_locked_is_looked_at_again(librarian, monkeypatch):
    """Between reading who has it and locking it, another desk lends it on: the borrower whom we locked is the wrong
    one."""
    loan, patron, stranger = make_loan(), make_patron(), make_patron()
    read, tries = locks.patron_and_borrower, []

    def read_too_early(*given):
        tries.append(given)
        found, borrower = read(*given)
        return found, (stranger.pk if len(tries) == 1 else borrower)

    monkeypatch.setattr(locks, "patron_and_borrower", read_too_early)
    new = services.check_out(
        copy=loan.copy, patron=patron, by=librarian, override=["already_lent_to_another"], comment="At once."
    )
    assert (len(tries), list(Loan.objects.open().filter(copy=loan.copy))) == (2, [new])


def test_copy_whose_record_is_merged_while_it_is_scanned_is_found_at_the_next_look(librarian, monkeypatch):
    copy, kept = make_copy(), make_book()
    looks: list[str] = []

    def merged_meanwhile(statement, parameters):
        looks.append(statement)
        if len(looks) == 1:
            copy.book = kept
            copy.save()
            return []
        return raw_rows.fetch(statement, parameters)

    monkeypatch.setattr(locks, "fetch", merged_meanwhile)
    found = locks.copy_and_book(copy.barcode)
    assert (found, found.book if found else None) == (copy, kept)
