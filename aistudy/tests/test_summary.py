"""Which sentences make a summary: pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from aistudy.summary import FEWEST, MOST, PassageText, Sentence, main_matter, summarise
from library.ai.spec import Vectors, unit
from rag.text.passage_parts import PassagePart

TOPICS = ["cells", "rivers", "engines", "whales", "planets", "breads", "towers", "glaciers", "violins", "harvests"]


def whole(number: int, text: str) -> PassageText:
    """A passage that is all of its page."""
    return PassageText(number, 0, text, (PassagePart(number, 0, len(text), 0),))


def book(pages: int, topics: list[str] = TOPICS) -> tuple[list[PassageText], dict[int, str]]:
    texts = {}
    for number in range(1, pages + 1):
        topic = topics[(number - 1) * len(topics) // pages]
        texts[number] = (
            f"The study of {topic} is the concern of leaf {number} in every respect. "
            f"Scholars of old kept {topic} in cabinets and wrote long letters about them to their friends."
        )
    return [whole(number, text) for number, text in texts.items()], texts


def embed(texts: Sequence[str]) -> Vectors:
    """A vector by topic: near for sentences on one topic, far for others. (Stands in for no model: pure geometry.)"""
    rows = np.zeros((len(texts), len(TOPICS) + 40), dtype=np.float32)
    for row, text in enumerate(texts):
        for column, topic in enumerate(TOPICS):
            rows[row, column] = text.count(topic)
        rows[row, len(TOPICS) + sum(map(ord, text)) % 40] = 0.8
    return unit(rows)


def summary(passages: list[PassageText], pages: dict[int, str]) -> list[Sentence]:
    return summarise(passages, embed([p.text for p in passages]), pages, language="en", embed=embed)


@pytest.mark.parametrize("pages", [10, 60, 400])
def test_six_to_ten_sentences_in_the_order_of_the_book(pages):
    found = summary(*book(pages))
    assert FEWEST <= len(found) <= MOST
    assert [(s.page, s.start) for s in found] == sorted((s.page, s.start) for s in found)


def test_every_sentence_stands_on_its_page():
    passages, pages = book(40)
    for sentence in summary(passages, pages):
        assert pages[sentence.page][sentence.start : sentence.end] == sentence.text


def test_all_parts_of_the_book_have_their_say():
    passages, pages = book(60)
    tenths = {(sentence.page - 1) * 6 // 60 for sentence in summary(passages, pages)}
    assert tenths == set(range(6))


def test_no_sentence_is_said_twice():
    passages, pages = book(60)
    repeated = [whole(p.page, pages[1]) for p in passages]
    found = summary(repeated, dict.fromkeys(pages, pages[1]))
    assert len({sentence.text for sentence in found}) == len(found)


def test_sentence_that_two_passages_share_is_weighed_once():
    passages, pages = book(24)
    doubled = [one for passage in passages for one in (passage, passage)]
    weighed: list[str] = []

    def listen(texts: Sequence[str]) -> Vectors:
        weighed.extend(texts)
        return embed(texts)

    summarise(doubled, embed([p.text for p in doubled]), pages, language="en", embed=listen)
    leaves = [text for text in weighed if "leaf" in text]  # the other sentence of each page is not its own
    assert leaves
    assert len(set(leaves)) == len(leaves)


def test_book_without_sentences_has_no_summary():
    pages = {1: "Index", 2: "x = 1\n\ny = 2", 3: "3.4 Monoid as Set"}
    passages = [whole(number, text) for number, text in pages.items()]
    assert summary(passages, pages) == []
    assert summary([], {}) == []


def test_front_matter_contents_and_index_are_left_out():
    passages, pages = book(20)
    pages[1] = "Preface\n\n" + pages[1]
    pages[2] = "Contents\n\n1 Cells ............ 3\n\n" + pages[2]
    pages[18] = "Bibliography\n\n" + pages[18]
    passages = [whole(number, text) for number, text in pages.items()]
    kept = {passages[index].page for index in main_matter(passages, pages, "en")}
    assert kept == set(range(3, 18))


def test_sentences_that_point_elsewhere_are_not_chosen():
    passages, pages = book(12)
    pages = {n: text + " As shown in figure 3 the thing is what it is in every way." for n, text in pages.items()}
    passages = [whole(number, text) for number, text in pages.items()]
    assert not [sentence for sentence in summary(passages, pages) if "figure" in sentence.text]
