"""What stands against a reader or a card."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from circulation.errors.refusal import Refusal
from library.core.errors import Level


class PatronUnknown(Refusal):
    code = "patron_unknown"
    message = _("No reader has the card {card}.")


class PatronInactive(Refusal):
    code = "patron_inactive"
    message = _("The account of card {card} is closed.")
    for_reader = _("Your account is closed. Ask at the desk.")


class CardLost(Refusal):
    code = "card_lost"
    message = _("The card {card} was reported lost. Give the reader a new one first.")
    for_reader = _("Your card was reported lost. Ask at the desk for a new one.")


class CardExpired(Refusal):
    code = "card_expired"
    level = Level.OVERRIDABLE
    message = _("The card {card} was valid until {day}.")
    for_reader = _("Your card was valid until {day}. Ask at the desk to have it extended.")


class PatronRestrictedUntil(Refusal):
    code = "patron_restricted_until"
    level = Level.OVERRIDABLE
    message = _("This reader may not borrow until {day}. {note}")
    for_reader = _("You may not borrow until {day}. {note}")


class PatronRestricted(Refusal):
    code = "patron_restricted"
    level = Level.OVERRIDABLE
    message = _("This reader may not borrow. {note}")
    for_reader = _("You may not borrow at present. {note}")


class AddressUnconfirmed(Refusal):
    code = "address_unconfirmed"
    level = Level.OVERRIDABLE
    message = _("The address of this reader has not been confirmed.")
    for_reader = _("Your address has not been confirmed. Bring a proof of it to the desk.")


class PatronBlocked(Refusal):
    """What an app placed against a reader without a sentence of its own. The reason has the block's code."""

    code = "patron_blocked"
    level = Level.OVERRIDABLE
    message = _("Something stands against this reader. {note}")
    for_reader = _("Something stands against your borrowing. {note}")
