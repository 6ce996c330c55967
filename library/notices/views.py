"""The bell as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from library.core.http.safe_redirects import own_page
from library.notices import bell

if TYPE_CHECKING:
    from accounts.models import User

PER_PAGE = 20


@never_cache
@require_safe
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """What I was told, the newest first, by pages."""
    user = cast("User", request.user)
    page = Paginator(bell.rows_of(user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": bell.sentences(page.object_list), "bell": bell.state_of(user)}
    return render(request, "notices/notices.html", context)


@require_POST
@login_required
def mark_read(request: HttpRequest) -> HttpResponse:
    """All up to a number, or one; then on to where it leads."""
    user = cast("User", request.user)
    if one := _number(request.POST.get("number")):
        bell.mark_read(user=user, numbers=[one])
    else:
        bell.mark_read(user=user, up_to=_number(request.POST.get("up_to")) or 0)
    return redirect(own_page(request, request.POST.get("next", "")) or "notices:notices")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
