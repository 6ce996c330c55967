"""What circulation does when something happens below it. Connected in ``ready()``."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.signals import card_wanted
from catalog.models import Book, Copy
from catalog.signals import books_merging, copies_freed
from circulation import services
from circulation.services import copy_placement


@receiver(books_merging, dispatch_uid="circulation.move_holds")
def move_holds(*, kept: Book, merged: Book, **kwargs: Any) -> set[str]:
    """Who waits for a record that goes waits for the one that stays."""
    services.move_holds(kept=kept, merged=merged)
    return {"circulation.Hold.book"}


@receiver(copies_freed, dispatch_uid="circulation.serve_queue")
def serve_queue(*, book_id: int, **kwargs: Any) -> None:
    """No copy stands free beside those who wait for its book, whatever freed it."""
    copy_placement.serve_queue(book_id)


@receiver(card_wanted, dispatch_uid="circulation.is_barcode")
def is_barcode(*, card: str, **kwargs: Any) -> bool:
    """Whether a copy has this number. The database refuses it too, whoever writes it (``migrations/sql``)."""
    return Copy.objects.filter(barcode_folded=card).exists()
