"""The front page: what the library is for a visitor, what is going on for a reader."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from circulation import queries as circulation
from circulation.models import HoldState
from circulation.readers.outlooks import with_outlooks
from library.pages import queries


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    shelves = {
        "askable": queries.askable_books(request.user),
        "newest": queries.newest_books(request.user),
        "popular": queries.popular_books(request.user),
    }
    if not isinstance(request.user, User):
        return render(request, "pages/welcome.html", shelves)
    patron = request.user.patron
    holds = with_outlooks(circulation.home_holds(patron))
    return render(
        request,
        "pages/home.html",
        {
            **shelves,
            "today": timezone.localdate(),
            "greeting": queries.greeting(),
            "loans": list(circulation.home_loans(patron)),
            "ready": [hold for hold in holds if hold.state == HoldState.READY],
            "waiting": [hold for hold in holds if hold.state != HoldState.READY],
            "counts": queries.desk_counts() if request.user.is_staff else None,
        },
    )
