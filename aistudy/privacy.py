"""What study content knows of a person: what was written for them alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aistudy.models import Artifact
from library.core.privacy.registry import Person, rows

FIELDS = ("aistudy.Artifact.owner",)


def exported(person: Person) -> Mapping[str, Any]:
    """Their own artifacts, with what they say."""
    own = Artifact.objects.filter(owner=person.id).order_by("created_at", "id")
    return {"artifacts": rows(own, "document__book__title", "kind", "language", "content", "created_at")}


def erase(person: Person) -> None:
    """Nobody else may read them."""
    Artifact.objects.filter(owner=person.id).delete()
