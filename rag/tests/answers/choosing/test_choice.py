"""Which sentences are quoted, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rag.answers.choosing.asked_for import AskedFor
from rag.answers.choosing.candidate import WeighedSentence, candidates
from rag.answers.choosing.choose import MOST, Support, choose
from rag.answers.choosing.words import RareWords
from rag.answers.quotable import QuotableSentence
from rag.text.sentences import TextSpan

ANYTHING = AskedFor("unknown", "mill")
SUPPORT = Support(0.3)


def candidate(number: int, meaning: float, *, page: int = 1, text: str = "", **changes: object) -> WeighedSentence:
    """The ``number``-th sentence of its page, as long as any other."""
    text = text or f"The mill number {number} stands."
    sentence = QuotableSentence(page, TextSpan(100 * number, 100 * number + 99), text, 0, 0.5)
    return replace(WeighedSentence(sentence, meaning), **changes)  # type: ignore[arg-type]


def chosen(found: Sequence[WeighedSentence], asked: AskedFor = ANYTHING, *, alike: float = 0.0) -> list[int]:
    taken = choose(asked, found, lambda _one, _other: alike, SUPPORT)
    return [found.index(one) for one in taken]


def test_the_best_comes_first_and_the_rest_as_in_the_book():
    found = [candidate(0, 0.80, page=3), candidate(1, 0.78, page=2), candidate(4, 0.79, page=1)]
    assert chosen(found) == [0, 2, 1]


def test_what_stands_side_by_side_with_the_best_stays_in_its_order():
    found = [candidate(0, 0.79), candidate(1, 0.80), candidate(2, 0.78), candidate(0, 0.77, page=9)]
    assert chosen(found, AskedFor("steps", "mill")) == [0, 1, 2, 3]


def test_never_more_than_four_and_fewer_for_what_one_sentence_can_tell():
    found = [candidate(2 * number, 0.8) for number in range(9)]
    assert len(chosen(found, AskedFor("steps", "mill"))) == MOST
    assert len(chosen(found, AskedFor("quantity", "mill"))) == 2


def test_a_further_sentence_is_nearly_as_good_as_the_best():
    found = [candidate(0, 0.9), candidate(2, 0.8), candidate(4, 0.5)]
    assert chosen(found) == [0, 1]


def test_what_supports_nothing_is_not_quoted_though_it_is_the_best():
    assert chosen([candidate(0, 0.29), candidate(1, 0.1)]) == []
    assert chosen([candidate(0, 0.31)]) == [0]
    assert chosen([]) == []


def test_the_words_of_the_question_support_what_is_not_far():
    assert chosen([candidate(0, 0.26, words=0.45)]) == [0]
    assert chosen([candidate(0, 0.26, words=0.36, around=0.2)]) == [0]
    assert chosen([candidate(0, 0.24, words=1.0)]) == []


def test_in_arabic_fewer_words_of_the_question_agree_with_what_answers():
    one = candidate(0, 0.46, words=0.4)
    assert not Support.in_language("en", 0.37).holds(ANYTHING, one)
    assert Support.in_language("ar", 0.37).holds(ANYTHING, one)


def test_where_what_promises_most_supports_nothing_nothing_is_quoted():
    found = [candidate(0, 0.5, words=0.44), candidate(2, 0.35)]
    assert chosen(found) == []
    assert chosen(found[1:]) == [0]


def test_a_sentence_that_is_near_for_some_words_alone_supports_nothing():
    """*How many chromosomes has a chimpanzee?* and a sentence on chromosomes."""
    assert chosen([candidate(0, 0.44, words=0.3)]) == []
    assert chosen([candidate(0, 0.46, words=0.3)]) == [0]


def test_where_a_kind_is_demanded_no_other_answers():
    found = [candidate(0, 0.9, shows=False), candidate(2, 0.5, shows=True)]
    assert chosen(found, AskedFor("person", "mill", demands=True)) == [1]
    assert chosen(found[:1], AskedFor("person", "mill", demands=True)) == []
    assert chosen(found[:1], AskedFor("person", "mill")) == [0]


def test_beside_one_that_shows_its_kind_no_other_is_needed():
    found = [candidate(0, 0.8, shows=True), candidate(2, 0.8, shows=None)]
    assert chosen(found, AskedFor("cause", "mill")) == [0]


def test_what_says_the_same_again_is_passed_over():
    found = [candidate(0, 0.80), candidate(2, 0.79)]
    assert chosen(found, alike=0.95) == [0]
    assert chosen(found, alike=0.5) == [0, 1]


def test_a_list_and_its_items_are_not_both_quoted():
    whole = candidate(0, 0.8)
    whole = replace(whole, sentence=replace(whole.sentence, span=TextSpan(0, 400), is_list=True))
    assert chosen([whole, candidate(1, 0.79)]) == [0]


def test_a_list_goes_with_the_sentence_that_leads_to_it():
    best, item = candidate(0, 0.8), candidate(1, 0.7)
    whole = replace(item, meaning=0.2, sentence=replace(item.sentence, span=TextSpan(100, 900), is_list=True))
    assert chosen([best, item, whole], AskedFor("steps", "mill")) == [0, 2]
    assert chosen([best, item, whole], AskedFor("quantity", "mill")) == [0]


def test_what_tells_how_may_stand_behind_the_sentence_with_the_words_of_the_question():
    best, after = candidate(0, 0.8, words=1.0), candidate(1, 0.2, around=0.9)
    assert chosen([best, after], AskedFor("steps", "mill")) == [0, 1]
    assert chosen([best, after], AskedFor("person", "mill")) == [0]
    assert chosen([best, replace(after, around=0.3)], AskedFor("steps", "mill")) == [0]


def test_why_may_stand_before_the_sentence_with_the_words_of_the_question():
    before, best = candidate(0, 0.1), candidate(1, 0.8, text="For that reason the mill stands.")
    assert chosen([before, best], AskedFor("cause", "mill")) == [0, 1]
    assert chosen([before, best], AskedFor("steps", "mill")) == [1]


def test_a_definition_goes_first_where_one_is_asked_for():
    found = [candidate(0, 0.55), candidate(2, 0.50, defines=1.0)]
    assert chosen(found, AskedFor("definition", "mill"))[0] == 1


def test_a_sentence_comes_with_the_one_that_it_leans_on():
    first = candidate(0, 0.2, text="A mill stood there.", words=0.5)
    second = candidate(1, 0.8, leans=True, around=0.5)
    second = replace(second, sentence=replace(second.sentence, before="A mill stood there."))
    assert chosen([first, second]) == [0, 1]
    assert chosen([replace(first, words=0.0), second]) == [1], "it has nothing of the question"
    assert chosen([first, replace(second, leans=False)]) == [1]
    assert chosen([replace(first, sentence=replace(first.sentence, page=7)), second]) == [1], "it stands elsewhere"


def test_a_difference_has_both_sides():
    asked = AskedFor("difference", "mitosis and meiosis", ("mitosis", "meiosis"))
    one = candidate(0, 0.8, sides=(1.0, 0.0))
    again = candidate(2, 0.79, sides=(1.0, 0.0))
    other = candidate(4, 0.4, sides=(0.0, 1.0))
    both = candidate(6, 0.5, sides=(1.0, 1.0))
    assert chosen([one, again, other], asked) == [0, 2]
    assert chosen([one, again, other, both], asked) == [3]


def test_the_words_of_the_question_count_by_how_rare_they_are():
    words = RareWords({"mill": 0.5, "kinesin": 4.5})
    sentences = [
        QuotableSentence(1, TextSpan(0, 9), "One.", 0, 0.5, lexemes=frozenset({"mill"})),
        QuotableSentence(1, TextSpan(9, 18), "Two.", 0, 0.5, lexemes=frozenset({"kinesin"})),
        QuotableSentence(1, TextSpan(18, 27), "Three.", 0, 0.5, around=frozenset({"kinesin"})),
    ]
    found = candidates(ANYTHING, "mill kinesin", "en", sentences, [0.4, 0.4, 0.4], words)
    assert [(round(one.words, 2), round(one.around, 2)) for one in found] == [(0.1, 0), (0.9, 0), (0, 0.9)]
    assert found[1].worth > found[2].worth > found[0].worth


cosines = st.floats(-1, 1, allow_nan=False, width=32)


@given(st.lists(st.tuples(cosines, st.integers(1, 5), st.booleans()), max_size=9), cosines)
def test_whatever_the_scores_few_sentences_are_taken_each_once(values, alike):
    found = [candidate(number, score, page=page, leans=leans) for number, (score, page, leans) in enumerate(values)]
    taken = chosen(found, alike=alike)
    assert len(taken) == len(set(taken)) <= MOST
    assert all(found[one].meaning >= 0.3 for one in taken)
    assert bool(taken) is (max((score for score, _, _ in values), default=-1) >= 0.3)
