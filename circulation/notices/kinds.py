"""The kinds of notices about loans, and the sentence by which each stands in a letter and behind the bell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import get_default_timezone, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from circulation.models import Loan
from library.notices import kinds
from library.notices.kinds import Context, Variable
from library.notices.models import Notice
from library.notices.words import thaw

APP = "circulation"
LOAN_RECEIPT, RETURN_RECEIPT, DUE_MOVED = "loan_receipt", "return_receipt", "due_moved"
TOGETHER, RECEIPTS = "loans", "receipts"  # the words by which they go in one letter
WAIT = timedelta(minutes=5)  # for what else a run tells, or the desk does
SAMPLE = datetime.fromisoformat("2026-12-03T22:59:59+00:00")
BOOK = {
    "title": Variable(gettext_lazy("the book’s title; of several, that of the first"), "The cell"),
    "barcode": Variable(gettext_lazy("the copy’s barcode"), "B-1001"),
    "branch": Variable(gettext_lazy("the branch where it was lent"), "Central Library"),
}
DUE = {"due": Variable(gettext_lazy("the day that it is due"), SAMPLE)}
RETURNED = {"returned": Variable(gettext_lazy("the day that it came back"), SAMPLE)}


def register() -> None:
    """Make them known."""
    is_due = {"still_true": still_due, "gathers": TOGETHER, "wait": WAIT, "leads_to": _to_loan}
    due_words = {"variables": {**BOOK, **DUE}, **is_due}
    kinds.register(
        "due_soon",
        app=APP,
        name=gettext_lazy("Due soon"),
        group=kinds.DUE.code,
        weight=20,
        says=sentence(gettext_lazy("“%(title)s” is due on %(due)s.")),
        **due_words,
    )
    kinds.register(
        DUE_MOVED,
        app=APP,
        name=gettext_lazy("Due on another day"),
        group=kinds.DUE.code,
        weight=10,
        says=sentence(gettext_lazy("“%(title)s” has another date: it is due on %(due)s.")),
        **due_words,
    )
    was_due = sentence(gettext_lazy("“%(title)s” was due on %(due)s."))
    for step, name in enumerate((gettext_lazy("Overdue 1"), gettext_lazy("Overdue 2"), gettext_lazy("Overdue 3")), 1):
        kinds.register(
            f"overdue_{step}",
            app=APP,
            name=name,
            group=kinds.OVERDUE.code,
            weight=20 + 10 * step,
            says=was_due,
            **due_words,
        )
    receipt: dict[str, Any] = {"app": APP, "group": kinds.RECEIPTS.code, "wait": WAIT, "leads_to": _to_loan}
    kinds.register(
        LOAN_RECEIPT,
        name=gettext_lazy("Receipt for loans"),
        gathers=f"{RECEIPTS}_lent",
        says=sentence(pgettext_lazy("receipt", "“%(title)s” is yours until %(due)s.")),
        variables={**BOOK, **DUE},
        **receipt,
    )
    kinds.register(
        RETURN_RECEIPT,
        name=gettext_lazy("Receipt for returns"),
        gathers=f"{RECEIPTS}_returned",
        says=sentence(gettext_lazy("“%(title)s” came back on %(returned)s.")),
        variables={**BOOK, **RETURNED},
        **receipt,
    )


def cause(loan: UUID, due: str, code: str) -> str:
    """What names a cause: the loan, the day that it is due, and what is told of it."""
    return f"loan:{loan}:{due}:{code}"


def words_of(loan: Loan) -> dict[str, Any]:
    """What letters say of a loan. ``loan`` with copy, book and branch."""
    return {
        "loan": str(loan.pk),
        "title": loan.copy.book.title[:300],
        "barcode": loan.copy.barcode,
        "branch": loan.branch.name,
        "due": loan.due_at,
        "is_hourly": loan.is_hourly,
    }


def still_due(notice: Notice) -> bool:
    """Whether the loan is still out, as far as anybody knows, and due on the day that the notice tells."""
    due = due_in(notice)
    return due is not None and (
        Loan.objects.open()
        .filter(pk=notice.context["loan"], due_at=due, claimed_returned_at=None, lost_at=None, patron=notice.user_id)
        .exists()
    )


def due_in(notice: Notice) -> datetime | None:
    """The due date in the words of a notice."""
    due = thaw(notice.context).get("due")
    return due if isinstance(due, datetime) else None


def _to_loan(context: Context) -> str:
    return reverse("circulation:loan", args=[context["loan"]])


def sentence(pattern: Promise) -> Callable[[Context], str]:
    """What fills ``pattern`` with the words of a notice, days as days."""

    def says(context: Context) -> str:
        said = {name: _moment(context, value) for name, value in context.items()}
        return (str(pattern) % said).strip()

    return says


def _moment(context: Context, value: Any) -> Any:
    """A day; of a loan by the hour, with the hour."""
    if not isinstance(value, datetime):
        return value
    local = localtime(value, get_default_timezone())
    day = date_format(local, "j F Y")
    return _("%(day)s, %(hour)s") % {"day": day, "hour": date_format(local, "H:i")} if context.get("is_hourly") else day
