"""How many golden queries hold, by kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.auth.models import AnonymousUser

from catalog.search.services import search
from catalog.tests.golden import Golden, Wanted

KNOWN = ("title", "half", "misspelt", "identifier", "foreign")
NEEDED = 0.95


@dataclass
class Verdict:
    """By kind: how many were asked, and which failed, in words."""

    asked: dict[str, int] = field(default_factory=dict)
    failed: dict[str, list[str]] = field(default_factory=dict)

    def share(self, *kinds: str) -> float:
        """Of the queries of these kinds, how many hold: 0 to 1."""
        asked = sum(self.asked.get(kind, 0) for kind in kinds)
        return 1 - sum(len(self.failed.get(kind, ())) for kind in kinds) / max(asked, 1)

    def __str__(self) -> str:
        lines = [f"{kind:12} {asked - len(self.failed.get(kind, []))} of {asked}" for kind, asked in self.asked.items()]
        return "\n".join([*lines, *(f"  {kind}: {one}" for kind, rows in self.failed.items() for one in rows)])


def judge(queries: list[Golden], is_meant: Callable[[int, Wanted], bool]) -> Verdict:
    """Ask all. ``is_meant``: whether the book of this id is the one that is wanted."""
    verdict = Verdict()
    for golden in queries:
        verdict.asked[golden.kind] = verdict.asked.get(golden.kind, 0) + 1
        found = search(golden.query, user=AnonymousUser())
        first = [*found.ids, *found.near][: golden.within or 0]  # as a page shows them
        number = found.count + len(found.near)
        meant = not golden.want or any(is_meant(book, wanted) for book in first for wanted in golden.want)
        spelled = golden.showing in (None, found.showing)
        if not meant or not spelled or (golden.at_most is not None and number > golden.at_most):
            told = f"{golden.id} “{golden.query}”: {number} found, showing “{found.showing}”"
            verdict.failed.setdefault(golden.kind, []).append(told)
    return verdict
