"""What stands against a patron, whatever they want to borrow or renew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from django.utils.formats import date_format

from circulation import errors
from circulation.rules.states import PatronState
from library.core.errors import Level, Reason


def patron_reasons(patron: PatronState, *, today: date) -> Iterator[Reason]:
    """Everything about the patron and the card; ``today`` by the library's calendar."""
    yield from closed_account(patron.card, patron.is_active)
    if patron.is_card_lost:
        yield errors.CardLost.reason(card=patron.card)
    if patron.expires_on is not None and today > patron.expires_on:
        yield errors.CardExpired.reason(card=patron.card, day=day(patron.expires_on))
    yield from _restriction(patron, today=today)
    if not patron.is_address_confirmed:
        yield errors.AddressUnconfirmed.reason()


def closed_account(card: str, is_active: bool) -> Iterator[Reason]:
    """An account that was closed."""
    if not is_active:
        yield errors.PatronInactive.reason(card=card)


_OVERDUE_LEVELS: Mapping[str, Level] = {"block": Level.OVERRIDABLE, "confirm": Level.ALERT}


def overdue_reasons(count: int, policy: str) -> Iterator[Reason]:
    """``count`` overdue loans, as heavy as the library's ``policy`` makes them."""
    if count and policy in _OVERDUE_LEVELS:
        yield errors.HasOverdueLoans.reason(level=_OVERDUE_LEVELS[policy], count=count)


def age(birth_date: date, *, today: date) -> int:
    """Full years; who was born on 29 February is a year older from 1 March on."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def day(of: date) -> str:
    """A date in a sentence."""
    return date_format(of, "j F Y")


def _restriction(patron: PatronState, *, today: date) -> Iterator[Reason]:
    if not patron.is_restricted:
        return
    note = patron.restriction_note.strip()
    note = note if not note or note[-1] in ".!?…" else f"{note}."
    if patron.restricted_until is None:
        yield errors.PatronRestricted.reason(note=note)
    elif today <= patron.restricted_until:
        yield errors.PatronRestrictedUntil.reason(day=day(patron.restricted_until), note=note)
