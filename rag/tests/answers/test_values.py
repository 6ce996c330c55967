"""An answer as it is shown: what answers within a quotation, where to read on, what comes nearest."""

from __future__ import annotations

import pytest

from rag.answers.citations import AnswerSentence, Citation, cite
from rag.answers.ports import Statement
from rag.answers.quotable import QuotableSentence
from rag.answers.values import CitedAnswer, RetrievedPassage, packed, unpacked
from rag.models import Document
from rag.text.sentences import TextSpan

PAGE = "ATP was found  in 1929 by Karl Lohmann. It is spent."
QUOTE = "ATP was found in 1929 by Karl Lohmann."


def citation(page: int, last_page: int = 0, answering: tuple[tuple[int, int], ...] = ()) -> Citation:
    return Citation(1, page, QUOTE, 0.5, 0, 38, "", last_page, answering=answering)


def answer(sources: list[Citation], pages: list[int]) -> CitedAnswer:
    passages = [RetrievedPassage(page, 0.5, f"text {number}") for number, page in enumerate(pages)]
    sentences = [AnswerSentence(QUOTE, 1) for _source in sources]
    return CitedAnswer("Who?", QUOTE, bool(sources), "extractive", False, sentences, sources, passages)


@pytest.mark.parametrize(
    ("answering", "pieces"),
    [
        ((), [(QUOTE, False)]),
        (((25, 37),), [("ATP was found in 1929 by ", False), ("Karl Lohmann", True), (".", False)]),
        (((0, 3), (17, 21)), [("ATP", True), (" was found in ", False), ("1929", True), (" by Karl Lohmann.", False)]),
        (((0, 38),), [(QUOTE, True)]),
    ],
)
def test_a_quotation_is_shown_in_pieces_that_answer_and_others(answering, pieces):
    found = citation(1, answering=answering).pieces
    assert found == pieces
    assert "".join(piece for piece, _answers in found) == QUOTE


def test_the_pages_of_other_passages_are_read_on_as_in_the_book():
    found = answer([citation(3, last_page=4)], [9, 3, 4, 7, 9, 5, 8])
    assert [(passage.page, passage.text) for passage in found.read_on] == [(5, "text 5"), (7, "text 3"), (9, "text 0")]
    assert found.nearest == []


def test_without_an_answer_the_nearest_passages_are_shown():
    found = answer([], [9, 3, 4, 7])
    assert [passage.page for passage in found.nearest] == [9, 3, 4]


def test_what_answers_is_kept_with_an_answer():
    kept = unpacked(packed(answer([citation(3, answering=((25, 37),))], [])), "Who?")
    assert kept.sources[0].pieces == citation(3, answering=((25, 37),)).pieces


@pytest.mark.parametrize(("said", "answering"), [(QUOTE, ((25, 37),)), ("Lohmann found it.", ())])
def test_only_the_words_of_a_quotation_are_marked_not_those_of_a_writer(said, answering):
    source = QuotableSentence(1, TextSpan(0, 39), PAGE[:39], 0, 0.5)
    _sentences, (found,) = cite(Document(), {1: PAGE}, [Statement(said, source, 0.5, ((25, 37),))])
    assert (found.quote, found.answering) == (QUOTE, answering)
