"""What holds come to in that library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from circulation.tests.model import world
from circulation.tests.model.world import UNLIMITED, Copy, Patron, look_up

BOUND = ("requested", "in_transit", "ready")
WAITING = ("queued", "suspended")
OPEN = (*BOUND, *WAITING)
FURTHEST_FIRST = ["ready", "in_transit", "requested", "queued", "suspended"]
GONE = {"lost", "missing", "withdrawn"}
DEFAULTS = {"holds_per_book": 1, "hold_pickup_days": 7, "on_shelf_holds": "always", "copy_level_holds": "allow"}


class Refused(Exception):
    """With the codes of all reasons, in order."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = list(codes)


@dataclass(eq=False)
class Hold:
    patron: str
    book: str
    pickup: str
    copy: str | None
    state: str
    placed: int  # the how-manieth
    on: date
    only: bool = False
    wanted: date | None = None
    sleeps: date | None = None
    wakes: date | None = None
    shelf: date | None = None
    unwanted: bool = False

    def is_asleep(self, today: date) -> bool:
        return self.sleeps is not None and self.sleeps <= today and (self.wakes is None or today < self.wakes)


class Holding:
    """The part of ``Lending`` that is about holds; the names below it has."""

    copies: dict[str, Copy]
    patrons: dict[str, Patron]
    holds: list[Hold]
    lines: dict[str, list[Hold]]  # who waits for a book, in the order of their places
    loans: list[Any]
    placed: int
    minimum_ages: dict[str, int]

    def about_patron(self, patron: Patron, now: datetime) -> Iterable[str]:
        raise NotImplementedError

    def about_debt(self, patron: Patron) -> Iterable[str]:
        raise NotImplementedError

    def now_called(self, book: str) -> str:
        raise NotImplementedError

    def loans_of(self, patron: str) -> list[Any]:
        raise NotImplementedError

    # -- what is so ---------------------------------------------------------------------------------------------------

    def line(self, book: str) -> list[Hold]:
        return self.lines.setdefault(book, [])

    def queue(self, book: str) -> list[Hold]:
        return [hold for hold in self.line(book) if hold.state == "queued"]

    def place_of(self, hold: Hold) -> int | None:
        return self.line(hold.book).index(hold) + 1 if hold.state in WAITING else None

    def is_free(self, copy: Copy) -> bool:
        return copy.status == "available" and copy.for_loan

    def rule(self, parameter: str, copy: Copy, patron: Patron) -> Any:
        found = look_up(parameter, copy.home, patron.tier, copy.kind)[0]
        return DEFAULTS.get(parameter) if found is None else found

    def fits(self, copy: Copy, hold: Hold) -> bool:
        patron = self.patrons[hold.patron]
        return (
            copy.for_loan
            and not (hold.only and hold.copy != copy.barcode)
            and self.rule("holds_allowed", copy, patron) != 0
        )

    def may_be_served(self, hold: Hold, now: datetime) -> bool:
        today = now.date()
        if hold.is_asleep(today) or (hold.wanted is not None and hold.wanted < today):
            return False
        patron = self.patrons[hold.patron]
        return not [*self.about_patron(patron, now), *self.about_debt(patron)]

    # -- whose turn ---------------------------------------------------------------------------------------------------

    def first(self, copy: Copy, now: datetime) -> Hold | None:
        line = self.line(copy.book)
        return next((hold for hold in line if self.fits(copy, hold) and self.may_be_served(hold, now)), None)

    def serve(self, book: str, now: datetime) -> None:
        """No copy stands free beside those whom it could serve."""
        for hold in list(self.line(book)):
            free = [copy for copy in self.copies.values() if copy.book == book and self.is_free(copy)]
            fitting = [copy for copy in free if self.fits(copy, hold)]
            if fitting and self.may_be_served(hold, now):
                copy = min(fitting, key=lambda copy: (copy.home != hold.pickup, copy.barcode))
                self.bind(hold, copy)

    def bind(self, hold: Hold, copy: Copy, state: str = "requested", *, shelf: date | None = None) -> None:
        if hold.state in WAITING:
            self.line(hold.book).remove(hold)
        hold.copy, hold.state, hold.shelf = copy.barcode, state, shelf
        hold.sleeps, hold.wakes, hold.unwanted = None, None, False
        copy.status = {"ready": "on_shelf_for_hold"}.get(state, state)

    def hand_to(self, hold: Hold, copy: Copy, here: str, now: datetime) -> bool:
        if hold.pickup != here:
            self.bind(hold, copy, "in_transit")
        elif (hold.state, hold.copy, copy.status) != ("ready", copy.barcode, "on_shelf_for_hold"):
            days, last = self.rule("hold_pickup_days", copy, self.patrons[hold.patron]), now.date()
            for _open_day in range(days):
                last = world.next_open(here, last + timedelta(days=1))
            self.bind(hold, copy, "ready", shelf=last)
        return hold.pickup == here

    def bind_to_another(self, hold: Hold, taken: str, now: datetime) -> None:
        """Another free copy, at the pickup branch first; else the hold waits at the head."""
        hold.copy, hold.state, hold.shelf, hold.unwanted = taken if hold.only else None, "queued", None, False
        self.line(hold.book).insert(0, hold)
        free = [copy for copy in self.copies.values() if copy.book == hold.book and self.is_free(copy)]
        fitting = [copy for copy in free if copy.barcode != taken and self.fits(copy, hold)]
        if fitting and self.may_be_served(hold, now):
            self.bind(hold, min(fitting, key=lambda copy: (copy.home != hold.pickup, copy.barcode)))

    def release(self, copy: Copy, stood_at: str | None, now: datetime) -> None:
        """For the next in line or for all; what is elsewhere goes on to the next in line, or home."""
        if copy.status not in {"requested", "on_shelf_for_hold", "in_transit"}:
            return
        is_away = copy.status == "in_transit" or stood_at not in {None, copy.home}
        hold = self.first(copy, now)
        if hold is not None:
            self.bind(hold, copy, "in_transit" if is_away else "requested")
        else:
            copy.status = "in_transit" if is_away else "available"

    def end(self, hold: Hold, state: str, now: datetime) -> None:
        if hold.state in WAITING:
            self.line(hold.book).remove(hold)
        freed = self.copies[hold.copy] if hold.copy is not None and hold.state in BOUND else None
        stood_at, hold.state = hold.pickup if hold.state == "ready" else None, state
        if freed is not None:
            self.release(freed, stood_at, now)

    def fulfil(self, name: str, copy: Copy, now: datetime) -> None:
        """By a loan of this copy: one hold of the patron, that of the copy before that of the title."""
        own = [hold for hold in self.holds if (hold.patron, hold.book) == (name, copy.book) and hold.state in OPEN]
        own = [hold for hold in own if not hold.only or hold.copy == copy.barcode]

        def order(hold: Hold) -> Any:
            is_this = hold.copy == copy.barcode
            furthest = FURTHEST_FIRST.index(hold.state)
            return (
                not (is_this and hold.state in BOUND),
                not (is_this and hold.only),
                furthest,
                self.place_of(hold) or 0,
            )

        if own:
            hold = min(own, key=order)
            if hold.state in WAITING:
                self.line(hold.book).remove(hold)
            freed = hold.copy if hold.state in BOUND else None
            stood_at = hold.pickup if hold.state == "ready" else None
            hold.copy, hold.state = copy.barcode, "fulfilled"
            if freed is not None and freed != copy.barcode:
                self.release(self.copies[freed], stood_at, now)

    # -- placing ------------------------------------------------------------------------------------------------------

    def place_hold(
        self,
        book: str,
        name: str,
        branch: str,
        now: datetime,
        *,
        copy: str | None = None,
        begins: date | None = None,
        wanted: date | None = None,
    ) -> Hold:
        book, patron, today = self.now_called(book), self.patrons[name], now.date()
        if copy is not None and self.copies[copy].book != book:
            raise Refused("copy_of_another_book")
        of_book = [one for one in self.copies.values() if one.book == book]
        able = [one for one in of_book if one.for_loan and one.status not in GONE]
        coming = [one for one in able if one.status != "damaged"] or able
        candidates = [self.copies[copy]] if copy is not None else coming
        dated = wanted is not None and wanted < (begins or today)
        judged = {
            one.barcode: self._against_placing(one, patron, book, now, only=copy is not None, is_dated=dated)
            for one in candidates
        }
        if not judged:
            against = [*self.about_patron(patron, now), *self.about_debt(patron)]
            codes = [*against, *(["wanted_until_past"] if dated else []), "no_copy_to_hold"]
            raise Refused(*codes, *self._about_reader(patron, book, now))
        if all(judged.values()):
            raise Refused(*min(judged.values(), key=len))
        self.placed += 1
        hold = Hold(name, book, branch, copy, "", self.placed, today, copy is not None, wanted)
        self.holds.append(hold)
        if begins is not None and begins > today:
            hold.state, hold.sleeps, hold.wakes = "suspended", today, begins
        else:
            free = [one for one in of_book if self.is_free(one) and judged.get(one.barcode) == []]
            if free:
                self.bind(hold, min(free, key=lambda one: (one.home != branch, one.barcode)))
                return hold
            hold.state = "queued"
        self.line(book).append(hold)
        return hold

    def _about_reader(self, patron: Patron, book: str, now: datetime) -> list[str]:
        """Of a book without copies."""
        codes = []
        if self._is_too_young(patron, book, now):
            codes.append("too_young")
        if any(self.copies[loan.copy].book == book for loan in self.loans_of(patron.name)):
            codes.append("book_already_lent_to_patron")
        most = world.TOTALS[patron.tier][1]
        if most is not None and len(self._open_of(patron.name)) >= most:
            codes.append("total_hold_limit_reached")
        return codes

    def _open_of(self, name: str) -> list[Hold]:
        return [hold for hold in self.holds if hold.patron == name and hold.state in OPEN]

    def _is_too_young(self, patron: Patron, book: str, now: datetime) -> bool:
        age, born = self.minimum_ages.get(book), patron.born
        if age is None or born is None:
            return False
        today = now.date()
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < age

    def _against_placing(
        self, copy: Copy, patron: Patron, book: str, now: datetime, *, only: bool, is_dated: bool
    ) -> list[str]:
        mine = self._open_of(patron.name)
        codes = [*self.about_patron(patron, now), *self.about_debt(patron)]
        codes += ["wanted_until_past"] if is_dated else []
        allowed, (where, _who, what) = look_up("holds_allowed", copy.home, patron.tier, copy.kind)
        if allowed == 0 and where is not None:
            codes.append("hold_branch_not_allowed")
        if copy.status == "withdrawn":
            codes.append("copy_withdrawn")
        elif not copy.for_loan:
            codes.append("copy_not_for_loan")
        elif copy.status == "damaged":
            codes.append("copy_damaged")
        elif copy.status in GONE:
            codes.append("no_copy_to_hold")
        if self._is_too_young(patron, book, now):
            codes.append("too_young")
        if only and copy.barcode in {hold.copy for hold in mine}:
            codes.append("copy_already_held")
        if any(self.copies[loan.copy].book == book for loan in self.loans_of(patron.name)):
            codes.append("book_already_lent_to_patron")
        per_book = self.rule("holds_per_book", copy, patron)
        if sum(hold.book == book for hold in mine) >= per_book:
            codes.append("book_already_held" if per_book == 1 else "holds_per_book_reached")
        per_day = self.rule("holds_per_day", copy, patron)
        if per_day is not None and self._placed_on(patron.name, now.date()) >= per_day:
            codes.append("holds_per_day_reached")
        if allowed not in {None, 0, UNLIMITED} and self._counted(mine, patron, where, what) >= allowed:
            codes.append("hold_limit_reached")
        most = world.TOTALS[patron.tier][1]
        if most is not None and len(mine) >= most:
            codes.append("total_hold_limit_reached")
        if allowed == 0 and where is None:
            codes.append("hold_not_allowed")
        standing = [one for one in self.copies.values() if one.book == book and self.is_free(one)]
        if standing and self.rule("on_shelf_holds", copy, patron) == "all_unavailable":
            codes.append("on_shelf_hold_not_allowed")
        if only and self.rule("copy_level_holds", copy, patron) == "no":
            codes.append("copy_level_hold_not_allowed")
        return codes

    def _placed_on(self, name: str, day: date) -> int:
        return sum((hold.patron, hold.on) == (name, day) for hold in self.holds)

    def _counted(self, mine: list[Hold], patron: Patron, where: str | None, what: str | None) -> int:
        count = 0
        for hold in mine:
            able = [one for one in self.copies.values() if one.book == hold.book and one.for_loan]
            able = [self.copies[hold.copy]] if hold.copy else [one for one in able if one.status not in GONE]
            home, kind = (able[0].home, able[0].kind) if able else (None, None)
            own = look_up("holds_allowed", home or "", patron.tier, kind)[1][2]
            count += where in {None, home} and (kind == what if what else own is None)
        return count

    # -- until it is fetched ------------------------------------------------------------------------------------------

    def confirm(self, hold: Hold, fetched: str | None, now: datetime) -> None:
        if hold.state != "requested":
            raise Refused("hold_not_requested")
        bound = self.copies[hold.copy or ""]
        taken = bound
        if fetched is not None and fetched != hold.copy:
            taken = self.copies[fetched]
            if taken.book != hold.book:
                raise Refused("copy_of_another_book")
            if hold.only:
                raise Refused("hold_for_another_copy")
            if not self.is_free(taken):
                raise Refused("copy_not_free")
        self.hand_to(hold, taken, taken.home, now)
        if taken is not bound:
            self.release(bound, None, now)

    def refuse(self, hold: Hold, status: str, now: datetime) -> None:
        if hold.state != "requested":
            raise Refused("hold_not_requested")
        copy, hold.state = self.copies[hold.copy or ""], "refused"
        if status == "available":
            self.release(copy, None, now)
        else:
            copy.status = status

    def cancel(self, hold: Hold, now: datetime, *, by_reader: bool) -> None:
        if hold.state not in OPEN:
            raise Refused("hold_ended")
        if by_reader and hold.state == "ready":
            hold.unwanted = True
        else:
            self.end(hold, "cancelled", now)

    def keep(self, hold: Hold) -> None:
        if hold.state not in OPEN:
            raise Refused("hold_ended")
        if not hold.unwanted:
            raise Refused("no_cancellation_requested")
        hold.unwanted = False

    def suspend(self, hold: Hold, now: datetime, begins: date | None, until: date | None) -> None:
        if hold.state not in OPEN:
            raise Refused("hold_ended")
        if hold.state not in WAITING:
            raise Refused("hold_not_queued")
        today = now.date()
        begins = max(begins or today, today)
        if until is not None and until <= begins:
            raise Refused("resumes_in_past")
        if hold.wanted is not None and (until is None or until > hold.wanted):
            raise Refused("suspension_outlasts_wish")
        hold.sleeps, hold.wakes = begins, until
        hold.state = "suspended" if begins <= today else "queued"
        self.serve(hold.book, now)

    def resume(self, hold: Hold, now: datetime) -> None:
        if hold.state not in OPEN:
            raise Refused("hold_ended")
        if hold.sleeps is None:
            raise Refused("hold_not_suspended")
        hold.sleeps, hold.wakes, hold.state = None, None, "queued"
        self.serve(hold.book, now)

    def change_pickup(self, hold: Hold, branch: str) -> None:
        if hold.state not in OPEN:
            raise Refused("hold_ended")
        if hold.state == "ready":
            raise Refused("hold_is_ready")
        hold.pickup = branch

    def reorder(self, hold: Hold, place: int) -> None:
        if hold.state not in OPEN:
            raise Refused("hold_ended")
        if hold.state not in WAITING:
            raise Refused("hold_not_queued")
        line = self.line(hold.book)
        if not 1 <= place <= len(line):
            raise Refused("place_unknown")
        line.remove(hold)
        line.insert(place - 1, hold)

    def unite_queues(self, keep: str, merged: str, now: datetime) -> None:
        """Two queues become one by when they were placed; of the holds of one patron no more stay than may be."""
        waiting = [hold for hold in self.holds if hold.book in {keep, merged} and hold.state in OPEN]
        for name in dict.fromkeys(hold.patron for hold in waiting):
            patron = self.patrons[name]
            both = [hold for hold in self._open_of(name) if hold.book in {keep, merged}]
            most = look_up("holds_per_book", "", patron.tier, None)[0] or DEFAULTS["holds_per_book"]
            if len({hold.book for hold in both}) == 2:
                ordered = sorted(both, key=lambda hold: (FURTHEST_FIRST.index(hold.state), hold.placed))
                for hold in reversed(ordered[int(str(most)) :]):
                    self.end(hold, "cancelled", now)
        for hold in self.holds:
            hold.book = keep if hold.book == merged else hold.book
        self.lines[keep] = sorted([*self.line(keep), *self.lines.pop(merged, [])], key=lambda hold: hold.placed)

    # -- the days that pass -------------------------------------------------------------------------------------------

    def night_falls(self, now: datetime) -> None:
        """What is over ends, what has its day falls asleep or wakes, and who can be served is."""
        today = now.date()
        for hold in self.holds:
            if hold.state == "ready" and hold.shelf is not None:
                last = min(hold.shelf, hold.wanted or hold.shelf)
                if last < today and world.hours(hold.pickup, today) is not None:
                    self.end(hold, "expired", now)
            elif hold.state in OPEN and hold.wanted is not None and hold.wanted < today:
                self.end(hold, "cancelled", now)
        for hold in self.holds:
            if hold.state in WAITING and hold.sleeps is not None and hold.sleeps <= today:
                if hold.is_asleep(today):
                    hold.state = "suspended"
                else:
                    hold.state, hold.sleeps, hold.wakes = "queued", None, None
        for book in list(self.lines):
            self.serve(book, now)
