from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.prose.blocks import BlockGatherer, blocks, is_code, is_heading, is_item

TEXT = "# Bread\nYeast eats\nsugar.\n\n- one\n- two\n\n```py\nx = a[1]\n\ny = 2\n```\nThe end."


def test_paragraphs_items_headings_and_code_are_blocks():
    found = blocks(TEXT)
    assert found == ["# Bread", "Yeast eats\nsugar.", "- one", "- two", "```py\nx = a[1]\n\ny = 2\n```", "The end."]
    assert [is_heading(found[0]), is_item(found[2]), is_code(found[4])] == [True, True, True]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_pieces_of_any_size_give_the_same_blocks(size):
    gatherer = BlockGatherer()
    given_out = [block for at in range(0, len(TEXT), size) for block in gatherer.feed(TEXT[at : at + size])]
    assert [*given_out, *gatherer.close()] == blocks(TEXT)


def test_nothing_half_is_given_out():
    gatherer = BlockGatherer()
    assert list(gatherer.feed("Bread rises [")) == []
    assert list(gatherer.feed("1")) == []
    assert list(gatherer.feed("].\n\nMore")) == ["Bread rises [1]."]


def test_code_that_never_ends_is_one_block():
    assert blocks("Say:\n```\na\n\nb") == ["Say:", "```\na\n\nb"]


@given(st.text(alphabet="a`~#- \n\r1.", max_size=80))
def test_no_word_is_lost(text):
    letters = [sign for sign in text if sign == "a"]
    assert [sign for block in blocks(text) for sign in block if sign == "a"] == letters
