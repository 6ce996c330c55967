"""The golden questions to the demonstration books: what they are, whatever finds their answers.

They were written before any search was tuned on them. The tuning half may be looked at; the other half only judges.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from demo import FOLDER
from rag.evaluation import golden

QUESTIONS = golden.read(FOLDER / "golden")
BOOKS = {
    "a-primer-on-the-cell": ("A Primer on the Cell", "en"),
    "the-readers-handbook": ("The Reader's Handbook", "en"),
    "el-agua-de-cada-dia": ("El agua de cada día", "es"),
    "kam-as-saa": ("كم الساعة؟", "ar"),
}
GATING = "45a31dde5df377d62257891480b68730bb0ba20eb59e1064a4930e789cb71459"


def of(book):
    return [one for one in QUESTIONS if one.book == book]


def test_the_half_that_judges_is_as_it_was_written():
    assert golden.gating_hash(QUESTIONS) == GATING


def test_each_digital_book_of_the_collection_has_its_questions_in_its_language():
    records = json.loads((FOLDER / "records.json").read_text())["books"]
    digital = {book["file"].rpartition(".")[0]: (book["title"], book["language"]) for book in records if "file" in book}
    assert digital == BOOKS
    assert {(one.book, one.language) for one in QUESTIONS} == {(name, said[1]) for name, said in BOOKS.items()}


@pytest.mark.parametrize("book", BOOKS)
def test_a_book_has_many_questions_half_of_them_in_other_words(book):
    kinds = Counter(one.kind for one in of(book))
    assert kinds["plain"] == kinds["paraphrased"]
    assert kinds["plain"] + kinds["paraphrased"] >= (45 if BOOKS[book][1] == "en" else 40)
    assert kinds["unanswerable"] >= 12


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("kind", ["plain", "paraphrased", "unanswerable"])
def test_the_halves_are_alike(book, kind):
    halves = Counter(one.half for one in of(book) if one.kind == kind)
    assert abs(halves["tuning"] - halves["gating"]) <= 1


def test_no_question_and_no_quotation_comes_twice():
    quotes = [one.quote for one in QUESTIONS if one.is_answerable]
    assert [text for text, number in Counter(one.question for one in QUESTIONS).items() if number > 1] == []
    assert [text for text, number in Counter(quotes).items() if number > 1] == []
