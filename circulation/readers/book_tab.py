"""The tab of a book's copies: where they stand, and the request for one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from accounts.models import User
from catalog import queries as catalog
from catalog.models import Book
from catalog.pages.tabs import TabPanel
from circulation import queries
from circulation.readers.outlooks import with_outlooks


def show_copies(request: HttpRequest, book: Book) -> TabPanel:
    """Its copies by branch; for a reader also what they have or wait for of it."""
    context: dict[str, Any] = {"availability": catalog.availability(book), "in_line": queries.in_line(book)}
    if isinstance(request.user, User):
        patron = request.user.patron
        holds, loan = with_outlooks(queries.open_holds(patron, book)), queries.open_loan(patron, book)
        context |= {"holds": holds, "loan": loan, "asks": not loan and (not holds or queries.lets_ask_again())}
        if context["asks"]:
            context["pickups"] = queries.pickup_branches()
    return TabPanel(context)
