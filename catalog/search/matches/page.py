"""What of the results is wanted, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field

from catalog.search.matches.statement import RANKED


@dataclass(frozen=True)
class PageRequest:
    """A page of the results, and for whom."""

    staff: bool
    sort: str
    facets: bool
    offset: int
    limit: int

    @property
    def until(self) -> int:
        """Where the page ends."""
        return self.offset + self.limit

    @property
    def ranked(self) -> bool:
        """Whether scores decide the order of this page; behind the ranked ones books come as they were gathered."""
        return self.sort == "relevance" and self.offset < RANKED


@dataclass
class FoundPage:
    """A page of ids, and what was counted: (facet, value, number, name)."""

    count: int = 0
    ids: list[int] = field(default_factory=list)
    counts: list[tuple[str, str, int, str]] = field(default_factory=list)
    showing: str = ""
    by_meaning: bool = True
    absence: str = ""
    near: tuple[int, ...] = ()
