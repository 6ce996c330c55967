"""Staff register a reader who stands at the desk, with or without an e-mail address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import errors
from accounts.models import Patron, Tier, User
from accounts.people import patron_search, usernames
from accounts.services.people import TRIES, create_user
from accounts.validators import validate_card_number, validate_full_name
from library.activity import services as activity
from library.core import email_addresses as addresses
from library.core.errors import InvalidInput, NotAllowed, NotFound, ServiceUnavailable
from library.core.typed import bare
from library.notices import services as notices
from library.notices.models import Notice

PERMISSION = "accounts.add_patron"


def enrol(
    *,
    full_name: str,
    by: User,
    email: str = "",
    tier: Tier | None = None,
    birth_date: date | None = None,
    card_number: str = "",
    is_another: bool = False,
    at: datetime | None = None,
) -> Patron:
    """A reader with a card, registered by staff. The welcome letter goes out by mail or, without ``email``, on paper.

    No password is set: whoever reads the mail of ``email`` chooses one with a code; without an address there is no
    sign-in. ``card_number``: of a pre-printed card, else one is drawn. ``is_another``: staff know that it is not the
    person of the same name. Errors: ``NotAllowed``, ``InvalidInput``, ``LooksLike``, ``EmailTaken``, ``CardTaken``.
    """
    if not by.has_perm(PERMISSION):
        raise NotAllowed(_("You may not register readers."))
    at = at or timezone.now()
    full_name, email, card_number = " ".join(full_name.split()), email.strip(), bare(card_number)
    _check(full_name, email, card_number, birth_date, at=at)
    email = addresses.clean(email) if email else ""
    if not is_another and (people := patron_search.namesakes(full_name, birth_date)):
        raise errors.LooksLike(people)
    for _try in range(TRIES):
        try:
            return _enrol(full_name, email, tier, birth_date, card_number, by, at)
        except errors.UsernameTaken:
            continue  # the one that we chose went to somebody else in this moment
        except errors.CardTaken:
            if card_number:
                raise
    raise ServiceUnavailable


@transaction.atomic
def _enrol(
    full_name: str, email: str, tier: Tier | None, birth_date: date | None, card_number: str, by: User, at: datetime
) -> Patron:
    user = create_user(
        email=email or None,
        username=usernames.like(full_name),
        password=None,
        full_name=full_name,
        card_number=card_number,
        tier=tier,
    )
    patron = user.patron
    if birth_date is not None:
        patron.birth_date = birth_date
        patron.save(update_fields=["birth_date"])
    activity.record(actor=by, verb="account.enrolled", subject=user, at=at)
    notices.queue(user=user, kind="welcome", at=at)
    return patron


def words(row: Notice) -> Mapping[str, Any]:
    """What a welcome letter says: the card as it is now, and where to choose a password if there is none yet."""
    if row.user is None:
        raise NotFound
    return {
        "card_number": row.user.patron.card_number,
        "card_link": settings.PUBLIC_URL + reverse("accounts:card"),
        "password_link": "" if row.user.has_usable_password() else settings.PUBLIC_URL + reverse("accounts:reset"),
        "email": row.user.address,
    }


def _check(full_name: str, email: str, card_number: str, birth_date: date | None, *, at: datetime) -> None:
    wrong: dict[str, list[str]] = {}
    for name, text, check in (
        ("full_name", full_name, validate_full_name),
        ("email", email, addresses.validate),
        ("card_number", card_number, validate_card_number),
    ):
        try:
            if text:
                check(text)
        except ValidationError as fault:
            wrong[name] = fault.messages
    if not 1 <= len(full_name) <= 120:
        wrong["full_name"] = [_("Write the name, in at most 120 letters.")]
    today = timezone.localtime(at, timezone.get_default_timezone()).date()
    if birth_date is not None and not date(1880, 1, 1) <= birth_date <= today:
        wrong["birth_date"] = [_("Nobody who reads here was born on that day.")]
    if wrong:
        raise InvalidInput(next(iter(wrong.values()))[0], fields=wrong)
