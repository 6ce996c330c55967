"""How good an order of texts is, by the definitions of NIST's trec_eval. Pure.

A text is relevant where its grade is above 0. Graded gains are linear, the grade itself (trec_eval's; others take
2^grade − 1), and an order is compared with the best one of all that was judged, whether or not it was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log2

Grades = Mapping[str, int]
"""The grades of the texts that were judged for one query; all others are 0."""


def ndcg_at(order: Sequence[str], grades: Grades, depth: int) -> float:
    """Discounted gains of the first ``depth`` texts, as a share of those of the best order; 0 to 1."""
    best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    if not best:
        return 0.0
    return _gain([max(grades.get(one, 0), 0) for one in order[:depth]]) / _gain(best[:depth])


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / log2(place + 1) for place, grade in enumerate(grades, start=1))


def recall_at(order: Sequence[str], grades: Grades, depth: int) -> float:
    """The share of all relevant texts that are among the first ``depth``."""
    wanted = relevant(grades)
    return len(wanted.intersection(order[:depth])) / len(wanted) if wanted else 0.0


def hit_at(order: Sequence[str], grades: Grades, depth: int) -> float:
    """1 where a relevant text is among the first ``depth``, else 0."""
    return float(any(grades.get(one, 0) > 0 for one in order[:depth]))


def reciprocal_rank(order: Sequence[str], grades: Grades) -> float:
    """1 by the place of the first relevant text; 0 without one."""
    return next((1 / place for place, one in enumerate(order, start=1) if grades.get(one, 0) > 0), 0.0)


def average_precision(order: Sequence[str], grades: Grades) -> float:
    """The precision at the place of each relevant text, over all relevant ones: what was not found counts 0."""
    wanted = relevant(grades)
    found, total = 0, 0.0
    for place, one in enumerate(order, start=1):
        if one in wanted:
            found += 1
            total += found / place
    return total / len(wanted) if wanted else 0.0


def relevant(grades: Grades) -> set[str]:
    """The texts with a grade above 0."""
    return {one for one, grade in grades.items() if grade > 0}


METRICS: dict[str, Callable[[Sequence[str], Grades], float]] = {
    "ndcg@10": lambda order, grades: ndcg_at(order, grades, 10),
    "recall@5": lambda order, grades: recall_at(order, grades, 5),
    "hit@5": lambda order, grades: hit_at(order, grades, 5),
    "mrr": reciprocal_rank,
    "map": average_precision,
}
