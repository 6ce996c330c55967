"""What each role may do: groups with permissions that an administrator can adapt in the admin.

Each app says in its ``ready()`` what its roles start with. A permission is given once, after the migration in which it
first appears, so that what an administrator took away stays away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig, apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _say
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, RoleGrant, User
from library.activity import services as activity
from library.core.errors import InvalidInput, NotAllowed

_GRANTS: dict[Role, set[str]] = {role: set() for role in Role}
# Jobs lie below accounts and cannot say so themselves.
_GRANTS[Role.LIBRARIAN] |= {"jobs.view_job", "jobs.change_job", "jobs.view_nightlyreport"}
ACTIONS = {"view": _("see"), "add": _("add"), "change": _("change"), "delete": _("delete")}


@dataclass(frozen=True)
class Right:
    """A permission as a person reads it. ``name`` is written as ``catalog.add_book``."""

    name: str
    words: str


def grant(role: Role, permissions: Iterable[str]) -> None:
    """Let ``role`` start with ``permissions``, written as ``catalog.add_book``. For ``ready()``."""
    _GRANTS[role] |= set(permissions)


def apply_grants(sender: AppConfig, **kwargs: Any) -> None:
    """Give each role what it starts with in the app ``sender``.

    Called once for each app after every migration, right after Django has made that app's permissions.
    """
    for role, names in _GRANTS.items():
        group, _is_new = Group.objects.get_or_create(name=role)
        given = set(RoleGrant.objects.filter(role=role).values_list("permission", flat=True))
        new = {name for name in names if name.startswith(f"{sender.label}.")} - given
        codenames = {name.split(".", 1)[1] for name in new}
        found = Permission.objects.filter(content_type__app_label=sender.label, codename__in=codenames)
        group.permissions.add(*found)
        RoleGrant.objects.bulk_create(
            RoleGrant(role=role, permission=f"{sender.label}.{permission.codename}") for permission in found
        )


def adaptable() -> dict[str, list[Right]]:
    """The permissions that mean something, under the names of the library's parts.

    Those are what the apps give their roles to start with, and what the admin's pages ask for: a page that lets nobody
    delete has no use for a permission to delete, and one for administrators alone none for any.
    """
    names = set().union(*_GRANTS.values(), _asked_for_by_the_admin())
    offered: dict[str, list[Right]] = {}
    for permission in _found(names).order_by("content_type__app_label", "content_type__model", "pk"):
        part = str(apps.get_app_config(permission.content_type.app_label).verbose_name)
        offered.setdefault(part, []).append(Right(_name_of(permission), _words_of(permission)))
    return offered


def permissions_of(role: Role) -> set[str]:
    """What ``role`` may do now, written as ``catalog.add_book``."""
    found = Permission.objects.filter(group__name=role).select_related("content_type")
    return {_name_of(permission) for permission in found}


@transaction.atomic
def adapt(*, role: Role, permissions: Iterable[str], by: User) -> None:
    """Let ``role`` have exactly ``permissions`` of those that are ``adaptable``; it counts from the next request on.

    Errors: ``NotAllowed`` for anybody but an administrator, and for the administrators' own role, which may do
    everything; ``InvalidInput`` for permissions that mean nothing.
    """
    if not (by.is_active and by.is_superuser):
        raise NotAllowed(_say("Only an administrator changes what a role may do."))
    if role == Role.ADMINISTRATOR:
        raise NotAllowed(_say("Administrators may do everything; there is nothing to adapt."))
    wanted, offered = set(permissions), {right.name for rights in adaptable().values() for right in rights}
    if wanted - offered:
        raise InvalidInput(fields={"rights": [_say("Choose among the permissions that are offered.")]})
    group = Group.objects.select_for_update(no_key=True).get(name=role)
    held = permissions_of(role)
    given, taken = wanted - held, (held & offered) - wanted
    group.permissions.add(*_found(given))
    group.permissions.remove(*_found(taken))
    words = {"role": role.value, "given": ", ".join(sorted(given)), "taken": ", ".join(sorted(taken))}
    if given or taken:
        activity.record(actor=by, verb="role.adapted", object=group, data=words)


def _asked_for_by_the_admin() -> set[str]:
    request = HttpRequest()
    request.user = User(is_active=True, is_staff=True, is_superuser=True)
    return {
        f"{model._meta.app_label}.{action}_{model._meta.model_name}"
        for model, page in admin.site._registry.items()
        if not getattr(page, "administrators_only", False)
        for action in ACTIONS
        if getattr(page, f"has_{action}_permission")(request)
    }


def _found(names: Iterable[str]) -> QuerySet[Permission]:
    wanted = Q(pk__in=[])
    for name in names:
        label, codename = name.split(".", 1)
        wanted |= Q(content_type__app_label=label, codename=codename)
    return Permission.objects.filter(wanted).select_related("content_type")


def _name_of(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def _words_of(permission: Permission) -> str:
    """``Loans: add``; a permission of its own kind in its own words."""
    model = permission.content_type.model_class()
    action = permission.codename.removesuffix(f"_{permission.content_type.model}")
    if model is None or action not in ACTIONS:
        return permission.name
    return f"{capfirst(str(model._meta.verbose_name_plural))}: {ACTIONS[action]}"
