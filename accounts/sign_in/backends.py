"""Who a password belongs to, and what somebody may do."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from accounts.sessions import signed_in


class EmailBackend(ModelBackend):
    """Django's own, by e-mail whatever its case (the manager looks it up so).

    It hashes a password for unknown addresses too, so both answers take the same time; and it knows nobody who is not
    active, which ends their sessions at once.
    """

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session, with their card: every page shows it in the menu."""
        user = User.objects.select_related("patron").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """As Django's, in one query where it is not known from who asks; it holds for this instance of the user."""
        if not user_obj.is_active or user_obj.is_anonymous or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if user_obj.permission_names is None:
            user_obj.permission_names = signed_in.permissions_of(user_obj.pk)
        return set(user_obj.permission_names)

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """As Django's, without a copy of all permissions."""
        if obj is None and user_obj.is_active and not user_obj.is_anonymous and user_obj.permission_names is not None:
            return perm in user_obj.permission_names or user_obj.is_superuser
        return super().has_perm(user_obj, perm, obj)
