"""Staff's pages of holds: the queue of a book, what waits on the hold shelf or is to be cancelled, and slips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Book, Branch
from circulation import queries, services
from circulation.explain import due_words
from circulation.forms import AskForReaderForm, MoveForm
from circulation.models import BOUND_HOLD_STATES, Hold, HoldQuerySet, HoldState
from circulation.readers.outlooks import with_outlooks
from circulation.services.overrides import PERMISSION
from circulation.views.people import add_refusal, back_to
from library.core.errors import Level, LibraryError, NotAllowed, NotFound, Reason
from library.core.http.api import user_of
from library.core.http.idempotency import form_once

HOLDS_PAGE, QUEUE_PAGE = 50, 100
serves_holds = permission_required("circulation.change_hold", raise_exception=True)


@require_safe
@login_required
@serves_holds
def queue(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has a copy of the book set aside, and who waits for one."""
    return _queue(request, _book(pk), AskForReaderForm())


@require_POST
@login_required
@serves_holds
def ask_for_reader(request: HttpRequest, pk: int) -> HttpResponse:
    """Place a hold for a reader; a refusal offers to set aside what may be, with a comment."""
    book, form = _book(pk), AskForReaderForm(request.POST)
    if form.is_valid():
        try:
            said = form_once(request, lambda: _placed(request, book, form.cleaned_data)).body
        except NotAllowed:
            raise
        except LibraryError as refusal:
            add_refusal(form, refusal)
            return _queue(request, book, form, refusal=refusal)
        messages.success(request, said, extra_tags="good")
        return redirect("circulation:queue", book.pk)
    return _queue(request, book, form)


def _placed(request: HttpRequest, book: Book, wish: dict[str, Any]) -> str:
    given = {name: wish[name] for name in ("branch", "copy", "override", "comment")}
    hold = services.place_hold(book=book, patron=wish["card"], by=user_of(request), **given)
    told = {"reader": hold.patron.user, "state": due_words.hold(hold)}
    return _("Requested for %(reader)s. %(state)s.") % told


def _book(pk: int) -> Book:
    book = Book.objects.filter(pk=pk).first()
    if book is None:
        raise NotFound
    return book


def _queue(
    request: HttpRequest, book: Book, form: AskForReaderForm, *, refusal: LibraryError | None = None
) -> HttpResponse:
    line = Hold.objects.in_line().with_names().filter(book=book)
    page = Paginator(line, QUEUE_PAGE).get_page(request.GET.get("page"))
    page.object_list = with_outlooks(page.object_list, at=timezone.now())
    context = {
        "book": book,
        "served": Hold.objects.bound().with_names().filter(book=book).order_by("state", "placed_at"),
        "line": page,
        "seen": services.queue_version(line.values_list("pk", flat=True)),
        "here": reverse("circulation:queue", args=[book.pk]),
        "form": form,
        "reasons": _may_be_set_aside(refusal) if refusal and request.user.has_perm(PERMISSION) else (),
    }
    return render(request, "circulation/queue.html", context, status=422 if form.errors else 200)


def _may_be_set_aside(refusal: LibraryError) -> list[Reason]:
    """None where one of the reasons is impossible."""
    if any(reason.level == Level.IMPOSSIBLE for reason in refusal.reasons):
        return []
    return [reason for reason in refusal.reasons if reason.level == Level.OVERRIDABLE]


@require_POST
@login_required
@serves_holds
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a hold at another place of its queue, unless somebody else has moved it meanwhile."""
    hold, form = _hold(pk), MoveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a place in the queue."))
        return redirect("circulation:queue", hold.book_id)
    given = form.cleaned_data
    moved = services.move_hold(hold=hold, to=given["position"], seen=given["seen"], by=user_of(request))
    told = {"reader": hold.patron.user, "place": moved.position}
    messages.success(request, _("%(reader)s is number %(place)d now.") % told, extra_tags="good")
    return redirect("circulation:queue", hold.book_id)


@require_POST
@login_required
@serves_holds
def keep(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Turn a cancellation request down."""
    hold = services.keep_hold(hold=_hold(pk), by=user_of(request))
    messages.success(
        request, _("It stays on the hold shelf: %(title)s.") % {"title": hold.book.title}, extra_tags="good"
    )
    return redirect(back_to(request) or "circulation:all-holds")


TABS: dict[str, Callable[[HoldQuerySet], HoldQuerySet]] = {
    "": lambda holds: holds.filter(state=HoldState.READY).order_by("shelf_until", "placed_at", "id"),
    "cancel": lambda holds: holds.filter(state=HoldState.READY, cancel_requested=True).order_by("placed_at", "id"),
    "transit": lambda holds: holds.filter(state=HoldState.IN_TRANSIT).order_by("placed_at", "id"),
    "waiting": lambda holds: holds.in_line().order_by("placed_at", "id"),
}


@require_safe
@login_required
@serves_holds
def all_holds(request: HttpRequest) -> HttpResponse:
    """What waits on the hold shelf, by its last day; cancellation requests; what travels; who waits."""
    chosen = request.GET.get("show", "")
    tab = chosen if chosen in TABS else ""
    branch = _branch(request)
    holds = TABS[tab](Hold.objects.with_names())
    if branch is not None:
        holds = holds.filter(pickup_branch=branch)
    context = {
        "tabs": _tabs(tab, branch),
        "branch": branch,
        "branches": queries.pickup_branches(),
        "show": tab,
        "found": Paginator(holds, HOLDS_PAGE).get_page(request.GET.get("page")),
        "kept": _query(show=tab, branch=branch.code if branch else ""),
        "here": request.get_full_path(),
    }
    return render(request, "circulation/all_holds.html", context)


@require_safe
@login_required
@serves_holds
def slip(request: HttpRequest, barcode: str) -> HttpResponse:
    """The slip for a copy on the hold shelf or on its way, naming the hold that is bound to it. Nothing is changed."""
    copy = queries.find_copy(barcode)
    if copy is None:
        raise NotFound
    hold = Hold.objects.with_names().filter(copy=copy, state__in=BOUND_HOLD_STATES).first()
    goal = hold.pickup_branch if hold is not None else copy.branch
    context = {"copy": copy, "hold": hold, "goal": goal, "is_ready": hold is not None and hold.state == HoldState.READY}
    return render(request, "circulation/slip.html", context)


def _hold(pk: UUID) -> Hold:
    hold = Hold.objects.with_names().filter(pk=pk).first()
    if hold is None:
        raise NotFound
    return hold


def _branch(request: HttpRequest) -> Branch | None:
    code = request.GET.get("branch", "")
    return Branch.objects.filter(code=code).first() if code and "\0" not in code else None  # no text in PostgreSQL


def _query(**words: str) -> str:
    return urlencode({name: word for name, word in words.items() if word})


def _tabs(here: str, branch: Branch | None) -> list[dict[str, Any]]:
    """One link for each list; how many cancellation requests there are is said in its own."""
    requests = Hold.objects.filter(state=HoldState.READY, cancel_requested=True).count()
    named = [
        ("", _("Hold shelf")),
        ("cancel", _("To be cancelled (%(count)d)") % {"count": requests}),
        ("transit", _("On the way")),
        ("waiting", _("In queues")),
    ]
    kept = branch.code if branch else ""
    address = reverse("circulation:all-holds")
    return [
        {"label": label, "address": f"{address}?{_query(show=show, branch=kept)}", "is_here": show == here}
        for show, label in named
    ]
