"""The desk: one box, and what staff do with the loans of the reader who stands before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Patron
from accounts.services import printed_letters
from accounts.services.enrolment import PERMISSION as REGISTERS
from catalog.models import Branch
from circulation import queries
from circulation.desk import scanning as desks
from circulation.desk import taken_back
from circulation.desk.scanning import DeskOutcome, SetAside, TakingBack
from circulation.forms import DeskBranchForm, OverrideForm, ScanForm
from circulation.models import Loan
from circulation.money import statements
from circulation.readers import at_home, my_loans
from circulation.readers.standing import standing_against
from circulation.services.overrides import PERMISSION
from circulation.state import snapshot
from circulation.views import shown_once
from circulation.views.people import add_refusal
from library.core import days
from library.core.errors import LibraryError, NotAllowed, NotFound
from library.core.http.api import user_of
from library.core.http.idempotency import IdempotencyKeyReused, form_once
from library.profile import services as profile

TICK = gettext_lazy("Tick each reason that you set aside; what is impossible stays.")
BRANCH = "desk_branch"
lends_and_takes_back = permission_required(["circulation.add_loan", "circulation.change_loan"], raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@lends_and_takes_back
def desk(request: HttpRequest) -> HttpResponse:
    """One box for cards and barcodes. Every scan ends in a redirect, so that a reload repeats nothing."""
    if request.method != "POST":
        return shown_once.shown(request, _show(request, shown_once.take(request)))
    takes_back = _takes_back(request)
    form = ScanForm(request.POST)
    if not form.is_valid():
        sentences = [str(sentence) for told in form.errors.values() for sentence in told]
        word = _("Nothing scanned") if "scan" in form.errors else _("Not taken back")
        return _shown_next(request, DeskOutcome("bad", word, sentences), current_reader(request), takes_back=takes_back)
    done = form_once(request, lambda: _scan(request, form, takes_back=takes_back))
    if not done.is_replayed:
        taken_back.remember(request.session, done.body["outcome"]["taken"])
    day, is_another = form.cleaned_data["returned_on"], done.body["is_another"]
    return _shown_next(
        request,
        DeskOutcome.from_dict(done.body["outcome"]),
        done.body["reader"],
        takes_back=takes_back and not is_another,
        returned_on=day.isoformat() if day and not is_another else "",
    )


def _scan(request: HttpRequest, form: ScanForm, *, takes_back: bool) -> dict[str, Any]:
    """What a scan came to, as JSON can hold it: a browser that got no answer sends it again, and it is done once."""
    scanned = desks.scan(
        text=form.cleaned_data["scan"],
        reader=_reader_id(request),
        takes_back=takes_back,
        by=user_of(request),
        branch=request.session.get(BRANCH),
        said=TakingBack(form.returned_at, form.cleaned_data["is_damaged"]),
        meant=form.cleaned_data["meant"],
    )
    return {
        "outcome": scanned.outcome.as_dict(),
        "reader": str(scanned.reader.pk) if scanned.reader else "",
        "is_another": scanned.is_another,
    }


@require_POST
@login_required
@lends_and_takes_back
def override(request: HttpRequest) -> HttpResponse:
    """Lend or renew after all, with the ticked reasons set aside. What was typed stays where it is refused again."""
    attempt, form = _attempt(request), OverrideForm(request.POST)
    if not form.is_valid():
        told = attempt.outcome_now()
        if told.overridable and not form.cleaned_data.get("override") and "override" not in form.errors:
            form.add_error("override", TICK)
        return _show(request, told, form=form, status=422)
    set_aside = SetAside(form.cleaned_data["override"], form.cleaned_data["comment"], form.cleaned_data["due_at"])
    try:
        outcome = _once(request, lambda: attempt.make(set_aside))
    except NotAllowed:
        raise
    except IdempotencyKeyReused:
        form.add_error(None, _("This form was sent before, and something was done then. See how things stand below."))
        return _show(request, attempt.outcome_now(), form=form, status=422)
    except LibraryError as refusal:
        if refusal.reasons:
            form.add_error("override", TICK)
        else:
            add_refusal(form, refusal, named={"due_at": "due_on"})
        told = attempt.refused(refusal) if refusal.reasons else attempt.outcome_now()
        return _show(request, told, form=form, status=422)
    return _shown_next(request, outcome, attempt.reader)


@require_POST
@login_required
@lends_and_takes_back
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Renew one loan of the open reader; a refusal offers to set its reasons aside."""
    loan = _loan(pk)
    try:
        outcome = _once(request, lambda: desks.renew(loan, by=user_of(request)))
    except LibraryError as refusal:
        outcome = desks.not_renewed(refusal, loan)
    return _shown_next(request, outcome, loan.patron)


@require_POST
@login_required
@lends_and_takes_back
def renew_all(request: HttpRequest) -> HttpResponse:
    """Renew what can be renewed for the open reader."""
    reader = current_reader(request)
    if reader is None:
        raise NotFound
    return _shown_next(request, _once(request, lambda: desks.renew_all(reader, by=user_of(request))), reader)


@require_POST
@login_required
@lends_and_takes_back
def forget_taken(request: HttpRequest) -> HttpResponse:
    """Begin the list of what was taken back anew: the trolley is empty."""
    taken_back.forget(request.session)
    return redirect(desk_address(current_reader(request), takes_back=_takes_back(request)))


@require_POST
@login_required
@lends_and_takes_back
def choose_branch(request: HttpRequest) -> HttpResponse:
    """Where this desk stands: kept in the session, for every scan from now on."""
    form = DeskBranchForm(request.POST)
    if form.is_valid():
        chosen: Branch | None = form.cleaned_data["branch"]
        request.session[BRANCH] = chosen.pk if chosen else None
        place = chosen.name if chosen else _("wherever the copy belongs")
        outcome = DeskOutcome("good", _("Desk"), (_("This desk is at: %(place)s.") % {"place": place},))
    else:
        outcome = DeskOutcome("bad", _("Not changed"), [str(told) for told in form.errors["branch"]])
    return _shown_next(request, outcome, current_reader(request), takes_back=_takes_back(request))


def desk_branch(request: HttpRequest) -> Branch | None:
    """Where this desk stands. None: nobody said, or that branch is gone; each copy then counts as being at home."""
    kept = request.session.get(BRANCH)
    return Branch.objects.filter(pk=kept).first() if kept else None


def desk_address(reader: Patron | str | None, *, takes_back: bool = False, returned_on: str = "") -> str:
    """The desk with this reader open. The reader's id, not the card: addresses are kept in histories and logs."""
    query = {"reader": str(reader.pk if isinstance(reader, Patron) else reader)} if reader else {}
    query |= {"mode": "return"} if takes_back else {}
    query |= {"returned_on": returned_on} if returned_on else {}
    return reverse("circulation:desk") + (f"?{urlencode(query)}" if query else "")


def current_reader(request: HttpRequest) -> Patron | None:
    """Whose turn it is, by the address."""
    found = _reader_id(request)
    return queries.patron_of(found) if found else None


def _reader_id(request: HttpRequest) -> UUID | None:
    """Whose turn it is by the address, whether there is such a reader or not."""
    try:
        return UUID(request.GET.get("reader", ""))
    except ValueError:
        return None


def _attempt(request: HttpRequest) -> desks.DeskAttempt:
    """What staff try again: a renewal, or lending a copy to the open reader."""
    if request.POST.get("loan"):
        loan = _loan(request.POST["loan"])
        return desks.DeskAttempt(by=user_of(request), reader=loan.patron, loan=loan)
    reader, copy = current_reader(request), queries.find_copy(request.POST.get("copy", "").replace("\0", ""))
    if reader is None or copy is None:
        raise NotFound
    return desks.DeskAttempt(by=user_of(request), reader=reader, copy=copy, branch=desk_branch(request))


def _once(request: HttpRequest, work: Callable[[], DeskOutcome]) -> DeskOutcome:
    """What it came to, done once for each time that the form was shown."""
    return DeskOutcome.from_dict(form_once(request, lambda: work().as_dict()).body)


def _loan(pk: UUID | str) -> Loan:
    try:
        loan = Loan.objects.with_names().select_related("patron__tier").filter(pk=UUID(str(pk))).first()
    except ValueError:
        loan = None
    if loan is None:
        raise NotFound
    return loan


def _takes_back(request: HttpRequest) -> bool:
    return request.GET.get("mode") == "return"


def _shown_next(
    request: HttpRequest,
    outcome: DeskOutcome,
    reader: Patron | str | None,
    *,
    takes_back: bool = False,
    returned_on: str = "",
) -> HttpResponse:
    response = redirect(desk_address(reader, takes_back=takes_back, returned_on=returned_on))
    return shown_once.keep(request, response, outcome)


def _show(
    request: HttpRequest, outcome: DeskOutcome | None, *, form: OverrideForm | None = None, status: int = 200
) -> HttpResponse:
    """The desk. ``form``: an override that was refused, with what was typed."""
    takes_back, reader_id = _takes_back(request), _reader_id(request)
    reader, around = (snapshot.at_home(reader_id) if reader_id else None) or (None, None)
    if form is not None:  # it failed: begin there, not in the box
        form.fields["comment"].widget.attrs["autofocus"] = True
    said = ScanForm({"scan": "-", "returned_on": request.GET.get("returned_on", "")})
    day = said.cleaned_data.get("returned_on") if said.is_valid() else None
    branches = list(Branch.objects.all())
    branch = next((one for one in branches if one.pk == request.session.get(BRANCH)), None)
    loans = my_loans.prospects_of(reader, around=around) if reader else []
    common, rows = my_loans.rows(loans, for_staff=True)
    reasons = outcome.overridable if outcome and request.user.has_perm(PERMISSION) else []
    today, library = days.today(), profile.for_pages() if around else None
    context: dict[str, Any] = {
        "form": said,
        "reader": reader,
        "takes_back": takes_back,
        "returned_on": day,
        "today": today,
        "against": standing_against(around.blocks if around else (), today=today),
        "here": desk_address(reader, takes_back=takes_back, returned_on=day.isoformat() if day else ""),
        "other_mode": desk_address(reader, takes_back=not takes_back),
        "outcome": outcome,
        "reasons": reasons,
        "override": form or (OverrideForm() if reasons else None),
        "branch": branch,
        "branch_form": DeskBranchForm(initial={"branch": branch}).offering(branches),
        "common": common,
        "loans": rows,
        "taken": taken_back.seen(request.session) if takes_back or reader is None else None,
        "stops": outcome is not None and (outcome.tone == "bad" or bool(outcome.choices or outcome.asks)),
        "letters": printed_letters.waiting() if reader is None and request.user.has_perm(REGISTERS) else 0,
        "balance": statements.Balance(around.owed, library.currency, library.digits) if around and library else None,
        "can_renew_all": sum(item.may_renew for item in loans) > 1,
        "holds": at_home.holds_of(reader) if reader else (),
    }
    return render(request, "circulation/desk.html", context, status=status)
