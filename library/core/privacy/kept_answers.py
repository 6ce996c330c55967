"""What repeated requests are answered by, of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from library.core.models import KeptAnswer
from library.core.privacy.registry import Person, rows

FIELDS = ("core.KeptAnswer.user_id",)


def exported(person: Person) -> Mapping[str, Any]:
    """The answers of the last day."""
    return {"kept_answers": rows(KeptAnswer.objects.filter(user_id=person.id), "key", "status", "body", "created_at")}


def erase(person: Person) -> None:
    """They are good for nobody else."""
    KeptAnswer.objects.filter(user_id=person.id).delete()
