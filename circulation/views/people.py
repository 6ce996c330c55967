"""What the pages share: who asks, where to go back to, how a refusal is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from django.forms import Form
from django.http import HttpRequest

from accounts.models import Patron, User
from circulation import queries
from library.core.errors import LibraryError, NotFound
from library.core.http.safe_redirects import own_page


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


def add_refusal(form: Form, refusal: LibraryError, *, named: Mapping[str, str] | None = None) -> None:
    """Show a refusal beside the fields that it is about, or over the form. ``named``: our field for the service's."""
    for name, sentences in refusal.fields.items():
        field = (named or {}).get(name, name)
        for sentence in sentences:
            form.add_error(field if field in form.fields else None, sentence)
    if not refusal.fields:
        for sentence in refusal.sentences:
            form.add_error(None, sentence)
