"""What would happen, and why: the verbs' own decisions, without the deed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import Patron, User
from catalog.models import Branch, Copy
from circulation import queries, rules
from circulation.models import Loan
from circulation.services import loans
from circulation.state import snapshot
from library.core.typed import bare


@dataclass(frozen=True)
class Explained:
    """What a check-out would come to. ``copy`` or ``patron`` None: what was scanned is unknown."""

    copy: Copy | None
    patron: Patron | None
    decision: rules.Decision


def explain_check_out(
    *, copy: Copy | str, patron: Patron | str, by: User, branch: Branch | None = None, at: datetime | None = None
) -> Explained:
    """What would happen if ``by`` lent the copy to the patron at ``branch``, and why. Nothing changes."""
    found_copy = loans.known_to(by, queries.find_copy(copy.barcode if isinstance(copy, Copy) else copy))
    found_patron = queries.find_patron(patron.card_number if isinstance(patron, Patron) else patron)
    if loans.is_self(found_patron, by):
        loans.check_branch_of_self(branch, found_copy)
    state = snapshot.check_out(
        barcode=copy.barcode if isinstance(copy, Copy) else bare(copy),
        card=patron.card_number if isinstance(patron, Patron) else bare(patron),
        copy=found_copy,
        patron=found_patron,
        branch=branch,
        is_self=loans.is_self(found_patron, by),
    ).state
    return Explained(found_copy, found_patron, rules.decide_check_out(state, at=at or timezone.now()))


def explain_renewals(
    open_loans: Iterable[Loan], *, at: datetime | None = None, around: snapshot.Around | None = None
) -> dict[UUID, rules.Decision]:
    """What a renewal of each of these open loans of one patron would come to, by the loan's id. Nothing changes.

    A constant number of queries, however many loans. ``around``: as ``snapshot.renewals``.
    """
    at = at or timezone.now()
    states = snapshot.renewals(list(open_loans), around=around)
    return {pk: rules.decide_renewal(state, at=at) for pk, state in states.items()}
