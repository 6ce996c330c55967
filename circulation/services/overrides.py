"""Setting a refusal aside: by whom, why, and which reasons."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.models import User
from circulation import errors
from circulation.models import Hold, Loan, Override, Verb
from circulation.rules import Decision
from circulation.rules.bounds import OUT_OF_BOUNDS
from library.activity import services as activity
from library.core import days
from library.core.errors import InvalidInput, NotAllowed, Reason

PERMISSION = "circulation.override_refusal"
COMMENT_LENGTH = 500


@dataclass(frozen=True)
class Permit:
    """What somebody asked to set aside, and may: the codes of the reasons, why, and a due date of their own."""

    codes: frozenset[str] = frozenset()
    comment: str = ""
    due_at: datetime | None = None
    by: User | None = None

    def reasons(self, decision: Decision) -> tuple[Reason, ...]:
        """The reasons that are set aside. Raises the refusal of ``decision``, with all reasons, where one is left."""
        decision.raise_if_refused(self.codes)
        return decision.overridable

    def write(self, made: Loan | Hold, verb: Verb, *, reasons: tuple[Reason, ...], at: datetime) -> None:
        """Keep who set which reasons aside for a loan or a hold, and why; nothing where nothing was."""
        if not reasons and self.due_at is None:
            return
        is_loan = isinstance(made, Loan)
        Override.objects.create(
            loan=made if isinstance(made, Loan) else None,
            hold=made if isinstance(made, Hold) else None,
            verb=verb,
            reasons=[reason.as_dict() for reason in reasons],
            comment=self.comment,
            due_at=self.due_at,
            by=self.by,
            at=at,
        )
        words = {"reasons": ", ".join(reason.code for reason in reasons), "comment": self.comment, "due": self.due_at}
        done = "loan.overridden" if is_loan else "hold.overridden"
        activity.record(actor=self.by, verb=done, object=made, subject=made.patron.user, data=words, at=at)


NOTHING = Permit()


def due_by_hand(said: datetime | date | None) -> datetime | None:
    """The moment meant: of a day its end. Errors: ``InvalidInput`` for one that not every calendar can write."""
    if said is None:
        return None
    if not days.is_writable(said.date() if isinstance(said, datetime) else said):
        raise InvalidInput(fields={"due_at": [str(OUT_OF_BOUNDS)]})
    return said if isinstance(said, datetime) else days.end_of(said)


def permit(
    *, override: Collection[str], comment: str, due_at: datetime | date | None, by: User | None, at: datetime
) -> Permit:
    """What ``by`` may set aside. ``override``: codes of reasons; those that do not apply do no harm.
    ``due_at``: a moment, or a day, of which the end is meant.

    Errors: ``NotAllowed`` without the permission, ``CommentRequired``, ``DueDateNotInFuture``, ``InvalidInput``.
    """
    if not override and due_at is None:
        return NOTHING
    if by is None or not by.has_perm(PERMISSION):
        raise NotAllowed(_("You may not set the library’s rules aside."))
    comment = comment.strip()
    if not comment:
        raise errors.CommentRequired(fields={"comment": [str(errors.CommentRequired.message)]})
    if len(comment) > COMMENT_LENGTH:
        raise InvalidInput(fields={"comment": [_("At most %(count)d characters.") % {"count": COMMENT_LENGTH}]})
    due_at = due_by_hand(due_at)
    if due_at is not None and due_at <= at:
        raise errors.DueDateNotInFuture(fields={"due_at": [str(errors.DueDateNotInFuture.message)]})
    return Permit(codes=frozenset(override), comment=comment, due_at=due_at, by=by)
