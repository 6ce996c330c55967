"""What the rules say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from circulation import errors
from circulation.rules.due_date import Due
from circulation.rules.matrix import RuleValues
from library.core.errors import Level, Reason


@dataclass(frozen=True)
class Decision:
    """When a loan would be due and how that came about, every reason against it or worth knowing, the rules' values.

    ``due`` None: no date can be told. ``values`` None: it was never looked up, what was scanned being unknown.
    """

    due: Due | None = None
    reasons: tuple[Reason, ...] = ()
    values: RuleValues | None = None

    @property
    def due_at(self) -> datetime | None:
        """When it would be due."""
        return self.due.at if self.due else None

    @property
    def refusals(self) -> tuple[Reason, ...]:
        """The reasons that forbid."""
        return tuple(reason for reason in self.reasons if reason.level > Level.ALERT)

    @property
    def overridable(self) -> tuple[Reason, ...]:
        """The reasons that staff may set aside."""
        return tuple(reason for reason in self.reasons if reason.level == Level.OVERRIDABLE)

    @property
    def alerts(self) -> tuple[Reason, ...]:
        """The reasons that only inform."""
        return tuple(reason for reason in self.reasons if reason.level == Level.ALERT)

    @property
    def is_allowed(self) -> bool:
        """Whether nothing forbids it."""
        return not self.refusals

    def refusals_despite(self, override: Collection[str]) -> tuple[Reason, ...]:
        """The reasons that still forbid once staff set aside those whose codes they name; impossible stays."""
        return tuple(
            reason for reason in self.refusals if reason.level > Level.OVERRIDABLE or reason.code not in override
        )

    def raise_if_refused(self, override: Collection[str] = ()) -> None:
        """Raise the class of the first of the gravest reasons that stand, carrying all of them, alerts too.

        ``override``: codes of the reasons that staff set aside. Whether they may is the caller's to check.
        """
        standing = self.refusals_despite(override)
        if not standing:
            return
        gravest = max(standing, key=lambda reason: reason.level)  # the first of equals
        raise errors.of_code(gravest.code)(gravest.detail, reasons=self.reasons)
