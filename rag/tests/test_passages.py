"""Passages: even, verbatim, inside the window."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.ai import embeddings
from library.ai.local import count_pieces
from rag.ingest.passages import Cut, cut, digest
from rag.tests.pdfs import CHAPTERS

SENTENCE = "The river carried the grain to the mill and the flour to the town below. "


def passages(text: str, window: int = 256) -> list[Cut]:
    return cut(text, language="en", window=window, count_pieces=partial(count_pieces, embeddings.spec()))


def words(text: str) -> int:
    return len(text.split())


def test_long_page_is_cut_evenly_into_about_120_words():
    text = "".join(f"{SENTENCE}" for _ in range(40)).strip()
    found = passages(text)
    assert len(found) == round(words(text) / 120)
    assert all(100 <= words(part.text) <= 140 for part in found)


def test_no_tiny_rest_is_left():
    text = (SENTENCE * 9).strip()  # 135 words: one passage, not 120 and 15
    assert [words(part.text) for part in passages(text)] == [135]


def test_passage_is_the_text_of_its_page_at_its_offsets():
    text = "\n\n".join(paragraph for chapter in CHAPTERS for paragraph in chapter)
    found = passages(text)
    assert len(found) >= 2
    assert all(text[part.start : part.end] == part.text for part in found)


def test_passages_begin_and_end_with_sentences():
    text = "".join(f"Sentence {n} has a few words in it. " for n in range(60)).strip()
    assert all(part.text.startswith("Sentence") and part.text.endswith(".") for part in passages(text))


def test_dense_text_is_split_to_fit_the_window():
    text = " ".join(f"0x{n:08x}" for n in range(100)) + "."
    found = passages(text)
    assert len(found) > 1
    assert max(count_pieces(embeddings.spec(), [part.text for part in found])) <= 256
    assert " ".join(part.text for part in found) == text


def test_one_endless_word_is_split_too():
    text = "abcdefghij" * 300
    found = passages(text)
    assert max(count_pieces(embeddings.spec(), [part.text for part in found])) <= 256
    assert "".join(part.text for part in found) == text


def test_contents_and_lone_numbers_make_no_passages():
    contents = "\n\n".join(f"{n}.1 Chapter about things {'. ' * 20}{n * 10}" for n in range(1, 20))
    assert passages(contents) == []
    assert passages("17") == []
    assert passages("") == []


def test_hash_does_not_see_line_breaks():
    assert digest("a  b\nc") == digest("a b c")
    assert digest("a b c") != digest("a b d")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="abcdef .!?\n", max_size=200), max_size=8).map(". ".join))
def test_whatever_the_page_every_passage_is_verbatim_and_in_order(text):
    found = passages(text, window=32)
    assert all(text[part.start : part.end] == part.text for part in found)
    assert all(one.end <= two.start for one, two in pairwise(found))


@pytest.mark.parametrize("count", [1, 3, 8, 17])
def test_same_page_same_passages(count):
    assert passages(SENTENCE * count) == passages(SENTENCE * count)
