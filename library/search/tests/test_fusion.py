"""Two orders made one: total, the same every time, and fair to both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.search.fusion import best_first, diverse, min_max, reciprocal_ranks, spread

SCORES = st.dictionaries(st.integers(0, 30), st.floats(-5, 5), max_size=12)


@given(SCORES)
def test_spread_scores_lie_between_nothing_and_one_in_the_same_order(scores):
    wide = spread(scores)
    assert all(0 <= one <= 1 for one in wide.values())
    for one in scores:
        for other in scores:
            if scores[one] < scores[other]:
                assert wide[one] <= wide[other]


@given(SCORES, SCORES)
def test_every_book_of_either_order_is_in_the_fused_one_once(one, other):
    order = best_first(min_max(one, other))
    assert sorted(order) == sorted({*one, *other})


@given(SCORES, SCORES)
def test_the_best_of_both_is_the_best_of_all(one, other):
    if one and other:
        one[99], other[99] = 6.0, 6.0
        assert best_first(min_max(one, other))[0] == 99


def test_alpha_says_whom_to_believe():
    words, meaning = {1: 9.0, 2: 1.0}, {1: 0.1, 2: 0.9}
    assert best_first(min_max(words, meaning, alpha=0.9)) == [1, 2]
    assert best_first(min_max(words, meaning, alpha=0.1)) == [2, 1]
    assert best_first(min_max(words, meaning, alpha=0.5)) == [1, 2], "equal ones by id"


def test_reciprocal_ranks_are_the_published_formula():
    fused = reciprocal_ranks([["a", "b"], ["b"]], k=20)
    assert fused == pytest.approx({"a": 1 / 21, "b": 1 / 22 + 1 / 21})


def test_near_duplicates_are_parted():
    scores = {1: 1.0, 2: 0.99, 3: 0.9}
    alike = lambda one, other: 1.0 if {one, other} == {1, 2} else 0.0  # noqa: E731
    assert diverse(scores, alike, number=2) == [1, 3]
    assert diverse(scores, alike, number=2, trade=1.0) == [1, 2]
    assert diverse(scores, alike, number=9) == [1, 3, 2]


@given(SCORES)
def test_without_likeness_diversity_changes_nothing(scores):
    assert diverse(scores, lambda one, other: 0.0, number=len(scores)) == best_first(scores)
