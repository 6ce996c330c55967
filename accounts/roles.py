"""What each role may do: groups with permissions that an administrator can adapt in the admin.

Each app says in its ``ready()`` what its roles start with. A permission is given once, after the migration in which it
first appears, so that what an administrator took away stays away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission

from accounts.models import Role, RoleGrant

_GRANTS: dict[Role, set[str]] = {role: set() for role in Role}
_GRANTS[Role.LIBRARIAN] |= {"jobs.view_job", "jobs.change_job"}  # jobs lie below accounts and cannot say so themselves


def grant(role: Role, permissions: Iterable[str]) -> None:
    """Let ``role`` start with ``permissions``, written as ``catalog.add_book``. For ``ready()``."""
    _GRANTS[role] |= set(permissions)


def apply_grants(sender: AppConfig, **kwargs: Any) -> None:
    """Give each role what it starts with in the app ``sender``.

    Called once for each app after every migration, right after Django has made that app's permissions.
    """
    for role, names in _GRANTS.items():
        group, _ = Group.objects.get_or_create(name=role)
        given = set(RoleGrant.objects.filter(role=role).values_list("permission", flat=True))
        new = {name for name in names if name.startswith(f"{sender.label}.")} - given
        codenames = {name.split(".", 1)[1] for name in new}
        found = Permission.objects.filter(content_type__app_label=sender.label, codename__in=codenames)
        group.permissions.add(*found)
        RoleGrant.objects.bulk_create(
            RoleGrant(role=role, permission=f"{sender.label}.{permission.codename}") for permission in found
        )
