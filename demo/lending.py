"""Lending in the demonstration collection: a calendar, a matrix of rules, readers, and loans in every state.

All days are counted from the day of loading, so that something is due today whenever somebody looks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Patron, Tier, User
from accounts.people import block_kinds
from accounts.services import blocks
from accounts.services.people import create_user
from catalog.models import Book, Branch, Copy, ItemType
from circulation import services
from circulation.models import CalendarException, LendingSettings, Loan, LoanRule, OpeningHours, PaymentKind, Term
from circulation.money import nightly, payments
from demo import FOLDER
from library.core.errors import LibraryError

Row = dict[str, Any]
BRANCHES, TIERS, ITEM_TYPES = "branch", "tier", "item_type"
HOLIDAYS_OF = ("GB", "ENG")
KEPT_FOR = timedelta(days=9)  # how long readers kept what they brought back


def read() -> dict[str, Any]:
    """The texts of this part of the collection."""
    told: dict[str, Any] = json.loads((FOLDER / "lending.json").read_text())
    return told


def make_item_types(rows: Iterable[Row]) -> dict[str, ItemType]:
    """The kinds of things that are lent, by code."""
    return {row["code"]: ItemType.objects.create(**row) for row in rows}


def load(*, by: User, password: str, at: datetime | None = None) -> None:
    """Everything but the item types, into a library that has its branches and copies. ``password``: already hashed."""
    told, at = read(), at or timezone.now()
    today = timezone.localtime(at, timezone.get_default_timezone()).date()
    branches = {branch.code: branch for branch in Branch.objects.all()}
    tiers = {row["code"]: Tier.objects.create(**row) for row in told["tiers"]}
    tiers |= {tier.code: tier for tier in Tier.objects.exclude(code__in=tiers)}
    _make_calendar(told, branches, today)
    _make_rules(
        told["rules"],
        {BRANCHES: branches, TIERS: tiers, ITEM_TYPES: {kind.code: kind for kind in ItemType.objects.all()}},
    )
    LoanRule.objects.filter(branch=None, tier=None, item_type=None).update(**told["rule_for_everyone"])
    LendingSettings.objects.update(**told["settings"])
    patrons = _make_readers(told["readers"], tiers, password, today, at)
    _make_history(told["history"], patrons, by, at)
    lending = _Lending(patrons, by, at)
    for row in told["loans"]:
        lending.lend(row)
    for row in told["requests"]:
        lending.ask(row)
    for row in told["charges"]:
        lending.charge(row)
    nightly.set_all(at=at)


# -- the calendar -------------------------------------------------------------------------------------------------


def _make_calendar(told: dict[str, Any], branches: Mapping[str, Branch], today: date) -> None:
    OpeningHours.objects.bulk_create(_hours(told["hours"], branches))
    for year in (today.year, today.year + 1):
        for row in told["terms"]:
            first, last = (date.fromisoformat(f"{year}-{row[end]}") for end in ("first", "last"))
            term = Term.objects.create(name=f"{row['name']} {year}", first_day=first, last_day=last)
            OpeningHours.objects.bulk_create(_hours(row.get("hours", {}), branches, term))
    CalendarException.objects.bulk_create([*_public_holidays(today), *_exceptions(told, branches, today)])


def _hours(
    weeks: Mapping[str, Mapping[str, list[str]]], branches: Mapping[str, Branch], term: Term | None = None
) -> Iterator[OpeningHours]:
    """``weeks``: by branch, then by days of the week written together (Monday is 0): hours such as 09:00-12:30."""
    for code, week in weeks.items():
        for days, openings in week.items():
            for day in days:
                for opening in openings:
                    opens, closes = map(time.fromisoformat, opening.split("-"))
                    yield OpeningHours(branch=branches[code], term=term, weekday=int(day), opens=opens, closes=closes)


def _public_holidays(today: date) -> Iterator[CalendarException]:
    from holidays import country_holidays

    country, part = HOLIDAYS_OF
    days = country_holidays(country, subdiv=part, years=[today.year, today.year + 1])
    for day, name in sorted(days.items()):
        yield CalendarException(name=name, first_day=day, last_day=day)


def _exceptions(told: dict[str, Any], branches: Mapping[str, Branch], today: date) -> Iterator[CalendarException]:
    """Days of one branch: the first such weekday that is at least so many days away."""
    for row in told["exceptions"]:
        first = today + timedelta(days=row["after"])
        first += timedelta(days=(row["weekday"] - first.weekday()) % 7)
        opens, closes = (time.fromisoformat(row[end]) if end in row else None for end in ("opens", "closes"))
        yield CalendarException(
            name=row["name"],
            branch=branches[row["branch"]],
            first_day=first,
            last_day=first + timedelta(days=row["days"] - 1),
            is_open=opens is not None,
            opens=opens,
            closes=closes,
        )


# -- rules and readers --------------------------------------------------------------------------------------------


def _make_rules(rows: Iterable[Row], known: Mapping[str, Mapping[str, Any]]) -> None:
    """Rows beside the one that the library is shipped with. Several tiers in one line are as many rows."""
    for row in rows:
        for tier in row.get(TIERS, "").split() or [None]:
            scope = {name: known[name][row[name]] for name in (BRANCHES, ITEM_TYPES) if name in row}
            if tier:
                scope[TIERS] = known[TIERS][tier]
            values = {name: value for name, value in row.items() if name not in known}
            LoanRule.objects.create(**scope, **values)


def _make_readers(
    rows: Iterable[Row], tiers: Mapping[str, Tier], password: str, today: date, at: datetime
) -> dict[str, Patron]:
    for row in rows:
        user = create_user(
            email=f"{row['username']}@example.org",
            username=row["username"],
            password=None,
            full_name=row["name"],
            card_number=row["card"],
        )
        User.objects.filter(pk=user.pk).update(password=password)  # hashing takes a fifth of a second each
        Patron.objects.filter(pk=user.pk).update(tier=tiers[row["tier"]], **_card(row, today))
        for block in _blocks(row, today):
            blocks.place(patron=user.patron, block=block, owner="accounts", by=None, at=at)
    return {patron.user.username: patron for patron in Patron.objects.select_related("user")}


def _card(row: Row, today: date) -> dict[str, Any]:
    """What the desk knows of a reader's card; in the file, days before or after today."""
    told: dict[str, Any] = {}
    if "expired" in row:
        told["expires_on"] = today - timedelta(days=row["expired"])
    if "age" in row:
        told["birth_date"] = date(today.year - row["age"], 1, 1)
    return told


def _blocks(row: Row, today: date) -> Iterator[blocks.NewBlock]:
    """What stands against a reader; in the file, the days that it has still to last."""
    if "restricted" in row:
        until = today + timedelta(days=row["restricted"])
        yield blocks.NewBlock(block_kinds.RESTRICTED, until=until, note=row["note"])
    if row.get("card_lost"):
        yield blocks.NewBlock(block_kinds.CARD_LOST)


# -- what was lent ------------------------------------------------------------------------------------------------


def _make_history(rows: Iterable[Row], patrons: Mapping[str, Patron], by: User, at: datetime) -> None:
    """Loans that ended, one behind the other, written together: nothing else follows from them than what is counted."""
    copies = {
        copy.barcode: copy for copy in Copy.objects.filter(barcode__in=[b for row in rows for b in row["copies"]])
    }
    past = []
    for shift, row in enumerate(rows):
        for place, barcode in enumerate(row["copies"]):
            copy, lent = copies[barcode], at - timedelta(days=70 + 17 * place + shift)
            returned = lent + KEPT_FOR
            past.append(
                Loan(
                    copy=copy,
                    branch_id=copy.branch_id,
                    patron=patrons[row["reader"]],
                    checked_out_at=lent,
                    checked_out_by=by,
                    due_at=lent + timedelta(days=14),
                    returned_at=returned,
                    checked_in_at=returned,
                    returned_by=by,
                )
            )
    Loan.objects.bulk_create(past)
    for book, times in Counter(loan.copy.book_id for loan in past).items():
        Book.objects.filter(pk=book).update(popularity=F("popularity") + times)


class _Lending:
    """What the desk did in the last weeks, by the same services as at the desk."""

    def __init__(self, patrons: Mapping[str, Patron], by: User, at: datetime) -> None:
        self.patrons, self.by, self.now = patrons, by, at

    def lend(self, row: Row) -> None:
        with _as_the_calendar_allows():
            loan = services.check_out(
                copy=row["copy"], patron=self.patrons[row["reader"]], by=self.by, at=self.days_ago(row["ago"])
            )
            for ago in row.get("renewed", ()):
                services.renew(loan=loan, by=self.by, at=self.days_ago(ago))
            if "claimed" in row:
                services.claim_returned(loan=loan, by=self.by, at=self.days_ago(row["claimed"]))
            if "lost" in row:
                services.declare_lost(loan=loan, by=self.by, at=self.days_ago(row["lost"]))

    def ask(self, row: Row) -> None:
        patron, at = self.patrons[row["reader"]], self.days_ago(row["ago"])
        copy = Copy.objects.select_related("book", "branch").get(barcode=row["copy"])
        branch = Branch.objects.get(code=row["pickup"]) if "pickup" in row else copy.branch
        with _as_the_calendar_allows():
            hold = services.place_hold(book=copy.book, patron=patron, branch=branch, by=patron.user, at=at)
            if row.get("ready"):
                services.confirm_hold(hold=hold, by=self.by, copy=copy, at=at + timedelta(hours=3))
            if "refused" in row:
                services.refuse_hold(hold=hold, by=self.by, reason=row["refused"], at=at + timedelta(hours=3))

    def charge(self, row: Row) -> None:
        patron, at = self.patrons[row["reader"]], self.days_ago(row["ago"])
        payments.charge(patron=patron, amount=Decimal(row["amount"]), text=row["text"], by=self.by, at=at)
        paid, cash = Decimal(row["paid"]), PaymentKind.objects.get(code="cash")
        payments.pay(patron=patron, amount=paid, kind=cash, by=self.by, at=at + timedelta(minutes=5))

    def days_ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


@contextmanager
def _as_the_calendar_allows() -> Iterator[None]:
    """On a day just before the holidays a loan here or there may be refused: then the collection has one less."""
    try:
        with transaction.atomic():
            yield
    except LibraryError:
        pass
