"""Readers who are registered at the desk."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.models import Patron, Tier, User
from accounts.services import enrolment
from circulation import queries
from library.core.errors import InvalidInput
from library.core.typed import bare


def register_reader(
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
    """As ``enrolment.enrol``; a card may not have the number of a copy, for the desk's one box tells them apart by it.

    Errors: as there.
    """
    if bare(card_number) and queries.find_copy(card_number) is not None:
        sentence = _("This is the barcode of a copy.")
        raise InvalidInput(sentence, fields={"card_number": [sentence]})
    return enrolment.enrol(
        full_name=full_name,
        by=by,
        email=email,
        tier=tier,
        birth_date=birth_date,
        card_number=card_number,
        is_another=is_another,
        at=at,
    )
