"""Rare words count more, repeated ones less and less, long texts less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.search import bm25


@given(st.integers(1, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_rarer_word_tells_more_and_none_tells_less_than_nothing(books, one, other):
    few, many = sorted((one, other))
    assert bm25.idf(books, few) >= bm25.idf(books, many) > 0


def test_idf_is_the_formula_of_the_book():
    assert bm25.idf(1000, 10) == pytest.approx(4.5574, abs=1e-4)  # ln(1 + 990.5 / 10.5)


@given(st.floats(0.01, 50), st.floats(0.01, 10), st.floats(1, 500), st.floats(1, 500))
def test_more_of_a_word_scores_more_and_never_above_what_it_can(often, rare, length, average):
    once = bm25.score([often], [rare], length=length, average=average)
    twice = bm25.score([2 * often], [rare], length=length, average=average)
    assert once < twice < rare * (bm25.K1 + 1)
    assert bm25.score([often], [rare], length=2 * length, average=average) < once


def test_what_is_not_there_counts_nothing():
    assert bm25.score([0.0, 1.0], [9.0, 1.0], length=10, average=10) == pytest.approx(1.0)
    assert bm25.score([], [], length=0, average=0) == 0
