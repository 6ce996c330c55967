"""The clauses on past loans, word by word: what is left of each trace of a reader after the night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Role
from accounts.people.nobody import NOBODY
from accounts.tests.factories import make_librarian, make_patron, make_user
from catalog.models import CopyStatus
from circulation import forgetting, services
from circulation.models import (
    Charge,
    ChargeKind,
    Hold,
    HoldState,
    LendingSettings,
    Loan,
    LoanRenewal,
    MonthlyLoans,
    Override,
)
from circulation.money import payments
from circulation.tests.factories import make_hold, make_loan
from library.activity import services as activity
from library.activity.models import Activity
from library.core.models import KeptAnswer
from library.jobs import nightly
from library.jobs.models import NightlyReport
from library.notices import bell
from library.notices import services as notices
from library.notices.models import Notice

pytestmark = pytest.mark.django_db
LENT = datetime(2026, 1, 12, 10, 17, 33, tzinfo=UTC)
BACK = datetime(2026, 1, 20, 15, 2, 11, tzinfo=UTC)
LATE = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)
Trace = Callable[[Loan], Callable[[], Any]]  # leaves one, and gives what finds it


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.TIME_ZONE = "UTC"
    LendingSettings.objects.update_or_create(pk=1, defaults={"anonymise_after_days": 30})


def renewal(loan):
    LoanRenewal.objects.create(loan=loan, at=LENT, by=loan.patron.user, due_before=LENT, due_after=BACK)
    return LoanRenewal.objects.count


def override(loan):
    Override.objects.create(loan=loan, verb="renew", reasons=[], comment="Ada asked nicely", at=LENT)
    return Override.objects.count


def letter(loan):
    notices.queue(user=loan.patron.user, kind="loan_not_renewed", dedupe=f"loan:{loan.pk}:x", title="A book", due=BACK)
    return Notice.objects.filter(user=loan.patron_id).count


def report(loan):
    with nightly.report("reckon", LENT) as run:
        run.fault(loan.pk, RuntimeError())
        run.fault(loan.patron_id, RuntimeError())
    return lambda: sum(len(row.faults) for row in NightlyReport.objects.filter(task="reckon"))


def answer(loan):
    KeptAnswer.objects.create(user_id=make_librarian().pk, key="k", request_hash="h", body={"loan": str(loan.pk)})
    return KeptAnswer.objects.count


def deed(loan):
    activity.record(actor=loan.patron.user, verb="loan.renewed", object=loan, subject=loan.patron.user, data={"a": "b"})
    return Activity.objects.of(loan.patron.user).count


def charge(loan):
    Charge.objects.create(
        patron=loan.patron, kind=ChargeKind.FINE, amount=0, loan=loan, text="Overdue: A Sketch", at=BACK
    )
    return Charge.objects.exclude(loan=None, text="").count


def bell_row(loan):
    bell.ring(user=loan.patron.user, kind="overdue_1", context={"title": "A"}, cause=f"loan:{loan.pk}:x", at=BACK)
    return bell.rows_of(loan.patron.user).count


def ended_hold(state):
    def left(loan):
        reason = "Her own words" if state == HoldState.REFUSED else ""
        make_hold(patron=loan.patron, state=state, ended_at=BACK, refusal_reason=reason)
        return Hold.objects.filter(patron=loan.patron_id).count

    return left


ENDED = (HoldState.FULFILLED, HoldState.CANCELLED, HoldState.EXPIRED, HoldState.REFUSED)
SCRUBBED: dict[str, Trace] = {
    **{f"anonymising scrubs holds of every state: {state}": ended_hold(state) for state in ENDED},
    "anonymising scrubs renewals": renewal,
    "anonymising scrubs override comments": override,
    "anonymising scrubs charge texts": charge,
    "anonymising scrubs recipients": letter,
    "anonymising scrubs bell rows": bell_row,
    "anonymising scrubs job reports": report,
    "anonymisation scrubs activity": deed,
    "anonymising scrubs idempotency records": answer,
}


@pytest.mark.parametrize("clause", SCRUBBED)
def test_trace_is_gone(clause):
    loan = make_loan(checked_out_at=LENT, returned_at=BACK, renewals=1, renewed_at=LENT)
    left = SCRUBBED[clause](loan)
    assert left(), clause
    forgetting.forget_past(at=LATE)
    assert not left(), clause
    assert Loan.objects.get().patron_id == NOBODY


@pytest.mark.parametrize("clause", SCRUBBED)
def test_trace_of_who_keeps_their_history_stays(clause):
    loan = make_loan(checked_out_at=LENT, returned_at=BACK, renewals=1, renewed_at=LENT)
    type(loan.patron).objects.filter(pk=loan.patron_id).update(keeps_history=True)
    left = SCRUBBED[clause](loan)
    before = left()
    forgetting.forget_past(at=LATE)
    assert left() == before, clause


def test_loan_of_which_something_is_owed_waits_until_it_is_settled_and_the_line_stays_with_its_reader():
    loan = make_loan(checked_out_at=LENT, returned_at=BACK)
    line = Charge.objects.create(
        patron=loan.patron, kind=ChargeKind.FINE, amount=5, loan=loan, text="Overdue: A Sketch", at=BACK
    )
    forgetting.forget_past(at=LATE)
    assert Loan.objects.get() == loan, "when nothing is owed"
    payments.waive(charge=line, by=make_librarian(), reason="It was our fault.", at=LATE)
    forgetting.forget_past(at=LATE)
    assert Loan.objects.get().patron_id == NOBODY
    line.refresh_from_db()
    assert line.patron == loan.patron, "the person on ledger lines follows the retention of money"
    assert line.amount == Decimal(5)
    assert (line.loan_id, line.text) == (None, "")


def test_lost_copy_of_a_forgotten_reader_is_taken_back_and_nobody_is_credited():
    loan = make_loan(checked_out_at=LENT, returned_at=BACK, lost_at=BACK)
    line = Charge.objects.create(patron=loan.patron, kind=ChargeKind.LOST, amount=20, loan=loan, at=BACK)
    payments.waive(charge=line, by=make_librarian(), reason="It was our fault.", at=LATE)
    type(loan.copy).objects.filter(pk=loan.copy_id).update(status=CopyStatus.LOST)
    forgetting.forget_past(at=LATE)
    copy = type(loan.copy).objects.get(pk=loan.copy_id)
    found = services.check_in(copy=copy, by=make_user(Role.ADMINISTRATOR), at=LATE)
    assert "lost_paid_by_unknown" in [reason.code for reason in found.alerts]


def many(tier_of_few: Any) -> None:
    for _number in range(5):
        make_loan(checked_out_at=LENT, returned_at=BACK)
    make_loan(checked_out_at=LENT, returned_at=BACK, patron=make_patron(tier=tier_of_few))


WHAT_STAYS: dict[str, Callable[[], bool]] = {
    "counts by tier and month stay": lambda: (
        sum(MonthlyLoans.objects.filter(month=date(2026, 1, 1)).values_list("loans", flat=True)) == 6
    ),
    "counts below 5 merge": lambda: not MonthlyLoans.objects.filter(tier__isnull=False, loans__lt=5).exists(),
    "times are cut to the day": lambda: (
        {(loan.checked_out_at.time(), (loan.returned_at or LENT).time()) for loan in Loan.objects.all()}
        == {(datetime.min.time(), datetime.min.time())}
    ),
    "loans lose their person": lambda: set(Loan.objects.values_list("patron", flat=True)) == {NOBODY},
}


@pytest.mark.parametrize("clause", WHAT_STAYS)
def test_clause_on_what_is_left(clause):
    from accounts.models import Tier

    many(Tier.objects.create(code="few", name="Few"))
    forgetting.forget_past(at=LATE + timedelta(days=1))
    assert WHAT_STAYS[clause](), clause
