"""What happens to people."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import Patron, Role, Tier, User

FIRST_TIER = "reader"


@transaction.atomic
def create_user(
    *,
    email: str,
    username: str,
    password: str | None,
    full_name: str = "",
    role: Role = Role.PATRON,
    card_number: str = "",
) -> User:
    """A user with their role's rights, a library card and the first tier."""
    user = User(email=email, username=username, full_name=full_name)
    user.set_password(password)
    _give_role(user, role)
    user.save()
    user.groups.set(Group.objects.filter(name=role))
    Patron.objects.create(
        user=user, card_number=card_number or new_card_number(), tier=Tier.objects.get(code=FIRST_TIER)
    )
    return user


def new_card_number() -> str:
    """``L-`` and nine random digits: what is scanned at the desk."""
    return f"L-{secrets.randbelow(10**9):09d}"


def _give_role(user: User, role: Role) -> None:
    user.role = role
    user.is_staff = role != Role.PATRON
    user.is_superuser = role == Role.ADMINISTRATOR
