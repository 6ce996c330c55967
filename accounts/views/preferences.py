"""My choices: how I am told, in which language, whether my past loans are kept."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.errors import HistoryWouldGo
from accounts.services import preferences
from library.core.errors import InvalidInput
from library.core.http.api import user_of
from library.notices import addresses, kinds
from library.notices.models import LetterWish
from library.notices.preferences import Wish


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def choices(request: HttpRequest) -> HttpResponse:
    """See and change them; giving up the history is asked about once more."""
    if request.method != "POST":
        return _page(request)
    try:
        preferences.choose(
            user=user_of(request),
            wishes=_wishes(request),
            language=request.POST.get("language"),
            keeps_history="keeps_history" in request.POST,
            is_warned="is_warned" in request.POST,
        )
    except HistoryWouldGo:
        return _page(request, asks_about_history=True, status=422)
    except InvalidInput as refusal:
        return _page(request, refusal=refusal, status=422)
    messages.success(request, _("Your choices are saved."))
    return redirect("accounts:preferences")


def _wishes(request: HttpRequest) -> dict[str, Wish]:
    """As the form has them: a group without a choice of letters keeps its own."""
    return {
        code: Wish(request.POST.get(f"{code}.letters", str(group.letters)), f"{code}.bell" in request.POST)
        for code, group in kinds.GROUPS.items()
    }


def _page(
    request: HttpRequest, *, asks_about_history: bool = False, refusal: InvalidInput | None = None, status: int = 200
) -> HttpResponse:
    user = user_of(request)
    chosen = preferences.choices_of(user)
    wishes = _wishes(request) if status != 200 else chosen.wishes
    marked = addresses.marked_groups(user.address)
    context = {
        "groups": [(group, wishes[code], code in marked) for code, group in kinds.GROUPS.items()],
        "ways": LetterWish.choices,
        "languages": settings.LANGUAGES,
        "language": request.POST.get("language", chosen.language),
        "keeps_history": chosen.keeps_history if status == 200 else "keeps_history" in request.POST,
        "asks_about_history": asks_about_history,
        "refusal": refusal,
        "is_unreachable": "" in marked,
        "without_digest": kinds.DIGEST in marked,
    }
    return render(request, "accounts/preferences.html", context, status=status)
