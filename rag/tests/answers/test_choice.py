"""Which sentences the extractive writer takes, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.evidence import QuotableSentence
from rag.answers.extractive import MOST_SENTENCES, choose, defines
from rag.text.sentences import TextSpan


def sentence(number: int, text: str = "", *, page: int = 1, passage_score: float = 0.5) -> QuotableSentence:
    text = text or f"The mill number {number} stands beside the river."
    return QuotableSentence(page, TextSpan(100 * number, 100 * number + len(text)), text, 0, passage_score)


def apart(count: int) -> np.ndarray:
    """Vectors of sentences that have nothing in common."""
    return np.eye(max(count, 1), dtype=np.float32)[:count]


def chosen(
    found: Sequence[QuotableSentence], scores: Sequence[float], *, question: str = "Where?", threshold: float = 0.4
) -> list[int]:
    taken = choose(question, found, apart(len(found)), scores, threshold=threshold)
    assert all(score == scores[found.index(one)] for one, score in taken)
    return [found.index(one) for one, _ in taken]


def test_best_comes_first_and_the_rest_as_in_the_book():
    found = [sentence(0, page=3), sentence(1, page=2), sentence(2, page=1), sentence(3, page=2)]
    assert chosen(found, [0.80, 0.78, 0.79, 0.77]) == [0, 2, 1, 3]


def test_never_more_than_four():
    found = [sentence(number) for number in range(6)]
    assert chosen(found, [0.80, 0.79, 0.78, 0.77, 0.76, 0.75]) == [0, 1, 2, 3]


def test_further_sentence_is_nearly_as_near_as_the_best():
    found = [sentence(number) for number in range(3)]
    assert chosen(found, [1.0, 0.72, 0.719], threshold=0.1) == [0, 1]


def test_further_sentence_is_nearly_as_near_as_an_answer_must_be():
    found = [sentence(number) for number in range(3)]
    assert chosen(found, [0.5, 0.426, 0.424], threshold=0.5) == [0, 1]


def test_best_is_taken_however_far_it_is():
    """Whether the text says anything at all was judged before, by its passages too."""
    assert chosen([sentence(0), sentence(1)], [0.05, 0.01], threshold=0.4) == [0]


def test_nothing_found_gives_nothing():
    assert choose("Where?", [], apart(0), [], threshold=0.4) == []


def test_what_says_the_same_again_is_passed_over():
    vectors = np.array([[1, 0], [0.87, 0.49], [0.85, 0.53]], dtype=np.float32)
    found = [sentence(number) for number in range(3)]
    taken = choose("Where?", found, vectors, [0.8, 0.79, 0.78], threshold=0.4)
    assert [found.index(one) for one, _ in taken] == [0, 2]


def test_alike_is_measured_against_every_sentence_already_taken():
    vectors = np.array([[1, 0], [0, 1], [0.1, 0.99]], dtype=np.float32)
    found = [sentence(number) for number in range(3)]
    taken = choose("Where?", found, vectors, [0.8, 0.79, 0.78], threshold=0.4)
    assert [found.index(one) for one, _ in taken] == [0, 1]


def test_sentence_that_leans_on_another_must_be_better():
    found = [sentence(0, "It stands beside the river of the town."), sentence(1)]
    assert chosen(found, [0.55, 0.50])[0] == 1
    assert chosen(found, [0.57, 0.50])[0] == 0


def test_sentence_of_a_better_passage_goes_first():
    found = [sentence(0, passage_score=0.1), sentence(1, passage_score=0.9)]
    assert chosen(found, [0.55, 0.50])[0] == 1


def test_definition_goes_first_where_one_is_asked_for():
    found = [sentence(0), sentence(1, "A water mill is a house with a wheel in a river.")]
    assert chosen(found, [0.55, 0.50], question="What is a water mill?")[0] == 1
    assert chosen(found, [0.55, 0.50], question="Where is a water mill?")[0] == 0


def test_equal_ones_are_taken_as_they_were_found():
    found = [sentence(0, page=2), sentence(1, page=1)]
    assert chosen(found, [0.5, 0.5]) == [0, 1]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is a functor?", "A functor is a mapping."),
        ("what's a functor", "Functor means a mapping."),
        ("What’s a functor?", "The functor, then, is a mapping."),
        ("What are functors?", "Functors are mappings."),
        ("  What is the Calvin cycle ?  ", "The Calvin cycle of a plant is where sugar is made."),
        ("What is C++?", "C++ is a language."),
    ],
)
def test_definition_is_known_by_its_beginning(question, text):
    wanted = defines(question)
    if wanted is None:
        assert "+" in question, "signs are no name"
    else:
        assert bool(wanted.match(text)) is ("," not in text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is a functor?", "In a functor is a mapping."),
        ("What is a functor?", "A functor. It is a mapping."),
        ("What is a functor?", "A functors is a mapping."),
        ("What is a functor?", f"A functor {'of categories ' * 4}is a mapping."),
        ("What is a.b?", "A.b is a name."),
    ],
)
def test_what_only_speaks_of_it_defines_nothing(question, text):
    wanted = defines(question)
    assert wanted is None or not wanted.match(text)


@pytest.mark.parametrize("question", ["", "What is?", "Why is a functor?", "What is x?", f"What is a {'x' * 61}?"])
def test_other_questions_ask_for_no_definition(question):
    assert defines(question) is None


cosines = st.floats(-1, 1, allow_nan=False, width=32)


@given(st.lists(st.tuples(cosines, cosines, st.integers(1, 5)), max_size=9), st.floats(0, 1))
def test_whatever_the_scores_few_sentences_are_taken_each_once(values, threshold):
    found = [sentence(number, page=page, passage_score=near) for number, (_, near, page) in enumerate(values)]
    scores = [score for score, _, _ in values]
    taken = choose("Where?", found, apart(len(found)), scores, threshold=threshold)
    assert len(taken) == len({one.span for one, _ in taken}) <= MOST_SENTENCES
    assert bool(taken) is bool(found)
    rest = [(one.page, one.span.start) for one, _ in taken[1:]]
    assert rest == sorted(rest)
