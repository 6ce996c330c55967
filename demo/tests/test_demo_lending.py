"""Lending in the demonstration collection: every state that a loan can be in, and a reader who is free to borrow."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db.models import Count, F
from django.utils import timezone

from accounts.models import Patron, User
from catalog.models import Book, Copy, CopyStatus
from circulation import services
from circulation.models import (
    CalendarException,
    Charge,
    ChargeKind,
    Credit,
    Hold,
    HoldState,
    Loan,
    LoanRule,
    OpeningHours,
    Term,
)
from demo import lending
from demo.load import load

ORDINARY_DAY = datetime(2026, 10, 14, 9, 30, tzinfo=timezone.get_default_timezone())  # a Wednesday
EVE = datetime(2026, 12, 24, 16, 0, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def told():
    return lending.read()


def test_readers_rows_and_copies_in_the_file_know_each_other(told):
    readers = {"reader", *(row["username"] for row in told["readers"])}
    tiers = {"reader", *(row["code"] for row in told["tiers"])}
    kinds = {row["code"] for row in told["item_types"]}

    assert {row["reader"] for part in ("loans", "requests", "charges", "history") for row in told[part]} <= readers
    assert {row["tier"] for row in told["readers"]} <= tiers
    assert {tier for row in told["rules"] for tier in row.get("tier", "").split()} <= tiers
    assert {row["item_type"] for row in told["rules"] if "item_type" in row} == kinds
    lent, asked = ({row["copy"] for row in told[part]} for part in ("loans", "requests"))
    assert len(lent) == len(told["loans"])
    assert lent & asked == {"D-30005"}  # for which a queue waits
    assert [row["ago"] for row in told["loans"]] == sorted((row["ago"] for row in told["loans"]), reverse=True)


@pytest.mark.django_db
def test_on_an_ordinary_day_there_is_a_loan_in_every_state(told, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    load(at=ORDINARY_DAY)

    loans, today = Loan.objects.all(), ORDINARY_DAY.date()
    assert loans.open().count() == len(told["loans"])
    assert loans.filter(returned_at__isnull=False).count() == sum(len(row["copies"]) for row in told["history"])
    assert loans.open().filter(due_at__date=today).exists()
    assert loans.open().filter(due_at__lt=ORDINARY_DAY, lost_at=None, claimed_returned_at=None).count() >= 2
    assert loans.filter(renewals__gt=0).count() == sum("renewed" in row for row in told["loans"])
    assert loans.filter(claimed_returned_at__isnull=False).count() == 1
    assert loans.filter(lost_at__isnull=False, copy__status=CopyStatus.LOST).count() == 1
    assert loans.open().filter(explanation={}).count() == 0
    late = loans.open().filter(due_at__lt=ORDINARY_DAY, lost_at=None).exclude(patron__tier__code="child")
    running = Charge.objects.filter(is_running=True)
    assert set(running.values_list("loan", flat=True)) <= set(late.values_list("pk", flat=True))
    assert running.count() >= 2
    assert all(line.amount > 0 for line in running)
    fees = Charge.objects.filter(kind=ChargeKind.FEE)
    assert sorted(fees.values_list("text", flat=True)) == sorted(row["text"] for row in told["charges"])
    assert Credit.objects.filter(payment_kind__code="cash").count() == len(told["charges"])
    states = Counter(Hold.objects.values_list("state", flat=True))
    assert states == {
        HoldState.REQUESTED: 2,
        HoldState.READY: 2,
        HoldState.IN_TRANSIT: 1,
        HoldState.QUEUED: 3,
        HoldState.REFUSED: 1,
    }
    line = Hold.objects.in_line().values_list("book__title", "patron__user__username")
    assert list(line) == [("Le Voyage dans la Lune", name) for name in ("kofi", "elena", "ravi")]
    for row in told["rules"]:
        assert LoanRule.objects.filter(
            **{name: value for name, value in row.items() if name not in {"branch", "tier", "item_type"}}
        ).exists(), row
    assert OpeningHours.objects.values("branch").distinct().count() == 3
    assert Term.objects.filter(first_day__lte=today, last_day__gte=today).exists()
    assert CalendarException.objects.filter(name="Christmas Day").exists()
    _assert_counters_tell_the_truth()
    _assert_the_reader_has_something_of_everything()
    _assert_the_reader_may_borrow()


def _assert_counters_tell_the_truth() -> None:
    counted = Book.objects.annotate(lent=Count("copies__loans"))
    assert counted.exclude(popularity=F("lent")).count() == 0
    out = Copy.objects.filter(loans__returned_at=None, loans__isnull=False, loans__lost_at=None)
    assert set(out.values_list("status", flat=True)) == {CopyStatus.ON_LOAN}


def _assert_the_reader_has_something_of_everything() -> None:
    """One loan due within days, one overdue, a book on the hold shelf, and what was read before."""
    reader = Patron.objects.get(user__username="reader")
    loans = reader.loans.filter(returned_at=None)
    due = sorted(timezone.localtime(loan.due_at, ORDINARY_DAY.tzinfo).date() for loan in loans)
    today = ORDINARY_DAY.date()
    assert due == [today - timedelta(days=2), today + timedelta(days=2)]
    assert [hold.state for hold in reader.holds.all()] == [HoldState.READY]
    assert reader.loans.filter(returned_at__isnull=False).count() == 6


def _assert_the_reader_may_borrow() -> None:
    """Three of the ordinary books, as in any library; and what is lent by the hour, until it closes."""
    librarian, reader = User.objects.get(username="librarian"), Patron.objects.get(user__username="reader")
    for barcode in ("C-20001", "C-20004", "C-20005"):
        loan = services.check_out(copy=barcode, patron=reader, by=librarian, at=ORDINARY_DAY)
        assert loan.due_at.date() == ORDINARY_DAY.date() + timedelta(days=14)
    room = services.check_out(copy="R-40001", patron=reader, by=librarian, at=ORDINARY_DAY)
    assert room.due_at == ORDINARY_DAY + timedelta(hours=2)
    late = services.check_out(copy="R-40002", patron="L-000000018", by=librarian, at=ORDINARY_DAY + timedelta(hours=7))
    assert timezone.localtime(late.due_at, ORDINARY_DAY.tzinfo).strftime("%H:%M") == "18:30"  # three hours, cut


@pytest.mark.django_db
def test_on_the_eve_of_holidays_it_loads_as_well(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    load(at=EVE)

    assert Loan.objects.open().count() >= 15
    reader = Patron.objects.get(user__username="reader")
    loan = services.check_out(copy="C-20001", patron=reader, by=User.objects.get(username="librarian"), at=EVE)
    assert loan.due_at > EVE
