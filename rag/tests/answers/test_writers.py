from __future__ import annotations

import numpy as np
import pytest

from rag.answers.citations import locate
from rag.answers.evidence import QuotableSentence
from rag.answers.extractive import choose, defines
from rag.text.sentences import TextSpan


def candidate(text: str, start: int = 0, page: int = 1) -> QuotableSentence:
    return QuotableSentence(page, TextSpan(start, start + len(text)), text, 0, 0.5)


def vectors(*rows: list[float]):
    made = np.array(rows, dtype=np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_sentence_that_says_the_same_again_is_passed_over():
    found = [candidate("Whales eat krill."), candidate("Krill is eaten by whales."), candidate("Whales sing.", page=2)]
    chosen = choose("What do whales do?", found, vectors([1, 0], [1, 0.05], [0.5, 1]), [0.8, 0.79, 0.7], threshold=0.4)
    assert [made.text for made, _score in chosen] == ["Whales eat krill.", "Whales sing."]


def test_far_weaker_sentences_are_left_out():
    found = [candidate("Whales eat krill."), candidate("It rained that day in the town.", page=2)]
    chosen = choose("What do whales eat?", found, vectors([1, 0], [0, 1]), [0.8, 0.3], threshold=0.4)
    assert len(chosen) == 1


def test_definition_wins_where_one_is_asked_for():
    found = [candidate("Functors are used everywhere in code."), candidate("A functor is a mapping of categories.")]
    chosen = choose("What is a functor?", found, vectors([1, 0], [0.5, 1]), [0.62, 0.6], threshold=0.4)
    assert chosen[0][0].text == "A functor is a mapping of categories."


@pytest.mark.parametrize("question", ["Why is the sky blue?", "functor", "", "What happened in (1848"])
def test_other_questions_ask_for_no_definition(question):
    assert defines(question) is None


def test_nothing_to_choose_from():
    assert choose("Why?", [], np.zeros((0, 2), dtype=np.float32), [], threshold=0.4) == []


def test_quotation_is_found_whatever_the_line_breaks():
    assert locate("He said:\nthe  river\nran. Then", "the river ran.") == TextSpan(9, 24)


def test_quotation_that_is_said_twice_is_found_where_it_was_meant():
    text = "It rained. It rained."
    assert locate(text, "It rained.", near=TextSpan(11, 21)) == TextSpan(11, 21)


@pytest.mark.parametrize("quote", ["the river stood", "", "  "])
def test_quotation_that_is_not_there_is_not_found(quote):
    assert locate("the river ran", quote) is None
