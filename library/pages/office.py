"""The first page of the back office: what a librarian does there, and the library's figures of today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron
from circulation.views.desk import desk_address
from library.core import tiles
from library.core.admin import Link, front, links_of

# What is done, the permission that it takes (of several, all), and the page where it is done.
DEEDS: tuple[tuple[Promise, str, str], ...] = (
    (_("Add a book"), "catalog.add_book", "admin:catalog_book_add"),
    (_("Lend and take back"), "circulation.add_loan circulation.change_loan", "circulation:desk"),
    (_("Fetch requests"), "circulation.change_hold", "circulation:pick-list"),
    (_("Find a reader"), "accounts.view_patron", "admin:accounts_patron_changelist"),
    (_("Rules of lending"), "circulation.view_loanrule", "admin:circulation_loanrule_changelist"),
    (_("Opening hours"), "circulation.view_openinghours", "admin:circulation_openinghours_changelist"),
)


@front
def office(request: HttpRequest) -> Mapping[str, Any]:
    """What this person may do, and the figures that they may see."""
    user: Any = request.user
    deeds = [(name, reverse(page)) for name, needs, page in DEEDS if user.has_perms(needs.split())]
    return {"deeds": deeds, "figures": tiles.tiles(user, at=timezone.now())}


@links_of(Patron)
def to_desk_and_loans(request: HttpRequest, patron: Patron) -> list[Link]:
    """From a reader's record to what they have and to the desk, for whoever may see them."""
    found: list[Link] = []
    user: Any = request.user
    if user.has_perms(["circulation.add_loan", "circulation.change_loan"]):
        found.append((_("At the desk"), desk_address(patron)))
    if user.has_perm("circulation.view_loan"):
        address = reverse("admin:circulation_loan_changelist")
        found.append((_("Their loans"), f"{address}?{urlencode({'patron': patron.pk})}"))
    return found
