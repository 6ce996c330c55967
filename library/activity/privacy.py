"""What the record of activity says of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from library.activity import services
from library.activity.models import Activity
from library.core.privacy.registry import Person, rows

FIELDS = ("activity.Activity.actor", "activity.Activity.subject")
COLUMNS = ("at", "verb", "object_label", "object_id", "data")


def exported(person: Person) -> Mapping[str, Any]:
    """What they did, and what was done to them by others."""
    done = Activity.objects.filter(actor=person.id).order_by("at", "id")
    suffered = Activity.objects.filter(Q(subject=person.id) & ~Q(actor=person.id)).order_by("at", "id")
    return {"done": rows(done, *COLUMNS), "done_to_them": rows(suffered, *COLUMNS)}


def erase(person: Person) -> None:
    """What happened, and when, stays."""
    services.anonymise(user=get_user_model().objects.get(pk=person.id))
