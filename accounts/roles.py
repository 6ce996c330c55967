"""What each role may do: groups with permissions that an administrator can adapt in the admin.

Each app says in its ``ready()`` what its roles start with; a permission is given once, when the group is first made
or the permission first appears, so that what an administrator took away stays away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission

from accounts.models import Role

_GRANTS: dict[str, set[str]] = {role: set() for role in Role.values}
_GRANTS[Role.LIBRARIAN] |= {"jobs.view_job", "jobs.change_job"}  # jobs lie below accounts and cannot say so themselves


def grant(role: Role, permissions: Iterable[str]) -> None:
    """Let ``role`` start with ``permissions``, written as ``catalog.add_book``. For ``ready()``."""
    _GRANTS[role] |= set(permissions)


def apply_grants(**kwargs: Any) -> None:
    """Make the groups after a migration and give them what their role starts with."""
    for role, names in _GRANTS.items():
        group, is_new = Group.objects.get_or_create(name=role)
        if not is_new and group.permissions.exists():
            continue
        wanted = [tuple(name.split(".", 1)) for name in names]
        found = Permission.objects.select_related("content_type").filter(
            content_type__app_label__in={app for app, _ in wanted}, codename__in={codename for _, codename in wanted}
        )
        group.permissions.set(p for p in found if (p.content_type.app_label, p.codename) in wanted)
