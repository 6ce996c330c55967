"""The desk's one box: a card opens its reader, a barcode is lent or taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Patron, User
from catalog.models import Copy
from circulation import errors, queries, reading, services, words
from library.core.errors import LibraryError


@dataclass(frozen=True)
class Outcome:
    """What a scan came to, to be read from two metres: a tone (good, warn, bad), a word, the rest, and of a refusal
    the book that it is about."""

    tone: str
    word: str
    lines: Sequence[str]
    about: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For the session."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Outcome:
        """From the session."""
        return cls(kept["tone"], kept["word"], tuple(kept["lines"]), kept["about"])


@dataclass(frozen=True)
class Scanned:
    """The outcome, and whose turn it is now."""

    outcome: Outcome
    reader: Patron | None


def scan(*, text: str, reader: Patron | None, takes_back: bool, by: User) -> Scanned:
    """Do what was scanned means: open a reader, lend to the open one, or take back where there is none.

    ``takes_back``: barcodes are taken back even while a reader is open. Never raises a refusal: it is the outcome.
    """
    card = queries.find_patron(text)
    if card is not None:
        return Scanned(Outcome("good", _("Reader"), (str(card.user), card.card_number)), card)
    copy = queries.find_copy(text)
    if copy is None:
        sentence = _("No reader has this card and no copy this barcode: %(text)s.") % {"text": text.strip()}
        return Scanned(Outcome("bad", _("Unknown"), (sentence,)), reader)
    try:
        outcome = _take_back(copy, by) if takes_back or reader is None else _lend(copy, reader, by)
    except LibraryError as refusal:
        outcome = _refused(refusal, copy, is_lending=not takes_back and reader is not None)
    return Scanned(outcome, reader)


def _lend(copy: Copy, reader: Patron, by: User) -> Outcome:
    loan = services.check_out(copy=copy, patron=reader, by=by)
    loans, limit = reading.loans_and_limit(reader, copy)
    count = {"loans": loans, "limit": limit}
    counted = (
        ngettext("%(loans)d loan", "%(loans)d loans", loans) if limit is None else _("%(loans)d of %(limit)d loans")
    ) % count
    alerts = [reason.detail for reason in loan.alerts]
    due = _("due %(day)s") % {"day": words.day(loan.due_at)}
    return Outcome("warn" if alerts else "good", _("Lent"), (copy.book.title, due, counted, *alerts))


def _take_back(copy: Copy, by: User) -> Outcome:
    result = services.check_in(copy=copy, by=by)
    lines = [copy.book.title]
    if result.nothing_changed and result.hold is None:
        told = [reason.detail for reason in result.alerts]
        return Outcome("warn", _("Nothing changed"), (*lines, *told, _("To lend it, scan the reader’s card first.")))
    if result.loan is not None:
        lines.append(_("from %(reader)s") % {"reader": result.loan.patron.user})
        if result.loan.returned_at and result.loan.returned_at > result.loan.due_at:
            late = max(1, -words.days_left(result.loan, at=result.loan.returned_at))
            lines.append(ngettext("%(count)d day late", "%(count)d days late", late) % {"count": late})
    if result.hold is not None:
        reader = {"reader": result.hold.patron.user, "branch": result.branch}
        return Outcome("warn", _("Hold shelf"), (*lines, _("for %(reader)s at %(branch)s") % reader))
    word = _("Returned") if result.loan else _("Found")
    return Outcome("good", word, (*lines, _("shelve it at %(branch)s") % {"branch": result.branch}))


def _refused(refusal: LibraryError, copy: Copy, *, is_lending: bool) -> Outcome:
    lines = list(refusal.sentences)
    if isinstance(refusal, errors.AlreadyLentToPatron):
        lines.append(_("To take it back, press F2 first."))
    if isinstance(refusal, errors.NotOnLoan):
        lines.append(_("To lend it, scan the reader’s card first."))
    return Outcome("bad", _("Not lent") if is_lending else _("Not taken back"), tuple(lines), copy.book.title)
