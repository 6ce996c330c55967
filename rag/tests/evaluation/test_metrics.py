"""The measures, by cases that were worked out by hand from their definitions."""

from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation import metrics
from rag.evaluation.metrics import METRICS

GRADES = {"a": 3, "b": 2, "c": 1, "d": 0}
ORDERS = st.lists(st.sampled_from("abcdefghij"), unique=True)
JUDGED = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(-1, 4))


def test_ndcg_of_the_best_order_is_one_and_of_a_worse_one_what_the_formula_says():
    assert metrics.ndcg_at(["a", "b", "c"], GRADES, 10) == 1
    best = 3 + 2 / log2(3) + 1 / 2
    assert metrics.ndcg_at(["c", "x", "a"], GRADES, 10) == pytest.approx((1 + 3 / 2) / best)


def test_gains_are_the_grades_themselves_and_no_power_of_two():
    assert metrics.ndcg_at(["b", "a"], {"a": 2, "b": 1}, 10) == pytest.approx((1 + 2 / log2(3)) / (2 + 1 / log2(3)))


def test_what_was_judged_and_not_found_makes_the_best_order_better():
    assert metrics.ndcg_at(["c"], GRADES, 10) == pytest.approx(1 / (3 + 2 / log2(3) + 1 / 2))


def test_the_best_order_is_cut_as_well():
    many = {str(number): 1 for number in range(20)}
    assert metrics.ndcg_at([str(number) for number in range(10)], many, 10) == 1


def test_a_grade_below_zero_gains_nothing_and_costs_nothing():
    assert metrics.ndcg_at(["bad", "a"], {"bad": -1, "a": 1}, 10) == pytest.approx(1 / log2(3))
    assert metrics.relevant({"bad": -1, "none": 0, "a": 1}) == {"a"}


def test_recall_counts_relevant_texts_and_no_grades():
    assert metrics.recall_at(["x", "a", "y", "z", "w", "b"], GRADES, 5) == pytest.approx(1 / 3)
    assert metrics.recall_at(["c", "b", "a"], GRADES, 5) == 1


def test_a_hit_is_one_relevant_text_among_the_first():
    assert metrics.hit_at(["x", "y", "z", "w", "c"], GRADES, 5) == 1
    assert metrics.hit_at(["x", "y", "z", "w", "v", "c"], GRADES, 5) == 0
    assert metrics.hit_at(["d"], GRADES, 5) == 0


def test_reciprocal_rank_looks_at_the_first_relevant_text_alone():
    assert metrics.reciprocal_rank(["x", "d", "b", "a"], GRADES) == pytest.approx(1 / 3)
    assert metrics.reciprocal_rank(["x", "d"], GRADES) == 0


def test_average_precision_is_over_all_relevant_texts():
    # found at places 1, 3 and 6 of five relevant ones: (1/1 + 2/3 + 3/6) / 5
    grades = dict.fromkeys("abcde", 1)
    assert metrics.average_precision(["a", "x", "b", "y", "z", "c"], grades) == pytest.approx((1 + 2 / 3 + 3 / 6) / 5)


@pytest.mark.parametrize("name", METRICS)
def test_a_query_without_a_relevant_text_and_an_empty_order_are_worth_nothing(name):
    assert METRICS[name](["a"], {}) == METRICS[name](["a"], {"a": 0}) == METRICS[name]([], {"a": 1}) == 0


@given(ORDERS, JUDGED)
def test_every_measure_is_from_zero_to_one(order, grades):
    for measure in METRICS.values():
        assert 0 <= measure(order, grades) <= 1 + 1e-12


@given(JUDGED)
def test_nothing_is_better_than_the_best_order(grades):
    best = sorted(grades, key=lambda one: -grades[one])
    if metrics.relevant(grades):
        assert metrics.ndcg_at(best, grades, 10) == pytest.approx(1)
        assert metrics.average_precision(best, grades) == pytest.approx(1)
        assert metrics.reciprocal_rank(best, grades) == 1
