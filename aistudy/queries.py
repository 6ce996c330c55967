"""What others may see of study content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aistudy.models import Artifact
from library.jobs.models import Job
from rag.models import Document


def artifacts(document: Document | None, user: Any) -> list[Artifact]:
    """The library's study content of ``document`` and the user's own, in the order in which kinds are made; one query.

    Whether ``user`` may read it at all is for ``Document.visible_to`` to say.
    """
    if document is None:
        return []
    return list(Artifact.objects.about(document).shown_to(user).order_by("created_at", "id"))


def study_jobs(document: Document | None) -> Sequence[Job]:
    """The jobs under way that make study content from ``document``, oldest first; one query."""
    if document is None:
        return []
    of_document = Artifact.objects.about(document).values("pk")
    under_way = Job.objects.open().filter(subject_label=Artifact._meta.label_lower, subject_id__in=of_document)
    return list(under_way.order_by("created_at", "id"))
