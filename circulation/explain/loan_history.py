"""A loan, or a refusal, told: how its due date came about, what may still be done, what happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from circulation.explain import due_words as words
from circulation.explain import sentences
from circulation.models import Loan
from circulation.rules import Decision
from library.core.errors import Reason


@dataclass(frozen=True)
class Explanation:
    """In sentences: how the due date came about, each value of the rules with its row, and the reasons against.

    ``lines`` without rows, for readers; for staff ``values`` say which row gave what.
    """

    due_at: datetime | None
    is_allowed: bool
    lines: Sequence[str]
    values: Sequence[sentences.ExplanationLine]
    reasons: Sequence[Reason]
    kept: Mapping[str, Any]

    @property
    def set_values(self) -> list[sentences.ExplanationLine]:
        """The values that a row sets."""
        return [line for line in self.values if line.row is not None]

    @property
    def unset_values(self) -> list[sentences.ExplanationLine]:
        """The values that hold because no row sets any."""
        return [line for line in self.values if line.row is None]

    @property
    def due_words(self) -> str:
        """The due date in words, of an hourly loan with the time; empty where there is none."""
        if self.due_at is None:
            return ""
        unit = self.kept.get("values", {}).get("loan_unit", {}).get("value")
        return words.moment(self.due_at) if unit == "hours" else words.day(self.due_at)

    def sentence(self, reason: Reason, *, for_staff: bool) -> str:
        """A reason in the words for who reads it."""
        return reason.detail if for_staff else sentences.reader_sentence(reason)

    def as_dict(self, *, for_staff: bool) -> dict[str, Any]:
        """In the shape of the API. Rows are named to staff only."""
        told = self.kept.get("values", {})
        return {
            "due_at": self.due_at,
            "is_allowed": self.is_allowed,
            "reasons": [
                reason.as_dict() | {"detail": self.sentence(reason, for_staff=for_staff)} for reason in self.reasons
            ],
            "explanation": [*self.lines],
            "values": [
                {
                    "parameter": line.parameter,
                    "value": told[line.parameter]["value"],
                    "in_words": line.value,
                    "row": line.row if for_staff else None,
                    "source": line.source if for_staff else "",
                }
                for line in self.values
            ],
        }


def of_loan(loan: Loan, *, renewal: Decision | None, for_staff: bool) -> Explanation:
    """How a loan came to its due date, and what stands against its renewal; None: it is over."""
    kept = loan.explanation
    is_for_staff_or_over = for_staff or loan.returned_at is not None
    lines = sentences.step_lines(kept) if is_for_staff_or_over else sentences.reader_lines(kept, renewed=loan.renewals)
    return Explanation(
        due_at=loan.due_at,
        is_allowed=renewal is not None and renewal.is_allowed,
        lines=lines or [_("This loan was made before the library kept how due dates come about.")],
        values=sentences.value_lines(kept),
        reasons=renewal.reasons if renewal else (),
        kept=kept,
    )


def of_decision(decision: Decision, *, for_staff: bool) -> Explanation:
    """What would happen now, and why."""
    kept = sentences.kept(decision)
    return Explanation(
        due_at=decision.due_at,
        is_allowed=decision.is_allowed,
        lines=sentences.step_lines(kept) if for_staff else sentences.reader_lines(kept),
        values=sentences.value_lines(kept),
        reasons=decision.reasons,
        kept=kept,
    )
