"""Two orders become one, and each passage knows why it stands where it does. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.search.fusion import Moments
from rag.retrieval.blend import Blend, choose
from rag.retrieval.hits import Standing

DENSE = {1: 0.9, 2: 0.8, 3: 0.1}
WORDS = {3: 9.0, 2: 5.0, 4: 1.0}


def alike(ids: Sequence[int]) -> list[list[float]]:
    """1 and 2 say the same."""
    return [[1.0 if one == other or {one, other} == {1, 2} else 0.0 for other in ids] for one in ids]


def never(_ids: Sequence[int]) -> list[list[float]]:
    raise AssertionError("no vector is read where near-duplicates are not parted")


def test_each_passage_tells_both_places_and_scores():
    chosen = choose(Blend(alpha=0.5), DENSE, WORDS, never, 10)
    assert list(chosen) == [2, 1, 3, 4]
    assert chosen[2] == Standing(2, 0.8, 2, 5.0, chosen[2].fused, 1, 1)
    assert chosen[2].fused == pytest.approx(0.5 * 0.7 / 0.8 + 0.25)
    assert chosen[1] == Standing(1, 0.9, None, None, 0.5, 2, 2)
    assert chosen[4] == Standing(None, None, 3, 1.0, 0.0, 4, 4)


def test_alpha_says_whom_to_believe_and_equal_ones_come_by_id():
    assert next(iter(choose(Blend(alpha=0.9), DENSE, WORDS, never, 10))) == 1
    assert next(iter(choose(Blend(alpha=0.1), DENSE, WORDS, never, 10))) == 3
    assert list(choose(Blend(), {7: 0.5, 5: 0.5}, {}, never, 10)) == [5, 7]


def test_an_arm_that_tells_nothing_apart_is_left_to_the_other_unless_ends_alone_are_wanted():
    dense, words = {3: 0.22, 2: 0.21, 1: 0.20}, {1: 9.0, 2: 2.0, 3: 1.0}
    moments = (Moments(0.2, 0.02), Moments(0.5, 1.0))
    assert list(choose(Blend(), dense, words, never, 3, moments=moments)) == [1, 2, 3]
    assert list(choose(Blend(fusion="min_max"), dense, words, never, 3, moments=moments)) == [1, 3, 2]
    assert list(choose(Blend(), dense, words, never, 3)) == [1, 3, 2], "nobody told how all scored"
    assert next(one.fused for one in choose(Blend(), dense, words, never, 3, moments=moments).values()) == 1


def test_words_count_by_how_much_of_the_question_they_find_for_a_model_that_is_trusted():
    dense, words = {1: 0.9, 2: 0.1}, {2: 5.0, 1: 1.0}
    moments = (Moments(0.1, 0.2), Moments(0.5, 1.0))
    for share, first in ((1.0, 2), (0.2, 1)):
        blend = Blend(alpha=0.45, by_share=True)
        assert next(iter(choose(blend, dense, words, never, 2, moments=moments, share=share))) == first
    assert next(iter(choose(Blend(alpha=0.45), dense, words, never, 2, moments=moments, share=0.2))) == 2


@pytest.mark.parametrize(("arms", "order"), [("dense", [1, 2, 3]), ("bm25", [3, 2, 4])])
def test_one_arm_alone(arms, order):
    blend = Blend(arms=arms)
    dense, words = (DENSE if blend.is_dense else {}), (WORDS if blend.is_lexical else {})
    assert list(choose(blend, dense, words, never, 10)) == order


def test_what_says_the_same_stands_further_back_and_tells_where_it_stood():
    scores = {1: 1.0, 2: 0.95, 3: 0.9, 4: 0.0}
    chosen = choose(Blend(alpha=1, trade=0.8), scores, {}, alike, 3)
    assert [(one, standing.before, standing.place) for one, standing in chosen.items()] == [
        (1, 1, 1),
        (3, 3, 2),
        (2, 2, 3),
    ]


def test_only_the_best_are_compared_with_one_another():
    asked: list[int] = []

    def counted(ids: Sequence[int]) -> list[list[float]]:
        asked.append(len(ids))
        return alike(ids)

    many = {number: 1.0 / number for number in range(1, 300)}
    assert len(choose(Blend(trade=0.8), many, {}, counted, 5)) == 5
    assert len(choose(Blend(trade=0.8), many, {}, counted, 40)) == 40
    assert asked == [50, 160]


SCORES = st.dictionaries(st.integers(1, 60), st.floats(-1, 1), max_size=30)


@given(SCORES, SCORES, st.floats(0, 1), st.sampled_from([0.5, 0.8, 1.0]), st.integers(1, 20))
def test_whatever_the_arms_bring_each_passage_comes_once_in_a_total_order(dense, words, alpha, trade, number):
    chosen = choose(Blend(alpha=alpha, trade=trade), dense, words, alike, number)
    assert len(chosen) == min(number, len({*dense, *words}))
    assert [standing.place for standing in chosen.values()] == list(range(1, len(chosen) + 1))
    assert len({standing.before for standing in chosen.values()}) == len(chosen)
    if trade == 1:
        assert [standing.before for standing in chosen.values()] == list(range(1, len(chosen) + 1))
