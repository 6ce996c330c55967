"""Which patron a request is about: whoever asks, or, for staff, the owner of a card."""

from __future__ import annotations

from accounts.models import Patron, User
from circulation import queries
from circulation.errors import PatronUnknown
from library.core.errors import NotAllowed, NotFound
from library.core.typed import bare, folded


def patron_meant(user: User, card: str, *, permission: str) -> Patron | str:
    """Without a card the user as a patron; with one that card, where it is the user's own or ``permission`` lets them.

    Errors: ``NotAllowed``; also for a card that nobody has, so that nobody learns which there are.
    """
    if folded(card) and user.has_perm(permission):
        return card
    own = own_patron(user)
    if folded(card) and own.card_folded != folded(card):
        raise NotAllowed
    return own


def own_patron(user: User) -> Patron:
    """The user as a patron. Errors: ``NotFound``."""
    own = queries.patron_of(user.pk)
    if own is None:
        raise NotFound
    return own


def known(patron: Patron | str) -> Patron:
    """The patron, or who has this card. Errors: ``PatronUnknown``."""
    found = patron if isinstance(patron, Patron) else queries.find_patron(patron)
    if found is None:
        reason = PatronUnknown.reason(card=bare(str(patron)))
        raise PatronUnknown(reason.detail, reasons=[reason])
    return found
