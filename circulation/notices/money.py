"""What readers are told of money: what was charged for a lost book; receipts and statements when they ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from library.notices import kinds


def register() -> None:
    """Make them known. What somebody asks for is sent whatever they chose; of a charge they choose."""
    kinds.register("receipt", app="circulation", name=gettext_lazy("Receipt"))
    kinds.register("statement", app="circulation", name=gettext_lazy("Statement"))
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
