"""A reader's card on a page to show or to print, and the letters that staff print for who has no e-mail address."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Patron
from accounts.people import block_kinds
from accounts.services import blocks
from accounts.services import printed_letters as on_paper
from accounts.services.enrolment import PERMISSION
from library.core import days
from library.core.http.api import user_of


@require_safe
@never_cache
@login_required
def card(request: HttpRequest) -> HttpResponse:
    """My card: its number and the lines that the desk scans."""
    patron = Patron.objects.select_related("user", "tier").get(pk=request.user.pk)
    standing = {block.code for block in blocks.in_force(patron)}
    is_lost = block_kinds.CARD_LOST in standing
    return render(request, "accounts/card.html", {"patron": patron, "today": days.today(), "is_lost": is_lost})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required(PERMISSION, raise_exception=True)
def letters(request: HttpRequest) -> HttpResponse:
    """The letters to print, some at a time; those that staff say are printed go from the list."""
    if request.method == "POST":
        count = on_paper.printed(ids=_ids(request.POST.getlist("letter")), by=user_of(request))
        done = ngettext("%(count)d letter is marked as printed.", "%(count)d letters are marked as printed.", count)
        messages.success(request, done % {"count": count})
        return redirect("accounts:letters")
    found = on_paper.to_print()
    return render(request, "accounts/letters.html", {"letters": found, "waiting": on_paper.waiting()})


def _ids(given: list[str]) -> list[UUID]:
    """Those that are ids; a page shows no more at once."""
    found = []
    for text in given[: on_paper.AT_ONCE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
