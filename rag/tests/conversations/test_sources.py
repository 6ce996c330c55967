"""Where a quote stands now, and what a kept conversation says of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from django.utils import timezone

from rag.answers.citations import AnswerSentence, Citation
from rag.answers.values import CitedAnswer, mark_link, packed, unpacked
from rag.conversations.exports import as_markdown
from rag.conversations.models import Conversation, Exchange
from rag.conversations.sources import ShownExchange, _on_page, shown
from rag.text.sentences import TextSpan

PAGES = {1: "Bread rises\nslowly. Salt", 2: "is late, and cold.", 3: "Bread  rises slowly."}
SOURCE = Citation(1, 1, "Bread rises slowly.", 0.9, 0, 19, "/books/7/pages/1/?mark=0-19#mark")
ANSWER = CitedAnswer(
    question="Why?",
    text="Bread rises slowly. [1]",
    supported=True,
    writer="extractive",
    cached=False,
    sentences=[AnswerSentence("Bread rises slowly.", 1)],
    sources=[SOURCE],
    passages=[],
)
NOW = timezone.now()
CONVERSATION = Conversation(title="Bread", about="On *bread*", created_at=NOW, asked_at=NOW)


def exchange(**values) -> Exchange:
    return Exchange(conversation=CONVERSATION, number=1, question="Why?", searched="Why?", created_at=NOW, **values)


@pytest.mark.parametrize(
    ("number", "quote", "place"),
    [
        (1, "Bread rises slowly.", (1, TextSpan(0, 19), "")),
        (3, "Bread rises slowly.", (3, TextSpan(0, 20), "")),
        (1, "Salt is late, and cold.", (1, TextSpan(20, 24), "0-18")),
        (1, "Salt is early.", None),
        (1, "rises and cold.", None),
        (2, "Bread rises slowly.", None),
        (9, "Bread rises slowly.", None),
    ],
)
def test_a_quote_is_found_on_its_page_or_over_its_end(number, quote, place):
    assert _on_page(PAGES, number, quote) == place


def test_what_was_kept_comes_back_whole():
    whole = replace(ANSWER, prose="It rises.", fell_back=True, stopped=True, by_meaning=False)
    assert unpacked(packed(whole), "Why?") == replace(whole, cached=True)


def test_without_its_document_every_source_is_gone_and_the_words_stay():
    (one,) = shown(CONVERSATION, [exchange(answer=packed(ANSWER), state="done")], None)
    assert one.quotations == [("Bread rises slowly.", replace(SOURCE, url=""), True)]
    made = as_markdown(CONVERSATION, [one])
    assert "1. “Bread rises slowly.” — source removed\n" in made
    assert "About: On \\*bread\\*" in made


def test_a_text_in_its_own_words_shows_what_it_stands_on():
    own = replace(ANSWER, prose="It rises \ue0001\ue001.", sentences=[], text="It rises [1].")
    one = ShownExchange(exchange(), own)
    assert one.quotations == [("Bread rises slowly.", SOURCE, False)]
    assert own.html == f'<p>It rises <a class="cite" href="{SOURCE.url}" title="p. 1">1</a>.</p>\n'
    assert "\nIt rises [1].\n" in as_markdown(CONVERSATION, [one])


def test_a_mark_of_what_no_page_shows_is_no_link_and_nothing_in_it_is_ours():
    assert mark_link(1, '"><b>', "") == '<span class="cite" title="&quot;&gt;&lt;b&gt;">1</span>'
    lost = replace(ANSWER, prose="It rises \ue0007\ue001.")
    assert '<span class="cite" title="">7</span>' in lost.html


@pytest.mark.parametrize(
    ("state", "answer", "said"),
    [
        ("failed", None, "No answer: The shelf is full\\!"),
        ("stopped", None, "No answer."),
        ("waiting", None, "No answer."),
        ("stopped", ANSWER, "(Stopped here.)"),
    ],
)
def test_what_ended_otherwise_is_said_in_the_file(state, answer, said):
    made = as_markdown(CONVERSATION, [ShownExchange(exchange(state=state, error="The shelf is full!"), answer)])
    assert said in made


def test_nothing_was_asked_yet():
    assert as_markdown(CONVERSATION, []) == "# Bread\n\nAbout: On \\*bread\\*\n"
    assert shown(CONVERSATION, [], None) == []
    assert ShownExchange(exchange(id=uuid4()), None).quotations == []
