"""What readers are told of money: what was charged for a lost book; receipts and statements when they ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from circulation.money import receipts
from library.core.errors import NotFound
from library.notices import kinds
from library.notices.kinds import Attachment
from library.notices.models import Notice


def register() -> None:
    """Make them known. What somebody asks for is sent whatever they chose; of a charge they choose."""
    kinds.register("receipt", app="circulation", name=gettext_lazy("Receipt"), attaches=_receipt)
    kinds.register("statement", app="circulation", name=gettext_lazy("Statement"), attaches=_statement)
    kinds.register(
        "lost_charged",
        app="circulation",
        name=gettext_lazy("Charged for a lost book"),
        group=kinds.MONEY.code,
        says=_lost,
        leads_to=_to_charges,
    )


def _lost(words: Mapping[str, Any]) -> str:
    return _("“%(title)s” was declared lost; %(amount)s was charged for it.") % words


def _to_charges(words: Mapping[str, Any]) -> str:
    return reverse("circulation:my-charges")


def _receipt(row: Notice) -> Sequence[Attachment]:
    """Errors: ``NotFound`` where the payment is not this reader's, or there is none."""
    found = receipts.by_number(int(row.context["number"]))
    if found is None or row.user is None or receipts.patron_of(found).user_id != row.user_id:
        raise NotFound
    return [_file(_("receipt-%(number)d.pdf") % {"number": found.number or 0}, receipts.pdf_of(found))]


def _statement(row: Notice) -> Sequence[Attachment]:
    """As it stands when the letter goes. Errors: ``NotFound`` for somebody without a card."""
    patron = getattr(row.user, "patron", None)
    if patron is None:
        raise NotFound
    return [_file(_("statement.pdf"), receipts.statement_pdf(patron))]


def _file(name: str, content: bytes) -> Attachment:
    return Attachment(name, content, "application/pdf")
