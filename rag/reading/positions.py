"""How far readers have read: moved by turning pages, and by nothing else."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from rag import errors
from rag.models import Document, IndexGeneration, ReadingPosition

MOST_SHOWN = 24


def turn_to(
    *, user: User, document: Document, generation: IndexGeneration, page: int, at: datetime | None = None
) -> ReadingPosition:
    """``user`` turned to ``page`` as they read: there they will go on, on whichever device they turned last.

    Errors: ``PageNotFound``.
    """
    if not 1 <= page <= generation.page_count:
        raise errors.PageNotFound
    position = ReadingPosition(user=user, document=document, page=page, read_at=at or timezone.now())
    # In one statement: two devices may turn at once.
    ReadingPosition.objects.bulk_create(
        [position], update_conflicts=True, unique_fields=["user", "document"], update_fields=["page", "read_at"]
    )
    return position


def position_of(user: User, document: Document, generation: IndexGeneration) -> int | None:
    """The page at which ``user`` goes on, if they have read in it; a book that has become shorter ends at its end."""
    found = ReadingPosition.objects.filter(user=user, document=document).first()
    return min(found.page, generation.page_count) if found is not None else None


def read_lately(user: User) -> list[ReadingPosition]:
    """Where ``user`` reads, the latest first, of books that they may still read; at most ``MOST_SHOWN``."""
    own = ReadingPosition.objects.filter(user=user, document__in=Document.objects.visible_to(user))
    return list(own.select_related("document__book", "document__live_generation")[:MOST_SHOWN])


def forget(*, user: User, book_id: int) -> None:
    """As if ``user`` had never read the book, whether they may now or not."""
    ReadingPosition.objects.filter(user=user, document__book=book_id).delete()


def keep(*, document: Document, kept: Document) -> None:
    """``document`` goes, for its book is one with that of ``kept``: there its readers go on, unless they read in that
    already."""
    own = ReadingPosition.objects.filter(document=kept, user=OuterRef("user"))
    ReadingPosition.objects.filter(~Exists(own), document=document).update(document=kept)
