"""The desk's one box: a card or a name opens its reader, a barcode is lent or taken back. What it came to, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Patron, User
from accounts.people.patron_search import people_like
from catalog.models import Branch, Copy
from circulation import errors, queries, rules, services
from circulation.desk.lookup import ScannedCopy, ScannedReader, before_desk
from circulation.errors import Refusal
from circulation.explain import due_words
from circulation.models import Loan
from library.core.errors import Level, LibraryError, Reason
from library.core.typed import bare

CARD, COPY = "card", "copy"
MOST_CHOICES = 10  # readers of one name that the desk lists


@dataclass(frozen=True)
class DeskOutcome:
    """What a scan came to, to be read from two metres: a tone (good, warn, bad), a word, the rest.

    Of a refusal also the book that it is about, its reasons, and the copy (its barcode) or the loan (its id) that staff
    may try again with some of them set aside. ``loan`` is otherwise the loan that was just made or renewed.
    """

    tone: str
    word: str
    lines: Sequence[str]
    about: str = ""
    reasons: Sequence[Mapping[str, str]] = ()
    copy: str = ""
    loan: str = ""
    asks: str = ""  # a number that is a card and a barcode: to be scanned again with what is meant
    choices: Sequence[Mapping[str, str]] = ()  # readers of whom one is meant: id, name, card, tier, year of birth

    slip: str = ""  # the barcode of a copy that goes to the hold shelf or on its way, for its slip
    taken: Mapping[str, str] | None = None  # a copy that was taken back: barcode, title, from, where, tone, word

    @property
    def overridable(self) -> list[Reason]:
        """The reasons that staff may set aside; none where one of them is impossible."""
        levels = {reason["level"] for reason in self.reasons}
        if "impossible" in levels or not (self.copy or self.loan):
            return []
        named = [reason for reason in self.reasons if reason["level"] == "overridable"]
        return [Reason(reason["code"], Level.OVERRIDABLE, reason["detail"]) for reason in named]

    def as_dict(self) -> dict[str, Any]:
        """For the session."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> DeskOutcome:
        """From the session."""
        return cls(**kept)


@dataclass(frozen=True)
class Scanned:
    """The outcome, and whose turn it is now; whether that is another than before."""

    outcome: DeskOutcome
    reader: ScannedReader | None
    is_another: bool = False


@dataclass(frozen=True)
class TakingBack:
    """What is said of the copies that are taken back: when or on which day they count as returned, and damage."""

    returned_at: date | None = None
    is_damaged: bool = False


@dataclass(frozen=True)
class SetAside:
    """What staff set aside: the codes of the reasons, why, and a due date of their own."""

    override: Collection[str]
    comment: str
    due_at: datetime | None = None


@dataclass(frozen=True)
class DeskAttempt:
    """What was refused, to be tried again with reasons set aside: the renewal of ``loan``, or lending ``copy``."""

    by: User
    reader: Patron
    loan: Loan | None = None
    copy: Copy | None = None
    branch: Branch | None = None

    def make(self, set_aside: SetAside) -> DeskOutcome:
        """Do it. Errors: as the service."""
        if self.loan is not None:
            return renew(self.loan, by=self.by, set_aside=set_aside)
        assert self.copy is not None  # one of the two
        return lend(self.copy.barcode, self.reader.card_number, by=self.by, branch=self.branch, set_aside=set_aside)

    def refused(self, refusal: LibraryError) -> DeskOutcome:
        """What a refusal says."""
        if self.loan is not None:
            return not_renewed(refusal, self.loan)
        assert self.copy is not None  # one of the two
        return refused(refusal, self.copy.barcode, self.copy.book.title, is_lending=True)

    def outcome_now(self) -> DeskOutcome:
        """What would be said if it were tried now with nothing set aside. Nothing is changed."""
        at = timezone.now()
        if self.loan is not None:
            decision = rules.decide_renewal(queries.renewal_state(self.loan), at=at)
        else:
            assert self.copy is not None  # one of the two
            state = queries.check_out_state(
                barcode=self.copy.barcode,
                card=self.reader.card_number,
                copy=self.copy,
                patron=self.reader,
                branch=self.branch,
            )
            decision = rules.decide_check_out(state, at=at)
        return self.refused(Refusal(reasons=decision.reasons))


def scan(
    *,
    text: str,
    reader: UUID | None,
    takes_back: bool,
    by: User,
    branch: int | None = None,
    said: TakingBack = TakingBack(),
    meant: str = "",
) -> Scanned:
    """Do what was scanned means: open a reader, lend to the open one, or take back where there is none.

    ``reader``, ``branch``: whose turn it is and where the desk stands, by their ids; nobody and nowhere where there is
    none with this id. ``takes_back``: barcodes are taken back even while a reader is open. ``meant``: ``card`` or
    ``copy`` for a number that is both; where nobody says, and none is to be taken back, the desk asks. Never raises a
    refusal: it is the outcome.
    """
    found = before_desk(text=text, reader=reader, branch=branch)
    opened_now, card, copy = found.reader, found.card, found.copy
    if card is not None and copy is not None and not takes_back and not meant:
        return Scanned(_asked_which(text, card, copy), opened_now)
    if card is not None and (copy is None or meant == CARD):
        return Scanned(opened(card.name, card.card_number), card, card != opened_now)
    if copy is None:
        return _named(text, opened_now)
    try:
        if takes_back or opened_now is None:
            outcome = take_back(copy.barcode, by=by, branch=found.branch, said=said)
        else:
            outcome = lend(copy.barcode, opened_now.card_number, by=by, branch=found.branch)
    except LibraryError as refusal:
        is_lending = not takes_back and opened_now is not None
        outcome = refused(refusal, copy.barcode, copy.title, is_lending=is_lending)
    return Scanned(outcome, opened_now)


def _asked_which(text: str, card: ScannedReader, copy: ScannedCopy) -> DeskOutcome:
    """Numbers that were both before the database refused them."""
    named = {"reader": card.name, "title": copy.title}
    sentence = _("This is the card of %(reader)s and the barcode of “%(title)s”. Which of them lies here?") % named
    return DeskOutcome("warn", _("Which?"), (sentence,), asks=bare(text))


def _named(text: str, reader: ScannedReader | None) -> Scanned:
    """Open the reader of this name, address or username; where there are several, staff choose."""
    found = people_like(text, most=MOST_CHOICES + 1)
    if len(found) == 1:
        only = ScannedReader(found[0].pk, found[0].card_number, str(found[0].user))
        return Scanned(opened(only.name, only.card_number), only, only != reader)
    if not found:
        sentence = _("No reader has this card, name or address, and no copy this barcode: %(text)s.")
        return Scanned(DeskOutcome("bad", _("Unknown"), (sentence % {"text": bare(text)},)), reader)
    if len(found) > MOST_CHOICES:
        sentence = _("More than %(number)d readers are called so: type more of the name.") % {"number": MOST_CHOICES}
    else:
        sentence = ngettext("%(number)d reader is called so.", "%(number)d readers are called so.", len(found)) % {
            "number": len(found)
        }
    choices = [choice(one) for one in found[:MOST_CHOICES]]
    return Scanned(DeskOutcome("warn", _("Who is it?"), (sentence,), choices=choices), reader)


def opened(name: str, card_number: str) -> DeskOutcome:
    """What is said when it is a reader's turn."""
    return DeskOutcome("good", _("Reader"), (name, card_number))


def registered(reader: Patron) -> DeskOutcome:
    """What is said when staff have registered a reader."""
    address = reader.user.address
    letter = (
        _("The welcome letter goes to %(address)s.") % {"address": address}
        if address
        else (_("The welcome letter waits among the letters to print."))
    )
    return DeskOutcome("good", _("Registered"), (str(reader.user), reader.card_number, letter))


def choice(reader: Patron) -> dict[str, str]:
    """A reader among others of the same name, as plain values."""
    born = str(reader.birth_date.year) if reader.birth_date else ""
    return {
        "id": str(reader.pk),
        "name": str(reader.user),
        "card": reader.card_number,
        "tier": str(reader.tier),
        "born": born,
    }


def lend(barcode: str, card: str, *, by: User, branch: Branch | None, set_aside: SetAside | None = None) -> DeskOutcome:
    """Lend to the reader with this card. Errors: as ``services.check_out``."""
    loan = services.check_out(copy=barcode, patron=card, by=by, branch=branch, **_asked(set_aside))
    loans, limit = loan.counted
    count = {"loans": loans, "limit": limit}
    counted = (
        ngettext("%(loans)d loan", "%(loans)d loans", loans) if limit is None else _("%(loans)d of %(limit)d loans")
    ) % count
    alerts = [reason.detail for reason in loan.alerts]
    lines = (loan.copy.book.title, due_words.due_until(loan), counted, *alerts)
    return DeskOutcome("warn" if alerts else "good", _("Lent"), lines, loan=str(loan.pk))


def renew(loan: Loan, *, by: User, set_aside: SetAside | None = None) -> DeskOutcome:
    """Renew a loan of the open reader. Errors: as ``services.renew``."""
    renewed = services.renew(loan=loan, by=by, **_asked(set_aside))
    alerts = [reason.detail for reason in renewed.alerts]
    lines = (loan.copy.book.title, due_words.due_until(renewed), *alerts)
    return DeskOutcome("warn" if alerts else "good", _("Renewed"), lines, loan=str(loan.pk))


def renew_all(reader: Patron, *, by: User) -> DeskOutcome:
    """Renew what can be renewed for the open reader, and say of the rest why not."""
    result = services.renew_all(patron=reader, by=by)
    done = ngettext("%(count)d loan renewed", "%(count)d loans renewed", len(result.renewed))
    lines = [done % {"count": len(result.renewed)}]
    for loan, reasons in result.refused:
        lines.append(f"{loan.copy.book.title}: {' '.join(reason.detail for reason in reasons)}")
    word = _("Renewed") if result.renewed else _("Not renewed")
    return DeskOutcome("bad" if result.refused else "good", word, tuple(lines))


def refused(refusal: LibraryError, barcode: str, title: str, *, is_lending: bool) -> DeskOutcome:
    """What a refusal to lend or to take back says."""
    lines = list(refusal.sentences)
    if isinstance(refusal, errors.AlreadyLentToPatron):
        lines.append(_("To take it back, press F2 first."))
    if isinstance(refusal, errors.NotOnLoan):
        lines.append(_("To lend it, scan the reader’s card first."))
    word = _("Not lent") if is_lending else _("Not taken back")
    reasons = [reason.as_dict() for reason in refusal.reasons] if is_lending else []
    return DeskOutcome("bad", word, tuple(lines), title, reasons, copy=barcode if is_lending else "")


def not_renewed(refusal: LibraryError, loan: Loan) -> DeskOutcome:
    """What a refusal to renew says."""
    reasons = [reason.as_dict() for reason in refusal.reasons]
    lines = tuple(refusal.sentences)
    return DeskOutcome("bad", _("Not renewed"), lines, loan.copy.book.title, reasons, loan=str(loan.pk))


def _asked(set_aside: SetAside | None) -> dict[str, Any]:
    if set_aside is None:
        return {}
    return {"override": set_aside.override, "comment": set_aside.comment, "due_at": set_aside.due_at}


def take_back(copy: Copy | str, *, by: User, branch: Branch | None, said: TakingBack) -> DeskOutcome:
    """Take a copy back, and say where it goes. Errors: as ``services.check_in``."""
    result = services.check_in(
        copy=copy, by=by, branch=branch, returned_at=said.returned_at, is_damaged=said.is_damaged
    )
    alerts = [reason.detail for reason in result.alerts]
    where = _where_to(result)
    lines = [result.copy.book.title, *_about_the_loan(result), *alerts, where]
    if result.nothing_changed:
        lines.append(_("To lend it, scan the reader’s card first."))
    word = _word_of(result)
    is_plain = result.action == services.Action.SHELVE and not alerts and not result.nothing_changed
    tone = "good" if is_plain else "warn"
    row = {
        "barcode": result.copy.barcode,
        "title": result.copy.book.title,
        "where": where,
        "tone": tone,
        "word": word,
        "from": str(result.loan.patron.user) if result.loan else "",
    }
    goes = result.action in {services.Action.HOLD_SHELF, services.Action.TRANSIT}
    return DeskOutcome(tone, word, lines, taken=row, slip=result.copy.barcode if goes else "")


def _word_of(result: services.CheckedIn) -> str:
    if result.nothing_changed:
        return _("Nothing changed")
    match result.action:
        case services.Action.HOLD_SHELF:
            return _("Hold shelf")
        case services.Action.TRANSIT:
            return _("Send on")
        case services.Action.REPAIR:
            return _("To repair")
    return _("Returned") if result.loan else _("Found")


def _about_the_loan(result: services.CheckedIn) -> list[str]:
    loan = result.loan
    if loan is None:
        return []
    lines = [_("from %(reader)s") % {"reader": loan.patron.user}]
    if loan.returned_at and loan.checked_in_at and loan.returned_at < loan.checked_in_at:
        lines.append(_("counts as returned on %(day)s") % {"day": due_words.day(loan.returned_at)})
    if loan.returned_at and loan.returned_at > loan.due_at:
        late = max(1, -due_words.days_left(loan, at=loan.returned_at))
        lines.append(ngettext("%(count)d day late", "%(count)d days late", late) % {"count": late})
    return lines


def _where_to(result: services.CheckedIn) -> str:
    place = {"branch": result.branch}
    if result.hold is not None:
        told = {"reader": result.hold.patron.user, **place}
        if result.action == services.Action.TRANSIT:
            return _("send it to %(branch)s, for %(reader)s") % told
        until = due_words.day_of(result.hold.last_day) if result.hold.last_day else ""
        return _("hold shelf for %(reader)s at %(branch)s, until %(day)s") % {**told, "day": until}
    match result.action:
        case services.Action.TRANSIT:
            return _("put it in the box for %(branch)s") % place
        case services.Action.REPAIR:
            return _("not for the shelf: look at it first")
    return _("shelve it at %(branch)s") % place
