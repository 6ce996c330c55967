from __future__ import annotations

import pytest

from rag.answers.prose import quotes

PAGE = "Bread rises because yeast\nmakes a gas [12]. The gas stays in the dough.\nTeig geht auf, weil die Hefe gärt."


def shown(text: str) -> str:
    return quotes.verified(text, [PAGE])[0]


@pytest.mark.parametrize(
    "text",
    [
        "It says “yeast makes a gas [12]” there.",
        "It says “Bread rises because yeast makes a gas [12].”",
        'It says "The gas stays in the dough".',
        "Es heißt „Teig geht auf, weil die Hefe gärt“.",
        "It says «The gas stays in the dough.»",
        "It says “Bread rises … The gas stays in the dough.”",
    ],
)
def test_words_of_the_book_keep_their_signs(text):
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("It says “bread is made of stone” there.", "It says bread is made of stone there."),
        ("It says “Bread rises … and sings loudly”.", "It says Bread rises … and sings loudly."),
        ("“Bread falls because yeast” and “The gas stays”", "Bread falls because yeast and “The gas stays”"),
    ],
)
def test_words_that_stand_nowhere_are_not_shown_as_a_quote(text, left):
    assert shown(text) == left


def test_short_ones_and_code_are_no_quotes():
    assert shown('the “gas” and `print("hello, my world")`') == 'the “gas” and `print("hello, my world")`'


def test_where_true_quotes_stand_is_told_in_the_new_text():
    text, spans = quotes.verified("“made up by somebody” and “The gas stays in the dough”!", [PAGE])
    assert [span.of(text) for span in spans] == ["“The gas stays in the dough”"]


def test_block_of_a_quote_must_stand_too():
    assert quotes.block_quote("> The gas stays\n> in the dough. [101]", [PAGE]).startswith(">")
    assert quotes.block_quote("> The gas leaves.", [PAGE]) == "The gas leaves."
    assert quotes.block_quote("5 > 3", [PAGE]) == "5 > 3"
