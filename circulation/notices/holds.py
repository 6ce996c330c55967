"""The kinds of notices about holds. A cause is a hold and, for what waits on the hold shelf, its spell there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from circulation.models import Hold, HoldState
from circulation.notices.kinds import BOOK, SAMPLE, sentence
from circulation.services import hold_letters
from library.notices import kinds
from library.notices.kinds import Context, Variable
from library.notices.models import Notice

WAIT = timedelta(minutes=10)  # so that books which become ready together are told together
TITLE = {"title": BOOK["title"]}
REASON = {"reason": Variable(gettext_lazy("why, in a sentence; often nothing"), "The book is damaged.")}
SHELF = {
    "branch": Variable(gettext_lazy("the branch where it waits"), "Central Library"),
    "until": Variable(gettext_lazy("the last day on which it waits, that day included"), SAMPLE),
}


def register() -> None:
    """Make them known; the letter of each kind gathers what is of its kind."""
    on_shelf: dict[str, Any] = {"variables": {**TITLE, **SHELF}, "still_true": _waits_on_shelf}
    _register(
        hold_letters.READY,
        gettext_lazy("Ready to be fetched"),
        gettext_lazy("“%(title)s” is ready for you at %(branch)s until %(until)s."),
        **on_shelf,
    )
    _register(
        hold_letters.EXPIRING,
        gettext_lazy("Still waits to be fetched"),
        gettext_lazy("“%(title)s” still waits for you at %(branch)s until %(until)s."),
        **on_shelf,
    )
    _register(
        hold_letters.EXPIRED,
        gettext_lazy("No longer kept"),
        gettext_lazy("“%(title)s” waited for you at %(branch)s until %(until)s and is no longer kept."),
        variables={**TITLE, **SHELF},
        still_true=_has_ended(HoldState.EXPIRED),
    )
    _register(
        hold_letters.CANCELLED,
        gettext_lazy("Request cancelled"),
        gettext_lazy("Your request for “%(title)s” was cancelled. %(reason)s"),
        variables={**TITLE, **REASON},
        still_true=_has_ended(HoldState.CANCELLED),
    )
    _register(
        hold_letters.REFUSED,
        gettext_lazy("Request refused"),
        gettext_lazy("We could not fetch “%(title)s” for you. %(reason)s"),
        variables={**TITLE, **REASON},
        still_true=_has_ended(HoldState.REFUSED),
    )
    _register(
        hold_letters.PASSED_OVER,
        gettext_lazy("Passed over"),
        gettext_lazy("“%(title)s” went to another reader, and you keep your place. %(reasons)s"),
        variables={**TITLE, "reasons": REASON["reason"]},
        still_true=_has_ended(HoldState.QUEUED),
    )


def _register(code: str, name: Any, said: Any, **given: Any) -> None:
    kinds.register(
        code,
        app="circulation",
        name=name,
        group=kinds.HOLDS.code,
        gathers=code,
        wait=WAIT,
        says=sentence(said),
        leads_to=_to_loans,
        **given,
    )


def _waits_on_shelf(notice: Notice) -> bool:
    """Whether it stands there still, in the spell that the notice tells of."""
    began = (notice.dedupe or "").split(":", 3)[-1]
    on_shelf = Hold.objects.filter(pk=notice.context["hold"], state=HoldState.READY, patron=notice.user_id)
    return on_shelf.filter(ready_at=datetime.fromisoformat(began)).exists()


def _has_ended(state: HoldState) -> Any:
    def is_so(notice: Notice) -> bool:
        return Hold.objects.filter(pk=notice.context["hold"], state=state, patron=notice.user_id).exists()

    return is_so


def _to_loans(context: Context) -> str:
    return reverse("circulation:my-loans")
