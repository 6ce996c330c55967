"""What the library holds of somebody, and forgetting them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Patron, User
from library.activity import services as activity
from library.core.errors import NotFound
from library.core.privacy import registry
from library.core.typed import folded


def person_named(text: str) -> User:
    """Who has this address or card, however it was typed. Errors: ``NotFound``."""
    by_address = User.objects.filter(email__iexact=text.strip())
    found = by_address.first() or User.objects.filter(patron__card_folded=folded(text)).first()
    if found is None or not text.strip():
        raise NotFound
    return found


def export_person(user: User) -> dict[str, dict[str, Any]]:
    """Everything that the library holds of ``user``, by app and name, as JSON can hold it."""
    return registry.export(person_of(user))


def why_not_yet(user: User) -> list[str]:
    """Sentences about what of theirs is still open; closing the account changes none of it."""
    return registry.blockers(person_of(user), besides=("accounts",))


@transaction.atomic
def forget_person(*, user: User, by: User | None = None) -> None:
    """Forget who ``user`` was. What the library counts stays, and names nobody.

    Errors: ``StillNeeded`` with a sentence for all that has to end first.
    """
    # As every verb of lending does first: nothing of theirs begins while we look, or after we have forgotten them.
    Patron.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    registry.erase(person_of(user))
    activity.record(actor=by, verb="account.forgotten")


def person_of(user: User) -> registry.Person:
    """As the apps are asked about them."""
    return registry.Person(user.pk, user.address)
