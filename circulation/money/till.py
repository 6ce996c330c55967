"""The end of the day at the till: what no closing has taken in yet is expected to be there. Closed once, lost never.

A payment that is under way while the till is closed is not seen by it, and belongs to the next closing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from circulation import errors
from circulation.models import Credit, CreditKind, PaymentKind, Refund, TillClosing, TillCount, TillEntry
from circulation.rules.amounts import NOTHING
from library.activity import services as activity
from library.core.database.transactions import take_turns

Place = tuple[int, UUID | None]  # a kind of payment, and who entered it


@dataclass(frozen=True)
class TillRow:
    """What should be there of one kind that one person took in and paid out. ``person`` None: it came online."""

    kind: PaymentKind
    person: User | None
    paid: Decimal
    refunded: Decimal

    @property
    def expected(self) -> Decimal:
        return self.paid - self.refunded

    @property
    def place(self) -> Place:
        return self.kind.pk, self.person.pk if self.person else None

    @property
    def name(self) -> str:
        """Of its field on the page."""
        kind, person = self.place
        return f"counted-{kind}-{person or 'nobody'}"


def expected() -> list[TillRow]:
    """What no closing has taken in yet, by kind and person; four queries."""
    return _rows(_open_payments(), _open_refunds())


def seen(rows: list[TillRow]) -> str:
    """What the page showed, as a short text: another one whenever a payment came in since."""
    said = sorted([str(row.place), str(row.paid.normalize()), str(row.refunded.normalize())] for row in rows)
    return sha256(repr(said).encode()).hexdigest()[:32]


@transaction.atomic
def close(
    *, counted: Mapping[Place, Decimal], shown: str, by: User, note: str = "", at: datetime | None = None
) -> TillClosing:
    """Close the till. ``counted``: by kind and person; what is not counted, as online payments, is what is expected.

    ``shown``: the ``seen`` of what they looked at. Errors: ``TillChangedMeanwhile`` where that is another by now, also
    because somebody else has just closed it; ``NothingInTill``.
    """
    take_turns("circulation.till")
    at, rows = at or timezone.now(), expected()
    if seen(rows) != shown:
        raise errors.TillChangedMeanwhile
    if not rows:
        raise errors.NothingInTill
    closing = TillClosing.objects.create(closed_at=at, closed_by=by, note=note.strip())
    TillCount.objects.bulk_create(
        TillCount(
            closing=closing,
            payment_kind=row.kind,
            person=row.person,
            expected=row.expected,
            counted=counted.get(row.place, row.expected) if row.kind.is_counted else row.expected,
        )
        for row in rows
    )
    TillEntry.objects.bulk_create(TillEntry(closing=closing, credit_id=pk) for pk in _ids(_open_payments()))
    TillEntry.objects.bulk_create(TillEntry(closing=closing, refund_id=pk) for pk in _ids(_open_refunds()))
    if seen(rows) != seen(_taken_in(closing)):  # a payment was committed between two of our statements
        raise errors.TillChangedMeanwhile
    activity.record(actor=by, verb="till.closed", object=closing, data={"rows": len(rows)}, at=at)
    return closing


def _taken_in(closing: TillClosing) -> list[TillRow]:
    entries = {"till_entry__closing": closing}
    return _rows(Credit.objects.filter(**entries), Refund.objects.filter(**entries))


def _rows(payments: QuerySet[Credit], refunds: QuerySet[Refund]) -> list[TillRow]:
    paid, refunded = _sums(payments), _sums(refunds)
    places = list(paid | refunded)
    kinds = PaymentKind.objects.in_bulk([kind for kind, _person in places])
    people = User.objects.in_bulk([person for _kind, person in places if person is not None])
    rows = [
        TillRow(
            kinds[kind],
            people[person] if person is not None else None,
            paid.get((kind, person), NOTHING),
            refunded.get((kind, person), NOTHING),
        )
        for kind, person in places
    ]
    return sorted(rows, key=lambda row: (row.kind.name, str(row.person or "")))


def _open_payments() -> QuerySet[Credit]:
    return Credit.objects.filter(kind=CreditKind.PAYMENT, till_entry=None)


def _open_refunds() -> QuerySet[Refund]:
    return Refund.objects.filter(till_entry=None)


def _ids(rows: QuerySet[Credit] | QuerySet[Refund]) -> list[UUID]:
    return list(rows.values_list("pk", flat=True))


def _sums(rows: QuerySet[Credit] | QuerySet[Refund]) -> dict[Place, Decimal]:
    found = rows.order_by().values_list("payment_kind", "by").annotate(total=Sum("amount"))
    return {(kind, who): total for kind, who, total in found}


def closings() -> QuerySet[TillClosing]:
    """Past closings with their sums, the newest first."""
    rows = TillClosing.objects.select_related("closed_by").annotate(
        expected=Sum("counts__expected"), counted=Sum("counts__counted"), difference=F("counted") - F("expected")
    )
    return rows.order_by("-closed_at", "-id")
