"""Each sentence of an answer is found again on its page, or not shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.citations import AnswerSentence, Citation, cite, locate, page_url
from rag.answers.ports import Statement
from rag.answers.quotable import QuotableSentence
from rag.answers.values import CitedAnswer, RetrievedPassage, packed, unpacked
from rag.models import Document
from rag.text.printed_pages import PrintedPages, place_of
from rag.text.sentences import TextSpan

PAGE = "Rain fell.\n\nThe mill\n stood still. Rain fell."


def statement(text: str, span: TextSpan, *, page: int = 1, said: str = "", score: float = 0.5) -> Statement:
    return Statement(said or text, QuotableSentence(page, span, text, 0, 0.5), score)


@pytest.mark.parametrize(
    ("quote", "span"),
    [
        ("Rain fell.", (0, 10)),
        ("The mill stood still.", (12, 34)),
        ("The  mill\nstood still.", (12, 34)),
        ("mill stood", (16, 27)),
        ("the mill stood still.", None),
        ("Rain fell", (0, 9)),
        ("Rain.fell.", None),
        ("", None),
        ("  ", None),
    ],
)
def test_quotation_is_found_word_for_word_whatever_the_white_space(quote, span):
    found = locate(PAGE, quote)
    assert (found and (found.start, found.end)) == span


def test_sentence_that_a_page_says_twice_is_found_where_it_was_read():
    assert locate(PAGE, "Rain fell.", near=TextSpan(35, 45)) == TextSpan(35, 45)
    assert locate(PAGE, "Rain fell.", near=TextSpan(34, 44)) == TextSpan(0, 10), "nothing else may stand there"
    assert locate(PAGE, "Rain fell.", near=TextSpan(900, 910)) == TextSpan(0, 10)


@given(st.text(alphabet="ab .*+(?\n", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_every_stretch_of_a_page_is_found_on_it(text, start, end):
    quote = text[start:end]
    found = locate(text, quote)
    if quote.split():
        assert found is not None
        assert found.of(text).split() == quote.split()
    else:
        assert found is None


def test_statement_about_a_page_that_is_not_at_hand_is_left_out():
    document = Document(book_id=7)
    assert cite(document, {}, [statement("Rain fell.", TextSpan(0, 10))]) == ([], [])
    assert cite(document, {2: PAGE}, [statement("Rain fell.", TextSpan(0, 10))]) == ([], [])
    assert cite(document, {1: PAGE}, []) == ([], [])


def test_every_citation_has_a_number_of_its_own_and_the_pages_own_words():
    told = [
        statement("The mill stood still.", TextSpan(12, 34), said="Nothing moved.", score=0.123456),
        statement("No word of it.", TextSpan(0, 10)),
        statement("Rain fell.", TextSpan(35, 45)),
    ]
    sentences, citations = cite(Document(book_id=7), {1: PAGE}, told)
    assert sentences == [AnswerSentence("Nothing moved.", 1), AnswerSentence("Rain fell.", 2)]
    assert [(one.number, one.quote, one.score) for one in citations] == [
        (1, "The mill stood still.", 0.1235),
        (2, "Rain fell.", 0.5),
    ]
    assert [(one.start, one.end) for one in citations] == [(12, 34), (35, 45)]


def test_sentence_of_two_pages_is_found_on_both_and_named_by_both():
    pages = {4: "Rain fell.\n\nThe mill\n that burnt", 5: "Figure 1. A mill.\n\nstood still. Rain fell."}
    source = QuotableSentence(4, TextSpan(12, 32), "The mill that burnt stood still.", 0, 0.5, (5, TextSpan(19, 31)))
    printed = {4: PrintedPages("2"), 5: PrintedPages("3")}
    told = [Statement(source.text, source, 0.5)]
    (citation,) = cite(Document(book_id=7), pages, told, printed)[1]
    assert citation.quote == "The mill that burnt stood still."
    assert (citation.page, citation.last_page, citation.printed) == (4, 5, "2–3")
    assert citation.place == "p. 2–3, pages 4–5 of the file"
    assert citation.url == "/books/7/pages/4/?mark=12-32&on=19-31#mark"
    for changed in ({4: pages[4]}, pages | {5: pages[5].replace("still", "there")}, pages | {4: "Rain"}):
        assert cite(Document(book_id=7), changed, told, printed) == ([], []), "all of it, word for word"


@pytest.mark.parametrize(
    ("page", "last", "printed", "place"),
    [
        (4, 4, "", "p. 4"),
        (4, 4, "4", "p. 4"),
        (4, 4, "2", "p. 2, page 4 of the file"),
        (4, 4, "xiv", "p. xiv, page 4 of the file"),
        (4, 4, "101–102", "p. 101–102, page 4 of the file"),
        (4, 5, "", "pp. 4–5"),
        (4, 5, "4–5", "pp. 4–5"),
        (4, 5, "2–3", "p. 2–3, pages 4–5 of the file"),
    ],
)
def test_place_is_named_by_the_printed_page_and_that_of_the_file(page, last, printed, place):
    assert place_of(page, last, printed) == place


@pytest.mark.parametrize(
    ("start", "end", "number"),
    [
        (0, 5, "100"),
        (0, 10, "100"),
        (0, 11, "100–101"),
        (10, 12, "101"),
        (5, 25, "100–102"),
        (20, 20, "102"),
        (25, 9, "102"),
    ],
)
def test_printed_page_of_a_stretch_is_the_one_that_runs_there(start, end, number):
    assert PrintedPages("100", [[10, "101"], [20, "102"]]).at(start, end) == number  # type: ignore[list-item]  # as kept


def test_stretch_before_any_number_has_none_or_the_one_that_it_runs_into():
    assert PrintedPages("", [(10, "1")]).at(0, 10) == ""
    assert PrintedPages("", [(10, "1")]).at(0, 11) == "1"
    assert PrintedPages().at(0, 11) == ""


def test_text_that_no_page_of_the_library_shows_is_cited_without_an_address():
    assert page_url(Document(book_id=None), 1, 0, 10) == ""
    assert page_url(Document(book_id=7), 3, 0, 10) == "/books/7/pages/3/?mark=0-10#mark"


def made(**values: Any) -> CitedAnswer:
    citation = Citation(1, 2, "Rain fell.", 0.5, 0, 10, "/books/7/pages/2/?mark=0-10#mark")
    whole: dict[str, Any] = {
        "question": "What fell?",
        "text": "Rain fell. [1]",
        "supported": True,
        "writer": "extractive",
        "cached": False,
        "sentences": [AnswerSentence("Rain fell.", 1)],
        "sources": [citation],
        "passages": [RetrievedPassage(2, 0.5, "Rain fell. The mill stood still.")],
    }
    return CitedAnswer(**whole | values)


def test_answer_comes_back_from_where_it_was_kept_to_the_question_as_it_is_asked_now():
    again = unpacked(packed(made()), "what FELL?")
    assert again == made(question="what FELL?", cached=True)


def test_kept_answer_is_plain_values_that_outlive_every_class():
    kept = packed(made())
    assert set(kept) == {
        *("text", "supported", "writer", "sentences", "sources", "passages"),
        *("by_meaning", "prose", "fell_back", "stopped"),
    }
    assert all(type(one) is dict for name in ("sentences", "sources", "passages") for one in kept[name])


def test_each_sentence_is_shown_with_its_own_source():
    first = made().sources[0]
    second = Citation(2, 3, "The mill stood still.", 0.4, 0, 21, "")
    answer = made(sentences=[AnswerSentence("It stood.", 2), AnswerSentence("Rain fell.", 1)], sources=[first, second])
    assert [(one.text, source.page) for one, source in answer.quotations] == [("It stood.", 3), ("Rain fell.", 2)]
