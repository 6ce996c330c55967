"""What the pages share: who asks, where to go back to, how a refusal is shown."""

from __future__ import annotations

from collections.abc import Mapping

from django.forms import Form
from django.http import HttpRequest

from library.core.errors import LibraryError
from library.core.http.safe_redirects import own_page


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
