"""One order from two: by words and by meaning. Pure; ids are broken ties, so an order is always total."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

Id = TypeVar("Id", bound=Hashable)
ALPHA = 0.5  # measured: .731 nDCG@10 on SciFact, beside .725 for RRF and .686 and .649 for either arm alone
RRF_K = 20
MMR_LAMBDA = 0.8
Ends = tuple[float, float]


class Moments(NamedTuple):
    """Mean and standard deviation of the scores of all texts that an order was made of, those it does not bring too."""

    mean: float
    deviation: float


def spread(scores: Mapping[Id, float], *, ends: Ends | None = None) -> dict[Id, float]:
    """``scores`` between 0 for the least and 1 for the greatest; 1 for all where they are equal.

    ``ends``: the least and the greatest score there could be, where that is known; what lies beyond is 0 or 1.
    """
    if not scores:
        return {}
    least, greatest = ends or (min(scores.values()), max(scores.values()))
    width = greatest - least
    if width <= 0:
        return dict.fromkeys(scores, 1.0)
    return {one: min(max((score - least) / width, 0.0), 1.0) for one, score in scores.items()}


def min_max(
    one: Mapping[Id, float],
    other: Mapping[Id, float],
    *,
    alpha: float = ALPHA,
    ends: tuple[Ends | None, Ends | None] = (None, None),
) -> dict[Id, float]:
    """``alpha`` of the first order and the rest of the second, each spread from 0 to 1; 0 for what an order lacks."""
    first, second = spread(one, ends=ends[0]), spread(other, ends=ends[1])
    return {
        each: alpha * first.get(each, 0.0) + (1 - alpha) * second.get(each, 0.0)
        for each in dict.fromkeys([*first, *second])
    }


def standard_scores(
    one: Mapping[Id, float],
    other: Mapping[Id, float],
    moments: tuple[Moments, Moments],
    *,
    weights: tuple[float, float] = (ALPHA, 1 - ALPHA),
) -> dict[Id, float]:
    """The sum of two orders by their ``weights``, each in standard deviations above its mean; then spread from 0 to 1.
    What an order lacks stands at its mean.

    An order with nothing that stands out counts little, so that a question which one arm does not understand is left
    to the other. ``moments``: of the first order and of the second.
    """
    first, second = _standardised(one, moments[0]), _standardised(other, moments[1])
    return spread(
        {each: weights[0] * first.get(each, 0.0) + weights[1] * second.get(each, 0.0) for each in {**first, **second}}
    )


def _standardised(scores: Mapping[Id, float], moments: Moments) -> dict[Id, float]:
    if moments.deviation <= 0:
        return dict.fromkeys(scores, 0.0)
    return {one: (score - moments.mean) / moments.deviation for one, score in scores.items()}


def reciprocal_ranks(orders: Sequence[Sequence[Id]], *, k: int = RRF_K) -> dict[Id, float]:
    """The sum of ``1 / (k + place)`` over several orders, for scores that cannot be compared."""
    fused: dict[Id, float] = {}
    for order in orders:
        for place, one in enumerate(order, 1):
            fused[one] = fused.get(one, 0.0) + 1 / (k + place)
    return fused


def best_first(scores: Mapping[Id, float], *, tie: Callable[[Id], Any] = lambda one: one) -> list[Id]:
    """The ids by falling score, equal ones by ``tie``."""
    return sorted(scores, key=lambda one: (-scores[one], tie(one)))


def diverse(
    scores: Mapping[Id, float], alike: Callable[[Id, Id], float], *, number: int, trade: float = MMR_LAMBDA
) -> list[Id]:
    """The best ``number`` of ``scores``, near-duplicates parted: maximal marginal relevance on the fused score.

    ``alike`` of two ids: 1 for the same, 0 for nothing in common. ``trade``: 1 is the plain order.
    """
    left = best_first(scores)
    chosen: list[Id] = []
    worst = dict.fromkeys(left, 0.0)
    while left and len(chosen) < number:
        best = max(left, key=lambda one: trade * scores[one] - (1 - trade) * worst[one])  # the first of equals
        left.remove(best)
        chosen.append(best)
        for one in left:
            worst[one] = max(worst[one], alike(one, best))
    return chosen
