"""How sure a mean is."""

from __future__ import annotations

from collections.abc import Sequence

RESAMPLES, SEED = 2_000, 13
PERCENT = (2.5, 97.5)


def interval(values: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED) -> tuple[float, float]:
    """The 95 % interval of the mean of ``values`` by the percentile bootstrap (Efron 1979): means of as many values
    drawn with replacement. The same values always give the same one. Errors: ``ValueError`` for none."""
    import numpy as np

    if not values:
        raise ValueError("of no values there is no mean")
    known = np.asarray(values, dtype=np.float64)
    draw = np.random.default_rng(seed)
    means = [float(known[draw.integers(0, len(known), len(known))].mean()) for _ in range(resamples)]
    low, high = np.percentile(means, PERCENT)
    return float(low), float(high)
