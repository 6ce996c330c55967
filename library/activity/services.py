"""The record of who did what to what, when. Written in the transaction of the deed; never changed but to forget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone

from library.activity import values
from library.activity.models import Activity, ActivityQuerySet
from library.core.database.raw_rows import insert

if TYPE_CHECKING:
    from accounts.models import User


def record(
    *,
    actor: User | None,
    verb: str,
    object: models.Model | None = None,
    subject: User | None = None,
    data: Mapping[str, values.Value] | None = None,
    at: datetime | None = None,
) -> Activity:
    """Write down that ``actor`` (None: nobody who is known, or the library itself) did ``verb``.

    ``verb`` is like ``account.signed_in`` or ``loan.opened``; ``object`` the thing, ``subject`` the person it was
    done to. A
    person given as ``object`` is kept as the subject. ``data``: a few plain values, never a secret. Errors: as
    ``values.checked``.
    """
    if isinstance(object, get_user_model()):
        object, subject = None, subject or object
    written = Activity(
        at=at or timezone.now(),
        actor=actor,
        verb=verb,
        subject=subject,
        object_label=object._meta.label_lower if object else "",
        object_id=str(object.pk) if object else "",
        data={name: _kept(value) for name, value in values.checked(data or {}).items()},
    )
    insert(written)
    return written


def visible_to(
    user: User, *, actor: UUID | None = None, verb: str | None = None, since: datetime | None = None
) -> ActivityQuerySet:
    """All of it for who may see the record, else what concerns ``user``; the newest first, people joined.

    ``actor``, ``verb``, ``since``: only what this user did, only this deed, only from this moment on. Who may not see
    what others did cannot ask for it either: the answer would tell who it was.
    """
    sees_all = may_see_all(user)
    seen = Activity.objects.all() if sees_all else Activity.objects.of(user)
    if not sees_all and actor not in (None, user.pk):
        seen = seen.none()
    wanted = {"actor": actor, "verb": verb, "at__gte": since}
    seen = seen.filter(**{field: value for field, value in wanted.items() if value is not None})
    return seen.select_related("actor", "subject").order_by("-at", "-id")


def may_see_all(user: User) -> bool:
    """Whether ``user`` sees what others did, and who they were."""
    return user.has_perm("activity.view_activity")


@transaction.atomic
def anonymise(*, user: User) -> None:
    """Forget who it was wherever ``user`` is named. What happened, and when, stays."""
    Activity.objects.of(user).update(data={})
    Activity.objects.filter(actor=user).update(actor=None)
    Activity.objects.filter(subject=user).update(subject=None)


def cut_off(*, label: str, keys: Iterable[object], person: UUID) -> None:
    """Forget what was done to the things with these keys, and for whom; that something was done, and when, stays.

    ``person``: whose things they were; who else did it, such as staff, stays as well.
    """
    written = Activity.objects.filter(object_label=label, object_id__in=[str(key) for key in keys])
    written.filter(actor=person).update(actor=None)
    written.update(subject=None, data={})


def strip(*, label: str, keys: Iterable[object]) -> None:
    """Forget the details of what was done to the things with these keys; who did it for whom stays."""
    Activity.objects.filter(object_label=label, object_id__in=[str(key) for key in keys]).update(data={})


def _kept(value: values.Value) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
