"""How sure a mean is, said alike every time."""

from __future__ import annotations

import numpy as np
import pytest

from rag.evaluation.intervals import interval


def test_equal_values_leave_no_doubt():
    assert interval([0.4] * 30) == pytest.approx((0.4, 0.4))


def test_it_lies_about_the_mean_as_the_normal_approximation_says():
    values = list(np.random.default_rng(1).random(400))
    low, high = interval(values)
    half = 1.96 * np.std(values) / np.sqrt(len(values))
    assert low == pytest.approx(np.mean(values) - half, abs=0.005)
    assert high == pytest.approx(np.mean(values) + half, abs=0.005)


def test_the_same_values_give_the_same_interval_and_few_values_a_wide_one():
    assert interval([0, 1, 1, 0]) == interval([0, 1, 1, 0])
    narrow, wide = interval([0, 1] * 100), interval([0, 1] * 4)
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


def test_one_value_is_its_own_interval_and_none_has_none():
    assert interval([0.7]) == (0.7, 0.7)
    with pytest.raises(ValueError, match="no mean"):
        interval([])
