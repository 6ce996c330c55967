"""What circulation does when something happens below it. Connected in ``ready()``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.timezone import now

from accounts.models import Patron
from accounts.signals import block_lifted, card_wanted, history_given_up
from catalog.models import Book, Copy
from catalog.signals import books_merging, copies_freed
from circulation import services
from circulation.forgetting import past
from circulation.models import Charge, Credit, Hold, Loan
from circulation.notices import receipts
from circulation.services import copy_placement
from circulation.signals import debt_settled, loan_closed, loan_opened
from circulation.state import locks
from library.profile.signals import currency_wanted


@receiver(books_merging, dispatch_uid="circulation.move_holds")
def move_holds(*, kept: Book, merged: Book, **kwargs: Any) -> set[str]:
    """Who waits for a record that goes waits for the one that stays."""
    services.move_holds(kept=kept, merged=merged, at=now())
    return {"circulation.Hold.book"}


@receiver(copies_freed, dispatch_uid="circulation.serve_queue")
def serve_queue(*, book_id: int, **kwargs: Any) -> None:
    """No copy stands free beside those who wait for its book, whatever freed it."""
    copy_placement.serve_queue(book_id, at=now())


@receiver(debt_settled, dispatch_uid="circulation.serve_who_paid")
@receiver(block_lifted, dispatch_uid="circulation.serve_again")
def serve_again(*, patron: Patron, at: datetime, **kwargs: Any) -> None:
    """A reader who was passed over is served where a copy stands free."""
    waiting = Hold.objects.in_line().filter(patron=patron).order_by("book").values_list("book", flat=True)
    for book in dict.fromkeys(waiting):
        copy_placement.serve_queue(locks.book(book).pk, at=at)


@receiver(card_wanted, dispatch_uid="circulation.is_barcode")
def is_barcode(*, card: str, **kwargs: Any) -> bool:
    """Whether a copy has this number. The database refuses it too, whoever writes it (``migrations/sql``)."""
    return Copy.objects.filter(barcode_folded=card).exists()


@receiver(currency_wanted, dispatch_uid="circulation.keeps_sums")
def keeps_sums(**kwargs: Any) -> bool:
    """Whether anybody was ever charged or paid. The database refuses another currency too (``migrations/sql``)."""
    return Charge.objects.exists() or Credit.objects.exists()


@receiver(loan_opened, dispatch_uid="circulation.receipt_of_loan")
def write_receipt_of_loan(*, loan: Loan, **kwargs: Any) -> None:
    """Who wants receipts is told what they have."""
    receipts.of_loan(loan)


@receiver(loan_closed, dispatch_uid="circulation.receipt_of_return")
def write_receipt_of_return(*, loan: Loan, **kwargs: Any) -> None:
    """Who wants receipts is told what came back."""
    receipts.of_return(loan)


@receiver(history_given_up, dispatch_uid="circulation.forget_history")
def forget_history(*, patron: Patron, **kwargs: Any) -> None:
    """What was kept beyond the library's time goes at once; what is left of very much, with the next run."""
    past.forget_past_of(patron.pk, at=now())
