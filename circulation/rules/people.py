"""What stands against a patron, whatever they want to borrow, renew or request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from django.utils.formats import date_format

from circulation import errors
from circulation.rules import amounts
from circulation.rules.states import BlockState, PatronState
from library.core.errors import Level, Reason

# In this order before whatever else was placed, and a lost card before one that is over.
_IN_ORDER = [errors.CardLost.code, errors.PatronRestricted.code, errors.AddressUnconfirmed.code]


def patron_reasons(patron: PatronState, *, today: date) -> Iterator[Reason]:
    """Everything about the patron and the card; ``today`` by the library's calendar."""
    yield from closed_account(patron.card, patron.is_active)
    standing = list(block_reasons(patron.blocks, card=patron.card, today=today))
    yield from (reason for reason in standing if reason.code == errors.CardLost.code)
    if patron.expires_on is not None and today > patron.expires_on:
        yield errors.CardExpired.reason(card=patron.card, day=day(patron.expires_on))
    yield from (reason for reason in standing if reason.code != errors.CardLost.code)


def block_reasons(blocks: Iterable[BlockState], *, card: str, today: date) -> Iterator[Reason]:
    """What still stands against whoever has this card: what staff say of them first, the rest as it was placed.

    This is the one place where a block becomes a reason.
    """
    for block in sorted(blocks, key=_place):
        if block.is_in_force(today):
            refusal = errors.of_block(block.code, ends=block.until is not None)
            code = block.code if refusal is errors.PatronBlocked else refusal.code
            until = day(block.until) if block.until else ""
            yield refusal.reason(level=block.level, code=code, card=card, day=until, note=_as_sentence(block.note))


def closed_account(card: str, is_active: bool) -> Iterator[Reason]:
    """An account that was closed."""
    if not is_active:
        yield errors.PatronInactive.reason(card=card)


def debt_reasons(patron: PatronState) -> Iterator[Reason]:
    """Who owes more than the tier's limit."""
    limit, digits = patron.tier_debt_limit, patron.digits
    if limit is not None and patron.owed > limit:
        owed = amounts.plain(patron.owed, digits)
        yield errors.DebtLimitExceeded.reason(owed=owed, limit=amounts.plain(limit, digits))


def eased(reasons: Iterable[Reason], *, stops: bool) -> Iterator[Reason]:
    """As they are where the library lets them stop this; else what could be set aside only informs."""
    for reason in reasons:
        yield reason if stops or reason.level != Level.OVERRIDABLE else replace(reason, level=Level.ALERT)


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


def _place(block: BlockState) -> int:
    return _IN_ORDER.index(block.code) if block.code in _IN_ORDER else len(_IN_ORDER)


def _as_sentence(note: str) -> str:
    note = note.strip()
    return note if not note or note[-1] in ".!?…" else f"{note}."
