"""What others may see of study content."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from aistudy.models import Artifact
from catalog.models import Book


def artifacts(book: Book, user: Any) -> list[Artifact]:
    """The library's study content of ``book`` and the user's own, in the order in which kinds are made; one query.

    Whether ``user`` may read the book at all is for ``catalog.access`` to say.
    """
    mine = Q(owner=user.pk) if user.pk else Q()
    return list(
        Artifact.objects.filter(Q(owner=None) | mine if mine else Q(owner=None), document__book=book).order_by(
            "created_at", "id"
        )
    )
