"""A quotation is found again on its page, or not at all."""

from __future__ import annotations

import pytest

from rag.answers.citations import locate
from rag.text.sentences import TextSpan


def test_quotation_is_found_whatever_the_line_breaks():
    assert locate("He said:\nthe  river\nran. Then", "the river ran.") == TextSpan(9, 24)


def test_quotation_that_is_said_twice_is_found_where_it_was_meant():
    text = "It rained. It rained."
    assert locate(text, "It rained.", near=TextSpan(11, 21)) == TextSpan(11, 21)


@pytest.mark.parametrize("quote", ["the river stood", "", "  "])
def test_quotation_that_is_not_there_is_not_found(quote):
    assert locate("the river ran", quote) is None
