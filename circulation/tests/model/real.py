"""The same small library in the database, and a picture of all its tables that one query takes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import Patron, Tier, User
from accounts.services import blocks
from accounts.services.blocks import NewBlock
from accounts.tests.factories import make_librarian, make_patron
from catalog.models import Book, Branch, Copy, ItemType
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.models import CalendarException, LendingSettings, LoanRule, OpeningHours, PaymentKind
from circulation.tests.model import world
from library.core import days

# Everything that a verb of lending may write, as it stands.
PICTURE = """
SELECT json_build_object(
  'copies', (SELECT json_object_agg(barcode, status) FROM catalog_copy),
  'books', (SELECT json_object_agg(title, json_build_array(total_copies, available_copies, popularity, is_available))
            FROM catalog_book JOIN (SELECT book_id, is_available FROM catalog_bookfacts) AS facts ON book_id = id),
  'loans', (SELECT json_object_agg(id, to_jsonb(loan)) FROM circulation_loan AS loan),
  'holds', (SELECT json_object_agg(id, to_jsonb(hold)) FROM circulation_hold AS hold),
  'renewals', (SELECT json_object_agg(id, to_jsonb(renewal)) FROM circulation_loanrenewal AS renewal),
  'overrides', (SELECT json_object_agg(id, json_build_array(loan_id, verb, comment)) FROM circulation_override),
  'owed', (SELECT json_object_agg(user_id, circulation_owed(user_id)::text) FROM accounts_patron),
  'charges', (SELECT json_agg(json_build_array(id, patron_id, kind, amount::text, settled::text, is_running, loan_id,
      (SELECT coalesce(sum(amount), 0)::text FROM circulation_allocation WHERE charge_id = line.id)) ORDER BY at, id)
    FROM circulation_charge AS line),
  'credits', (SELECT json_agg(json_build_array(id, patron_id, kind, amount::text, used::text, refunded::text,
      (SELECT coalesce(sum(amount), 0)::text FROM circulation_allocation WHERE credit_id = credit.id),
      (SELECT coalesce(sum(amount), 0)::text FROM circulation_refund WHERE credit_id = credit.id)) ORDER BY at, id)
    FROM circulation_credit AS credit),
  'till', (SELECT json_agg(json_build_array(kind.code, expected::text, counted::text) ORDER BY closed_at, closing.id)
    FROM circulation_tillcount AS row JOIN circulation_tillclosing AS closing ON closing.id = row.closing_id
    JOIN circulation_paymentkind AS kind ON kind.id = row.payment_kind_id),
  'record', (SELECT json_build_array(count(*), max(id::text)) FROM activity_activity)
)
"""


class Library:
    """Rows of the world's literals, by the names that the model uses."""

    def __init__(self) -> None:
        self.branches: dict[str, Branch] = {
            name: make_branch(code=f"model-{name}", name=name) for name in world.BRANCHES
        }
        for name, branch in self.branches.items():
            for weekday, (opens, closes) in world.WEEK[name].items():
                OpeningHours.objects.create(branch=branch, weekday=weekday, opens=opens, closes=closes)
        for where, first, last in world.CLOSED:
            self._exception(where, name="closed", first_day=first, last_day=last)
        for where, day, opens, closes in world.OPEN:
            self._exception(where, name="open", first_day=day, last_day=day, is_open=True, opens=opens, closes=closes)
        kinds = {code: ItemType.objects.create(code=code, name=code) for code in (world.DVD, world.ROOM)}
        tiers = {
            code: Tier.objects.update_or_create(
                code=code,
                defaults={"name": code, "max_loans": loans, "max_holds": holds, "debt_limit": world.DEBTS[code]},
            )[0]
            for code, (loans, holds) in world.TOTALS.items()
        }
        LoanRule.objects.all().delete()
        for (where, who, what), values in world.MATRIX.items():
            LoanRule.objects.create(
                branch=self.branches[where] if where else None,
                tier=tiers[who] if who else None,
                item_type=kinds[what] if what else None,
                **values,
            )
        sums = {"max_total_fines": world.MOST_FINES, "lost_processing_fee": world.PROCESSING}
        LendingSettings.objects.update_or_create(pk=1, defaults=sums)
        self.kinds = {
            code: PaymentKind.objects.get_or_create(code=code, defaults={"name": code})[0] for code in world.PAID_BY
        }
        self.books: dict[str, Book] = {}
        self.copies: dict[str, Copy] = {}
        for copy in world.copies():
            age = world.MINIMUM_AGES.get(copy.book)
            book = self.books.get(copy.book) or make_book(title=copy.book, minimum_age=age)
            self.books[copy.book] = book
            self.copies[copy.barcode] = make_copy(
                book=book,
                branch=self.branches[copy.home],
                barcode=copy.barcode,
                not_for_loan=not copy.for_loan,
                item_type=kinds[copy.kind] if copy.kind else None,
                price=copy.price,
            )
        self.patrons: dict[str, Patron] = {}
        for patron in world.patrons():
            row = make_patron(full_name=patron.name)
            row.tier, row.expires_on, row.birth_date = tiers[patron.tier], patron.expires, patron.born
            row.wants_auto_renewal = patron.wants_auto
            row.save()
            self.patrons[patron.name] = row
        self.librarian = make_librarian()
        self.names = {branch.pk: name for name, branch in self.branches.items()}

    def _exception(self, where: str | None, **values: Any) -> None:
        CalendarException.objects.create(branch=self.branches[where] if where else None, **values)

    def write_on_card(self, name: str, wanted: list[NewBlock], *, at: datetime) -> None:
        """What stands against a patron from now on; what is over by then is refused, and stands against nobody."""
        standing = [block for block in wanted if block.until is None or block.until >= days.today(at)]
        blocks.replace_all_of("accounts", patron=self.patrons[name], blocks=standing, at=at)

    def close_account(self, name: str, *, is_active: bool) -> None:
        User.objects.filter(pk=self.patrons[name].pk).update(is_active=is_active)


def picture() -> dict[str, Any]:
    """All tables of lending, as plain values."""
    with connection.cursor() as cursor:
        cursor.execute(PICTURE)
        (taken,) = cursor.fetchone()
    told = json.loads(taken) if isinstance(taken, str) else taken
    return {name: rows or {} for name, rows in told.items()}


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
