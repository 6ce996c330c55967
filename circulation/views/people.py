"""Who asks."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from accounts.models import Patron, User
from circulation import queries
from library.core.addresses import own_page
from library.core.errors import NotFound


def user_of(request: HttpRequest) -> User:
    """Who is signed in; every page here requires somebody."""
    return cast(User, request.user)


def patron_of(request: HttpRequest) -> Patron:
    """Who is signed in, as a patron."""
    patron = queries.patron_of(user_of(request).pk)
    if patron is None:
        raise NotFound
    return patron


def back_to(request: HttpRequest) -> str:
    """The page of ours that the form names in ``next``; empty where it names none."""
    return own_page(request, request.POST.get("next", ""))
