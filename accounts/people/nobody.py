"""The reader that past loans belong to once they have lost theirs: one account, which is nobody's."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import Patron, Tier, User

NOBODY = UUID("00000000-0000-4000-8000-000000000000")
NAME = "no-longer-known"  # and their card


@transaction.atomic
def nobody() -> Patron:
    """The account, made when it is first needed. Nobody can enter with it or borrow on it."""
    found = Patron.objects.filter(pk=NOBODY).first()
    if found is not None:
        return found
    user = User(pk=NOBODY, username=NAME, full_name="(no longer known)", is_active=False)
    user.set_unusable_password()
    User.objects.bulk_create([user], ignore_conflicts=True)
    tier = Tier.objects.order_by("pk").first()
    Patron.objects.bulk_create([Patron(user_id=NOBODY, card_number=NAME, tier=tier)], ignore_conflicts=True)
    return Patron.objects.get(pk=NOBODY)
