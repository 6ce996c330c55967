"""Who a password belongs to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User


class EmailBackend(ModelBackend):
    """Django's own, by e-mail whatever its case (the manager looks it up so).

    It hashes a password for unknown addresses too, so both answers take the same time; and it knows nobody who is not
    active, which ends their sessions at once.
    """

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session, with their card: every page shows it in the menu."""
        user = User.objects.select_related("patron").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
