"""How two orders of passages become one: by meaning (dense) and by words (BM25), near-duplicates parted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from django.conf import settings

from library.ai.spec import ModelSpec
from library.search.fusion import Moments, best_first, diverse, min_max, standard_scores
from rag.retrieval.hits import Standing

Arms = Literal["both", "dense", "bm25"]
Fusion = Literal["standard", "min_max"]
POOL = 50  # of the best by the fused score, near-duplicates are parted
POOL_BY_NUMBER = 4  # … and at least so many for each passage that is wanted
Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True)
class Blend:
    """Which arms search, and how they are put together.

    ``alpha``: the share of the dense arm, 0 to 1. ``trade``: λ of maximal marginal relevance on the fused score; 1
    leaves the fused order as it is. ``depth``: passages that each arm brings. ``fusion``: how scores of two kinds are
    made alike, by standard scores or from the least to the greatest (docs/retrieval.md); the library's two indexes
    do not tell how they would score all, so there it is always the second. ``by_share``: what words count falls with
    the share of the question that the best passage has of them, for a model that can be trusted where it has none.
    """

    arms: Arms = "both"
    alpha: float = 0.5
    trade: float = 1.0
    depth: int = 100
    fusion: Fusion = "standard"
    by_share: bool = False

    @property
    def is_dense(self) -> bool:
        return self.arms != "bm25"

    @property
    def is_lexical(self) -> bool:
        return self.arms != "dense"

    def fuse(
        self,
        dense: Mapping[Id, float],
        words: Mapping[Id, float],
        moments: tuple[Moments, Moments] | None = None,
        share: float = 1.0,
    ) -> dict[Id, float]:
        """Scores from 0 to 1 by passage. Where one arm alone searched, its order. ``moments``: how each arm scored all
        that it looked at; without, each is spread from its least to its greatest. ``share``: see ``texts.share``."""
        if not self.is_lexical or not self.is_dense:
            return min_max(dense or words, {}, alpha=1.0)
        if moments is None or self.fusion == "min_max":
            return min_max(dense, words, alpha=self.alpha)
        weight = (1 - self.alpha) * (share if self.by_share else 1.0)
        return standard_scores(dense, words, moments, weights=(self.alpha, weight))

    def pool(self, fused: Mapping[Id, float], number: int) -> list[Id]:
        """The best by the fused score, ties by id: those of which ``number`` are chosen."""
        return best_first(fused)[: max(POOL, POOL_BY_NUMBER * number) if self.trade < 1 else number]


def blend_of(model: ModelSpec) -> Blend:
    """The settings' way for passages of ``model``."""
    return Blend(
        alpha=model.alpha, by_share=model.by_share, trade=settings.RETRIEVAL_MMR, depth=settings.RETRIEVAL_DEPTH
    )


def choose(
    blend: Blend,
    dense: Mapping[Id, float],
    words: Mapping[Id, float],
    alike: Callable[[Sequence[Id]], Sequence[Sequence[float]]],
    number: int,
    *,
    moments: tuple[Moments, Moments] | None = None,
    share: float = 1.0,
) -> dict[Id, Standing]:
    """The ``number`` best passages in their order, each with its standing. ``moments`` and ``share``: as of
    ``Blend.fuse``.

    ``alike``: the cosines of each two of some passages; asked once, where near-duplicates are parted.
    """
    fused = blend.fuse(dense, words, moments, share)
    order = blend.pool(fused, number)
    chosen = order[:number]
    if blend.trade < 1 and len(order) > 1:
        cosines, row = alike(order), {one: place for place, one in enumerate(order)}
        scores = {one: fused[one] for one in order}
        chosen = diverse(scores, lambda one, other: cosines[row[one]][row[other]], number=number, trade=blend.trade)
    return _standings(chosen, fused, dense, words)


def _standings(
    chosen: Sequence[Id], fused: Mapping[Id, float], dense: Mapping[Id, float], words: Mapping[Id, float]
) -> dict[Id, Standing]:
    before, near, lexical = _places(fused), _places(dense), _places(words)
    return {
        one: Standing(near.get(one), dense.get(one), lexical.get(one), words.get(one), fused[one], before[one], place)
        for place, one in enumerate(chosen, 1)
    }


def _places(scores: Mapping[Id, float]) -> dict[Id, int]:
    order: Sequence[Any] = best_first(scores)
    return {one: place for place, one in enumerate(order, 1)}
