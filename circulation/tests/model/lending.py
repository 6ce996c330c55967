"""What lending does to that library, verb by verb."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from circulation.tests.model import world
from circulation.tests.model.holding import BOUND, Hold, Refused
from circulation.tests.model.paying import Credit, Line, Paying
from circulation.tests.model.world import UNLIMITED, Copy, Patron, look_up

IMPOSSIBLE = {
    "copy_unknown",
    "patron_unknown",
    "patron_inactive",
    "card_lost",
    "copy_withdrawn",
    "already_lent_to_patron",
    "no_rule_defined",
    "ask_at_the_desk",
    "self_check_out_not_allowed",
    "loan_lost",
    "loan_claimed_returned",
    "due_date_would_not_move",
    "already_returned",
    "renewed_too_late",
}
ALERTS = {"copy_was_lost", "copy_was_missing", "copy_in_transit"}
SHELF = ("available", "in_repair", "damaged", "missing", "lost", "withdrawn")


@dataclass(eq=False)
class Loan:
    copy: str
    patron: str
    branch: str
    out: datetime
    due: datetime
    is_hourly: bool = False
    renewals: int = 0
    claimed_at: datetime | None = None
    lost_as: int = 0  # the how-manieth that was declared lost
    returned: datetime | None = None

    @property
    def claimed(self) -> bool:
        return self.claimed_at is not None

    @property
    def lost(self) -> bool:
        return self.lost_as > 0


@dataclass(frozen=True)
class Override:
    """What staff set aside."""

    codes: frozenset[str] = frozenset()
    comment: str = ""
    due: datetime | None = None
    is_permitted: bool = True

    def check(self, now: datetime) -> None:
        if not self.codes and self.due is None:
            return
        if not self.is_permitted:
            raise Refused("not_allowed")
        if not self.comment:
            raise Refused("comment_required")
        if self.due is not None and self.due <= now:
            raise Refused("due_date_not_in_future")

    def apply(self, codes: list[str], alerts: set[str]) -> None:
        """Refuse with all reasons where one stands that is not set aside."""
        if any(code in IMPOSSIBLE or (code not in alerts and code not in self.codes) for code in codes):
            raise Refused(*codes)


NOTHING = Override()


@dataclass(frozen=True)
class Settings:
    """What the library decided for all of lending. ``popular``: from so many in the queue on, for so many days."""

    overdue: str = "block"
    one_copy: bool = True
    popular: tuple[int, int] | None = None


class Lending(Paying):
    def __init__(self) -> None:
        self.lines: dict[str, list[Hold]] = {}
        self.copies: dict[str, Copy] = {copy.barcode: copy for copy in world.copies()}
        self.patrons: dict[str, Patron] = {patron.name: patron for patron in world.patrons()}
        self.loans: list[Loan] = []
        self.holds: list[Hold] = []
        self.placed = 0
        self.popularity = {copy.book: 0 for copy in self.copies.values()}
        self.minimum_ages = dict(world.MINIMUM_AGES)
        self.went_into: dict[str, str] = {}  # a record that is gone, and which one took it in
        self.settings = Settings()
        self.charges: list[Line] = []
        self.credits: list[Credit] = []
        self.in_till: list[tuple[str, Decimal]] = []
        self.closed: list[dict[str, Decimal]] = []

    # -- what is so ---------------------------------------------------------------------------------------------------

    def open_loan(self, barcode: str) -> Loan | None:
        return next((loan for loan in self.loans if loan.copy == barcode and loan.returned is None), None)

    def loans_of(self, patron: str) -> list[Loan]:
        return [loan for loan in self.loans if loan.patron == patron and loan.returned is None]

    def counting(self, patron: str) -> list[Loan]:
        return [loan for loan in self.loans_of(patron) if not (loan.claimed or loan.lost)]

    def bound(self, barcode: str) -> Hold | None:
        return next((hold for hold in self.holds if hold.copy == barcode and hold.state in BOUND), None)

    def value(self, parameter: str, copy: Copy, patron: Patron) -> Any:
        return look_up(parameter, copy.home, patron.tier, copy.kind)[0]

    def is_popular(self, book: str, *, but: str) -> bool:
        waiting = sum(hold.patron != but for hold in self.queue(book))
        return self.settings.popular is not None and waiting >= self.settings.popular[0]

    # -- due dates ----------------------------------------------------------------------------------------------------

    @property
    def alerts(self) -> set[str]:
        return ALERTS | ({"has_overdue_loans"} if self.settings.overdue == "confirm" else set())

    def due(self, copy: Copy, patron: Patron, branch: str, start: datetime, *, is_new: bool = False) -> datetime:
        period = self.value("loan_period", copy, patron)
        if self.value("loan_unit", copy, patron) == "hours":
            due = _extended(branch, start + timedelta(hours=period))
        else:
            due = _end(world.next_open(branch, start.date() + timedelta(days=period)))
            if self.is_popular(copy.book, but=patron.name):
                assert self.settings.popular is not None
                short = start.date() + timedelta(days=min(period, self.settings.popular[1]))
                due = min(due, _end(world.next_open(branch, short)))
        last = patron.expires
        if last is not None and last < due.date() and (_end(last) > start or (_end(last) == start and not is_new)):
            due = self._capped(copy, patron, branch, start, last)
        return due

    def _capped(self, copy: Copy, patron: Patron, branch: str, start: datetime, last: date) -> datetime:
        day = last
        while world.hours(branch, day) is None:
            day -= timedelta(days=1)
        if _end(day) <= start:
            day = last
        opening = world.hours(branch, day)
        if self.value("loan_unit", copy, patron) == "hours" and opening is not None:
            closing = datetime.combine(day, opening[1], tzinfo=world.Clock.zone)
            if start < closing:
                return closing
        return _end(day)

    # -- reasons ------------------------------------------------------------------------------------------------------

    def about_patron(self, patron: Patron, now: datetime) -> Iterable[str]:
        trouble, today = patron.trouble, now.date()
        if trouble.get("closed"):
            yield "patron_inactive"
        blocks = list(self.about_blocks(patron, now))
        yield from (code for code in blocks if code == "card_lost")
        if patron.expires is not None and today > patron.expires:
            yield "card_expired"
        yield from (code for code in blocks if code != "card_lost")

    def about_blocks(self, patron: Patron, now: datetime) -> Iterable[str]:
        trouble, today = patron.trouble, now.date()
        if trouble.get("card_lost"):
            yield "card_lost"
        if "until" in trouble and (trouble["until"] is None or today <= trouble["until"]):
            yield "patron_restricted" if trouble["until"] is None else "patron_restricted_until"
        if trouble.get("unconfirmed"):
            yield "address_unconfirmed"
        if "debt" in trouble and today <= trouble["debt"]:
            yield "debt"

    def about_copy(self, copy: Copy, patron: Patron) -> Iterable[str]:
        if copy.status == "withdrawn":
            yield "copy_withdrawn"
        if not copy.for_loan:
            yield "copy_not_for_loan"
        named = {
            "in_repair": "copy_in_repair",
            "damaged": "copy_damaged",
            "lost": "copy_was_lost",
            "missing": "copy_was_missing",
        }
        if copy.status in named:
            yield named[copy.status]
        loan, hold = self.open_loan(copy.barcode), self.bound(copy.barcode)
        if loan is not None:
            yield "already_lent_to_patron" if loan.patron == patron.name else "already_lent_to_another"
        if hold is not None and hold.patron != patron.name:
            yield "copy_requested_by_another" if hold.state == "requested" else "copy_held_for_another"
        if hold is None and copy.status == "in_transit":
            yield "copy_in_transit"

    def about_limits(self, copy: Copy, patron: Patron) -> Iterable[str]:
        limit, (where, _who, what) = look_up("max_loans", copy.home, patron.tier, copy.kind)
        counted = 0
        for loan in self.counting(patron.name):
            other = self.copies[loan.copy]
            own_type = look_up("max_loans", other.home, patron.tier, other.kind)[1][2]
            fits = where in {None, other.home} and (other.kind == what if what else own_type is None)
            counted += fits
        if limit != UNLIMITED and counted >= limit:
            yield "loan_limit_reached"
        total = world.TOTALS[patron.tier][0]
        if total is not None and len(self.counting(patron.name)) >= total:
            yield "total_loan_limit_reached"

    def has_overdue(self, patron: str, now: datetime, *, but: Loan | None = None) -> bool:
        if self.settings.overdue == "ignore":
            return False
        return any(loan.due < now for loan in self.counting(patron) if loan is not but)

    def against_check_out(self, copy: Copy, patron: Patron, now: datetime, *, by_self: bool) -> list[str]:
        codes = [
            *self.about_patron(patron, now),
            *self.about_copy(copy, patron),
            *self.about_limits(copy, patron),
            *self.about_debt(patron),
            *(["has_overdue_loans"] if self.has_overdue(patron.name, now) else []),
        ]
        age = self.minimum_ages.get(copy.book)
        if age is not None and patron.born is not None and _years(patron.born, now.date()) < age:
            codes.append("too_young")
        if self.settings.one_copy and any(
            self.copies[loan.copy].book == copy.book and loan.copy != copy.barcode
            for loan in self.counting(patron.name)
        ):
            codes.append("same_book_already_lent")
        if not by_self:
            return codes
        told = list(dict.fromkeys("ask_at_the_desk" if code in self.alerts else code for code in codes))
        return [*told, *([] if self.value("self_check_out", copy, patron) else ["self_check_out_not_allowed"])]

    # -- check-out ----------------------------------------------------------------------------------------------------

    def check_out(
        self,
        barcode: str,
        name: str,
        now: datetime,
        *,
        branch: str,
        by_self: bool = False,
        override: Override = NOTHING,
    ) -> Loan:
        override.check(now)
        copy, patron = self.copies[barcode], self.patrons[name]
        override.apply(self.against_check_out(copy, patron, now, by_self=by_self), self.alerts)
        due = override.due or self.due(copy, patron, branch, now, is_new=True)  # as decided: before anybody makes way
        other, kept = self.open_loan(barcode), self.bound(barcode)
        if other is not None:
            self.let_stand(other, max(now, other.out), now)
            other.returned = max(now, other.out)
        if copy.status == "lost":
            self.turned_up(copy)
        if kept is not None and kept.patron != name:
            self.bind_to_another(kept, barcode, now)
        self.fulfil(name, copy, now)
        copy.status = "on_loan"
        self.popularity[copy.book] += 1
        loan = Loan(barcode, name, branch, now, due)
        loan.is_hourly = self.value("loan_unit", copy, patron) == "hours"
        self.loans.append(loan)
        return loan

    # -- check-in -----------------------------------------------------------------------------------------------------

    def check_in(
        self, barcode: str, now: datetime, *, branch: str | None, returned: datetime | None, damaged: bool
    ) -> str:
        """The action."""
        copy, loan = self.copies[barcode], self.open_loan(barcode)
        if loan is None and copy.status == "withdrawn":
            raise Refused("not_on_loan")
        if returned is not None and returned > now:
            raise Refused("return_in_future")
        if returned is not None and loan is not None and returned < loan.out:
            raise Refused("return_before_check_out")
        if loan is not None:
            self.let_stand(loan, max(returned or now, loan.out), now)
            loan.returned = max(returned or now, loan.out)
        if copy.status == "lost":
            self.turned_up(copy)
        hold = self.bound(barcode)
        if damaged or copy.status in {"in_repair", "damaged", "withdrawn"}:
            copy.status = "damaged" if damaged else copy.status
            if hold is not None:
                self.bind_to_another(hold, barcode, now)
            return "repair"
        hold = hold or self.first(copy, now)
        if branch is None:
            branch = hold.pickup if hold is not None and hold.state in {"in_transit", "ready"} else copy.home
        if hold is not None:
            return "hold_shelf" if self.hand_to(hold, copy, branch, now) else "transit"
        copy.status = "available" if branch == copy.home else "in_transit"
        return "shelve" if branch == copy.home else "transit"

    # -- renewal ------------------------------------------------------------------------------------------------------

    def against_renewal(
        self, loan: Loan, now: datetime, *, automatic: bool, by_hand: datetime | None = None
    ) -> tuple[list[str], datetime]:
        copy, patron = self.copies[loan.copy], self.patrons[loan.patron]
        allowed = self.value("renewals_allowed", copy, patron)
        codes = [code for code, holds in (("loan_lost", loan.lost), ("loan_claimed_returned", loan.claimed)) if holds]
        if allowed != UNLIMITED and loan.renewals >= allowed:
            codes.append("renewal_limit_reached")
        codes += self.about_patron(patron, now)
        if self.has_overdue(loan.patron, now, but=loan):
            codes.append("has_overdue_loans")
        if automatic:
            end = self.value("no_auto_renewal_after", copy, patron)
            if not self.value("auto_renew", copy, patron):
                codes.append("auto_renewal_not_set")
            if end is not None and now.date() >= loan.out.date() + timedelta(days=end):
                codes.append("too_late_to_renew")
            codes += self.about_debt(patron)
            if not patron.wants_auto:
                codes.append("auto_renewal_declined")
        others = (hold for hold in self.queue(copy.book) if hold.patron != loan.patron)
        if any(self.fits(copy, hold) for hold in others):
            codes.append("others_wait_for_book")
        early = self.value("no_renewal_before", copy, patron)
        early = 0 if early is None and automatic else early
        if early is not None and now.date() < loan.due.date() - timedelta(days=early):
            codes.append("too_soon_to_renew")
        is_today = self.value("renew_from", copy, patron) == "today" or loan.due < now
        due = by_hand or self.due(copy, patron, loan.branch, now if is_today else loan.due)
        if due <= loan.due:
            codes.append("due_date_would_not_move")
        return codes, due

    def renew(self, loan: Loan, now: datetime, *, override: Override = NOTHING, automatic: bool = False) -> None:
        override.check(now)
        if loan.returned is not None:
            raise Refused("already_returned")
        as_of = min(now, loan.due) if automatic else now
        codes, due = self.against_renewal(loan, as_of, automatic=automatic, by_hand=override.due)
        if automatic and "due_date_would_not_move" not in codes and due <= now:
            codes.append("renewed_too_late")
        override.apply(codes, self.alerts)
        self.let_stand(loan, as_of, now)
        loan.due, loan.renewals = due, loan.renewals + 1

    def renew_all(self, name: str, now: datetime) -> tuple[list[Loan], list[tuple[Loan, list[str]]]]:
        renewed, refused = [], []
        for loan in sorted(self.loans_of(name), key=lambda loan: loan.due):
            try:
                self.renew(loan, now)
                renewed.append(loan)
            except Refused as why:
                refused.append((loan, why.codes))
        return renewed, refused

    def renew_automatically(self, now: datetime) -> int:
        """What is due today, or was within a week, and is let go on as of its due date."""
        count = 0
        for loan in sorted(self.loans, key=lambda loan: loan.due):
            copy, patron = self.copies[loan.copy], self.patrons[loan.patron]
            is_due = loan.due <= now if loan.is_hourly else loan.due.date() <= now.date()
            if loan.returned or loan.claimed or loan.lost or not is_due or loan.due < now - timedelta(days=7):
                continue
            if patron.wants_auto and self.value("auto_renew", copy, patron):
                try:
                    self.renew(loan, now, automatic=True)
                    count += 1
                except Refused:
                    pass
        return count

    # -- claims -------------------------------------------------------------------------------------------------------

    def claim(self, loan: Loan, now: datetime, *, withdraw: bool = False) -> None:
        if loan.returned is not None:
            raise Refused("already_returned")
        loan.claimed_at = None if withdraw else loan.claimed_at or max(now, loan.out)

    def declare_lost(self, loan: Loan, now: datetime) -> None:
        if loan.returned is not None:
            raise Refused("already_returned")
        copy = self.copies[loan.copy]
        if not loan.lost:
            self.let_stand(loan, max(now, loan.out), now)
            loan.lost_as = 1 + max(one.lost_as for one in self.loans)
            copy.status = "lost" if copy.status == "on_loan" else copy.status
            self.charge_lost(loan, now)

    # -- the catalogue ------------------------------------------------------------------------------------------------

    def now_called(self, book: str) -> str:
        return self.now_called(self.went_into[book]) if book in self.went_into else book

    def books(self) -> list[str]:
        return [book for book in self.popularity if book not in self.went_into]

    def set_status(self, barcode: str, status: str, now: datetime) -> None:
        copy = self.copies[barcode]
        if copy.status not in SHELF:
            if copy.status != status:
                raise Refused("copy_in_circulation")
            return
        if copy.status == "withdrawn" and status in {"missing", "lost"}:
            raise Refused("copy_move_impossible")
        if self.open_loan(barcode) is not None and status != copy.status:
            raise Refused("copy_still_lent")
        copy.status = status
        self.serve(copy.book, now)

    def set_for_loan(self, barcode: str, now: datetime, *, for_loan: bool) -> None:
        self.copies[barcode].for_loan = for_loan
        if self.is_free(self.copies[barcode]):
            self.serve(self.copies[barcode].book, now)

    def move(self, barcode: str, book: str, now: datetime) -> None:
        copy = self.copies[barcode]
        if copy.status not in SHELF:
            raise Refused("copy_in_circulation")
        copy.book = self.now_called(book)
        if self.is_free(copy):
            self.serve(copy.book, now)

    def merge(self, keep: str, merged: str, now: datetime) -> None:
        """Two records become one, and so do their queues."""
        self.unite_queues(keep, merged, now)
        for copy in self.copies.values():
            copy.book = keep if copy.book == merged else copy.book
        self.popularity[keep] += self.popularity[merged]
        if merged in self.minimum_ages:
            self.minimum_ages.setdefault(keep, self.minimum_ages[merged])
        self.went_into[merged] = keep
        self.serve(keep, now)


def _end(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=world.Clock.zone)


def _extended(branch: str, at: datetime) -> datetime:
    """The moment itself where the branch is open then, else when it opens next."""
    day, opening = at.date(), world.hours(branch, at.date())
    if opening is not None and opening[0] <= at.time() <= opening[1]:
        return at
    if opening is None or at.time() > opening[1]:
        day = world.next_open(branch, day + timedelta(days=1))
    opening = world.hours(branch, day)
    assert opening is not None
    return datetime.combine(day, opening[0], tzinfo=world.Clock.zone)


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
