"""What a reader has at home, each loan with what its renewal would come to: said before anybody asks for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Patron
from circulation import rules, services
from circulation.explain import sentences as explaining
from circulation.models import Loan
from circulation.readers import at_home
from circulation.state import snapshot
from library.core.errors import Level


@dataclass(frozen=True)
class Prospect:
    """An open loan, and what the rules would say to its renewal now."""

    loan: Loan
    renewal: rules.Decision

    @property
    def may_renew(self) -> bool:
        """Whether nothing stands in the way."""
        return self.renewal.is_allowed

    @property
    def until(self) -> datetime | None:
        """The due date that a renewal would give; None where there would be none."""
        return self.renewal.due_at if self.may_renew else None

    @property
    def why_not(self) -> list[str]:
        """A sentence for each reason why it cannot be renewed."""
        return [reason.detail for reason in self.renewal.refusals]

    @property
    def told_to_reader(self) -> list[str]:
        """The same in a reader's own words."""
        return [explaining.reader_sentence(reason) for reason in self.renewal.refusals]

    def told(self, *, for_staff: bool) -> list[str]:
        """Why it cannot be renewed, in the words for who reads it."""
        return self.why_not if for_staff else self.told_to_reader

    @property
    def is_overridable(self) -> bool:
        """Whether staff may renew it all the same."""
        return not self.may_renew and all(reason.level < Level.IMPOSSIBLE for reason in self.renewal.refusals)


@dataclass(frozen=True)
class Told:
    """A sentence that stands against renewing several loans, said once for all of them. ``number``: for its id."""

    number: int
    sentence: str
    loans: int


@dataclass(frozen=True)
class Row:
    """A loan as a page shows it: ``own`` sentences stand beside it, ``common`` ones once over all."""

    prospect: Prospect
    own: list[str]
    common: list[Told]


def rows(prospects: Sequence[Prospect], *, for_staff: bool) -> tuple[list[Told], list[Row]]:
    """What is said once, of two loans or more, in the order in which it is met; and each loan with the rest."""
    said = [list(dict.fromkeys(one.told(for_staff=for_staff))) for one in prospects]
    counted = Counter(sentence for sentences in said for sentence in sentences)
    often = [sentence for sentence, loans in counted.items() if loans > 1]
    common = {sentence: Told(number, sentence, counted[sentence]) for number, sentence in enumerate(often, 1)}
    return list(common.values()), [
        Row(
            prospect=one,
            own=[sentence for sentence in sentences if sentence not in common],
            common=[common[sentence] for sentence in sentences if sentence in common],
        )
        for one, sentences in zip(prospects, said, strict=True)
    ]


def prospects_of(
    patron: Patron, *, at: datetime | None = None, around: snapshot.Around | None = None
) -> list[Prospect]:
    """The patron's open loans, what is due first at the head, in a constant number of queries.

    ``around``: what lies around these loans, where that was just read.
    """
    loans = at_home.loans_of(patron)
    decided = services.explain_renewals(loans, at=at, around=around)
    return [Prospect(loan, decided[loan.pk]) for loan in loans]
