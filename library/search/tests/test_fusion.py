"""Two orders made one: total, the same every time, and fair to both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.search.fusion import Moments, best_first, diverse, min_max, reciprocal_ranks, spread, standard_scores

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


EVEN = Moments(0.0, 1.0)


@given(SCORES, SCORES, st.floats(0, 1))
def test_standard_scores_have_every_text_once_from_nothing_to_one(one, other, alpha):
    fused = standard_scores(one, other, (Moments(1.0, 2.0), Moments(-1.0, 0.5)), weights=(alpha, 1 - alpha))
    assert sorted(fused) == sorted({*one, *other})
    assert all(0 <= score <= 1 for score in fused.values())


def test_an_order_in_which_nothing_stands_out_is_left_to_the_other():
    words = {1: 9.0, 2: 2.0, 3: 1.0}
    noise = {3: 0.22, 2: 0.21, 1: 0.20}  # of a model that does not know the language: all are as near
    told_nothing = (Moments(0.2, 0.02), Moments(0.5, 1.0))
    assert best_first(standard_scores(noise, words, told_nothing))[0] == 1
    assert best_first(min_max(noise, words))[:2] == [1, 3], "by least and greatest, noise counts as much as words"
    assert best_first(standard_scores(noise, words, told_nothing)) == [1, 2, 3]


def test_what_an_order_lacks_stands_at_its_mean():
    fused = standard_scores({1: 2.0, 2: -2.0}, {1: 0.0, 3: 0.0}, (EVEN, EVEN), weights=(0.5, 0.5))
    assert fused == {1: 1.0, 2: 0.0, 3: 0.5}


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_where_all_score_alike_the_other_order_decides(alpha):
    flat = Moments(4.0, 0.0)
    fused = standard_scores({1: 3.0, 2: 1.0}, {1: 4.0, 2: 4.0}, (EVEN, flat), weights=(alpha, 1 - alpha))
    assert best_first(fused) == [1, 2]
    assert standard_scores({}, {}, (flat, flat)) == {}
    assert standard_scores({5: 4.0}, {}, (flat, EVEN)) == {5: 1.0}


def test_an_order_without_weight_decides_nothing():
    one, other = {1: 2.0, 2: 1.0}, {1: -3.0, 2: 9.0, 3: 9.0}
    assert best_first(standard_scores(one, other, (EVEN, EVEN), weights=(0.5, 0.0))) == [1, 2, 3]
    assert best_first(standard_scores(one, other, (EVEN, EVEN), weights=(0.5, 0.5)))[0] == 2
