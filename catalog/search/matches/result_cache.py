"""What a broad search found, for a moment: its next page, and the next reader, ask the same."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.core.cache import cache

from catalog.search.matches import statement
from catalog.search.matches.narrowing import Narrowing
from catalog.search.matches.statement import Candidate, Match, Outcome

KEPT_SECONDS = 30
MANY = 10_000  # books; gathering fewer takes no time


def run(match: Match, narrowing: Narrowing, *, at_most: int | None = None, **how: Any) -> Outcome:
    """``statement.run``, or what it gave up to 30 s ago where that was much. Who lists the books leaves out what has
    been hidden since. ``at_most``: no more than about so many can be found; few are never kept, nor looked for here.
    """
    if at_most is not None and at_most < MANY:
        return statement.run(match, narrowing, **how)
    key = "catalog-found-4-" + sha256(repr((match, narrowing, sorted(how.items()))).encode()).hexdigest()
    kept: tuple[Any, ...] | None = cache.get(key)
    if kept is not None:
        found, count, exact, candidates, near, counts = kept
        return Outcome(found, count, exact, [Candidate(*one) for one in candidates], near, counts)
    outcome = statement.run(match, narrowing, **how)
    if outcome.found >= MANY:  # as plain values, which no later version reads amiss
        candidates = [tuple(one) for one in outcome.candidates]
        plain = (outcome.found, outcome.count, outcome.exact, candidates, outcome.near, outcome.counts)
        cache.set(key, plain, KEPT_SECONDS)
    return outcome
