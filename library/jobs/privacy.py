"""What jobs know of a person: who asked for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from library.core.privacy.registry import Person, rows
from library.jobs.models import Job

FIELDS = ("jobs.Job.requested_by",)


def exported(person: Person) -> Mapping[str, Any]:
    """The jobs that they asked for."""
    asked = Job.objects.filter(requested_by=person.id).order_by("created_at", "id")
    return {"jobs": rows(asked, "kind", "state", "subject_label", "subject_id", "created_at", "ended_at")}


def erase(person: Person) -> None:
    """The work stays; who asked for it is gone."""
    Job.objects.filter(requested_by=person.id).update(requested_by=None)
