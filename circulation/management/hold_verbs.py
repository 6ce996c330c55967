"""The verbs of holds for ``manage.py desk``. Every one goes by the hold's id, which ``holds`` tells."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from accounts.models import User
from catalog.models import Book, Branch
from catalog.redirects import visible_book
from circulation import queries, services
from circulation.explain import due_words
from circulation.models import Hold
from circulation.readers import patron_lookup
from circulation.readers.outlooks import with_outlooks
from library.core import days
from library.core.errors import NotAllowed

CHANGE = "circulation.change_hold"


def add_verbs(verbs: Any) -> None:
    """The parsers of the verbs."""
    place = verbs.add_parser("place-hold", help="Ask for a book for a reader.")
    place.add_argument("book", type=_book, metavar="BOOK", help="The book's id.")
    place.add_argument("card", metavar="CARD", help="A card number.")
    place.add_argument("--branch", type=_branch, required=True, metavar="CODE", help="Where it is fetched.")
    place.add_argument("--copy", default="", metavar="BARCODE", help="This copy and no other.")
    place.add_argument("--from", dest="wanted_from", type=_day, metavar="DAY", help="Asleep until this day.")
    place.add_argument("--until", dest="wanted_until", type=_day, metavar="DAY", help="The last day, included.")
    place.add_argument("--override", action="append", default=[], metavar="CODE", help="A reason to set aside.")
    place.add_argument("--comment", default="", help="Why they are set aside.")
    listed = verbs.add_parser("holds", help="What a reader waits for, with the id of each hold.")
    listed.add_argument("card", metavar="CARD", help="A card number.")
    line = verbs.add_parser("queue", help="Who waits for a book.")
    line.add_argument("book", type=_book, metavar="BOOK", help="The book's id.")
    picks = verbs.add_parser("pick-list", help="What is to be fetched from the shelves.")
    picks.add_argument("--branch", type=_branch, metavar="CODE", help="Of one branch.")
    confirm = _of_hold(verbs, "confirm-hold", "The book was fetched.")
    confirm.add_argument("--copy", default="", metavar="BARCODE", help="Another copy, in its place.")
    refuse = _of_hold(verbs, "refuse-hold", "The book cannot be fetched.")
    refuse.add_argument("--reason", required=True, help="In words for the reader.")
    refuse.add_argument("--copy-is", default="available", choices=["available", "missing", "damaged"])
    suspend = _of_hold(verbs, "suspend-hold", "Let a queued hold sleep.")
    suspend.add_argument("--until", type=_day, metavar="DAY", help="On which it goes on by itself.")
    suspend.add_argument("--from", dest="from_day", type=_day, metavar="DAY", help="Else from today.")
    _of_hold(verbs, "cancel-hold", "Cancel a hold.")
    _of_hold(verbs, "keep-hold", "Turn a cancellation request down.")
    _of_hold(verbs, "resume-hold", "Wake a suspended hold.")
    move = _of_hold(verbs, "move-hold", "Put a hold at another place of its queue.")
    move.add_argument("place", type=int, metavar="PLACE", help="1: the head of the queue.")
    pickup = _of_hold(verbs, "change-pickup", "Fetch it at another branch.")
    pickup.add_argument("branch", type=_branch, metavar="CODE")


class HoldVerbs:
    """What the command does with holds; ``_say`` writes a line."""

    _say: Callable[..., None]

    def place_hold(self, by: User, options: dict[str, Any]) -> None:
        patron = patron_lookup.known(patron_lookup.patron_meant(by, options["card"], permission=CHANGE))
        book = visible_book(options["book"], by)
        if book is None:
            raise CommandError(f"There is no book {options['book']}.")
        names = ("branch", "copy", "wanted_from", "wanted_until", "override", "comment")
        wish = {name: options[name] for name in names}
        self._told(services.place_hold(book=book, patron=patron, by=by, **wish))

    def holds(self, by: User, options: dict[str, Any]) -> None:
        patron = patron_lookup.known(
            patron_lookup.patron_meant(by, options["card"], permission="circulation.view_hold")
        )
        for hold in queries.home_holds(patron):
            self._told(hold)

    def queue(self, by: User, options: dict[str, Any]) -> None:
        _staff(by)
        for hold in Hold.objects.in_line().with_names().filter(book=options["book"]):
            self._say(f"{hold.position}. {hold.patron.card_number} {hold.get_state_display()} {hold.pk}")

    def pick_list(self, by: User, options: dict[str, Any]) -> None:
        _staff(by)
        for hold in queries.pick_list(options["branch"]):
            copy = hold.copy
            assert copy is not None  # a requested hold has one
            place = f"{copy.branch}: {copy.shelf_mark or '-'} {copy.barcode}"
            self._say(f"{place} {hold.book.title}, for {hold.patron.card_number} at {hold.pickup_branch}. {hold.pk}")

    def confirm_hold(self, by: User, options: dict[str, Any]) -> None:
        _staff(by)
        self._told(services.confirm_hold(hold=_hold(options, by), by=by, copy=options["copy"]))

    def refuse_hold(self, by: User, options: dict[str, Any]) -> None:
        _staff(by)
        given = {"reason": options["reason"], "copy_status": options["copy_is"]}
        self._told(services.refuse_hold(hold=_hold(options, by), by=by, **given))

    def cancel_hold(self, by: User, options: dict[str, Any]) -> None:
        self._told(services.cancel_hold(hold=_hold(options, by), by=by))

    def keep_hold(self, by: User, options: dict[str, Any]) -> None:
        _staff(by)
        self._told(services.keep_hold(hold=_hold(options, by), by=by))

    def suspend_hold(self, by: User, options: dict[str, Any]) -> None:
        days_said = {"until": options["until"], "from_day": options["from_day"]}
        self._told(services.suspend_hold(hold=_hold(options, by), by=by, **days_said))

    def resume_hold(self, by: User, options: dict[str, Any]) -> None:
        self._told(services.resume_hold(hold=_hold(options, by), by=by))

    def move_hold(self, by: User, options: dict[str, Any]) -> None:
        _staff(by)
        self._told(services.move_hold(hold=_hold(options, by), by=by, to=options["place"]))

    def change_pickup(self, by: User, options: dict[str, Any]) -> None:
        self._told(services.change_pickup(hold=_hold(options, by), by=by, branch=options["branch"]))

    def _told(self, hold: Hold) -> None:
        (hold,) = with_outlooks([hold])
        self._say(f"{hold.book.title}: {hold.get_state_display()}. {due_words.hold(hold)}. {hold.pk}")


def _of_hold(verbs: Any, name: str, told: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=told)
    parser.add_argument("hold", type=_id, metavar="HOLD", help="The hold's id.")
    return parser


def _hold(options: dict[str, Any], by: User) -> Hold:
    hold = Hold.objects.visible_to(by).with_names().filter(pk=options["hold"]).first()
    if hold is None:
        raise CommandError(f"There is no hold {options['hold']}.")
    return hold


def _staff(by: User) -> None:
    if not by.has_perm(CHANGE):
        raise NotAllowed


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError("a hold's id is 36 characters long, as `desk holds CARD` tells it") from None


def _book(text: str) -> int:
    if not (text.isascii() and text.isdigit() and Book.objects.filter(pk=int(text[:18])).exists()):
        raise ArgumentTypeError(f"there is no book {text}")
    return int(text)


def _branch(code: str) -> Branch:
    branch = Branch.objects.filter(code=code).first()
    if branch is None:
        raise ArgumentTypeError(f"there is no branch with the code {code}")
    return branch


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("write a date as 2026-03-02") from None
    if not days.is_writable(day):
        raise ArgumentTypeError("choose a date from 1900 to 2999")
    return day
