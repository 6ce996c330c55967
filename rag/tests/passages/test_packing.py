"""Sentences in parcels: nothing lost, nothing too large, whatever their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.passages.packing import LONGEST_PART, pack, weigh
from rag.ingest.passages.stretches import PageStretch, Unit

ROOM = 250


def pieces(texts: Sequence[str]) -> list[int]:
    """As many word-pieces as words, or one for each four letters of a long one."""
    return [sum(max(1, len(word) // 4) for word in text.split()) for text in texts]


def units(*texts: str, page: int = 1) -> list[Unit]:
    made, at = [], 0
    for text in texts:
        made.append(Unit((PageStretch(page, at, at + len(text)),), text))
        at += len(text) + 1
    return made


def words(count: int, name: str = "w") -> str:
    return " ".join([name] * count)


def sizes(*counts: int, room: int = ROOM) -> list[int]:
    """How many words each parcel has of sentences of so many words."""
    parcels = pack(units(*(words(count, f"s{n}") for n, count in enumerate(counts))), room=room, count=pieces)
    return [sum(len(unit.text.split()) for unit in parcel) for parcel in parcels]


def test_nothing_gives_no_parcel_and_a_little_gives_one():
    assert sizes() == []
    assert sizes(1) == [1]
    assert sizes(60, 60) == [120]


def test_one_parcel_becomes_two_where_they_would_be_nearer_to_the_target():
    assert len(sizes(*[10] * 16)) == 1
    assert len(sizes(*[10] * 17)) == 2


def test_each_parcel_begins_with_the_end_of_the_one_before():
    found = list(pack(units(*(words(10, f"s{n}") for n in range(40))), room=ROOM, count=pieces))
    assert all(one[-3:] == other[:3] for one, other in pairwise(found))


def test_overlap_is_left_out_where_it_has_no_room():
    found = list(pack(units(*(words(10, f"s{n}") for n in range(40))), room=90, count=pieces))
    assert all(sum(pieces([unit.text for unit in parcel])) <= 90 for parcel in found)
    shared = [len([unit for unit in other if unit in one]) for one, other in pairwise(found)]
    assert max(shared) <= 3


def test_sentence_that_is_too_long_is_parted_at_its_clauses():
    clause = words(20, "reed") + ","
    weighed = weigh(units(" ".join([clause] * 5)), room=ROOM, count=pieces)
    assert len(weighed) > 1
    assert all(each.unit.text.endswith(",") for each in weighed)
    assert all(each.cost <= LONGEST_PART for each in weighed)


def test_listing_is_parted_at_its_lines_before_its_commas():
    text = "\n".join(words(10, "reed,") for _ in range(10))
    weighed = weigh(units(text), room=ROOM, count=pieces)
    assert all("\n" in text[each.unit.pieces[0].end : each.unit.pieces[0].end + 1] for each in weighed[:-1])


def test_sentence_of_two_pages_is_parted_where_the_page_ends():
    first, rest = words(50, "river"), words(50, "mill")
    unit = Unit((PageStretch(1, 100, 100 + len(first)), PageStretch(2, 0, len(rest))), f"{first} {rest}")
    weighed = weigh([unit], room=ROOM, count=pieces)
    assert {piece.page for each in weighed for piece in each.unit.pieces} == {1, 2}
    assert all(len(each.unit.pieces) == 1 for each in weighed)
    assert " ".join(each.unit.text for each in weighed) == unit.text


def test_one_endless_word_is_parted_by_force():
    weighed = weigh(units("x" * 2_000), room=ROOM, count=pieces)
    assert "".join(each.unit.text for each in weighed) == "x" * 2_000
    assert all(each.cost <= LONGEST_PART for each in weighed)


@pytest.mark.parametrize("count", [79, 80])
def test_sentence_of_eighty_words_stays_whole(count):
    assert len(weigh(units(words(count)), room=ROOM, count=pieces)) == 1


def test_sentence_of_eighty_one_words_does_not():
    assert len(weigh(units(words(81)), room=ROOM, count=pieces)) == 2


@given(st.lists(st.integers(1, 200), max_size=25), st.integers(60, 300))
def test_whatever_the_sentences_each_is_in_order_and_no_parcel_is_too_large(counts, room):
    given_ = units(*(words(count, f"s{n}") for n, count in enumerate(counts)))
    weighed = [each.unit for each in weigh(given_, room=room, count=pieces)]
    parcels = list(pack(given_, room=room, count=pieces))
    assert all(sum(pieces([unit.text for unit in parcel])) <= room for parcel in parcels)
    own: list[Unit] = []
    for parcel in parcels:
        places = [weighed.index(unit) for unit in parcel]
        assert places == list(range(places[0], places[-1] + 1)), "with nothing left out between"
        own += [unit for unit in parcel if unit not in own]
    assert own == weighed
    texts = "".join("".join(unit.text.split()) for unit in own)
    assert texts == "".join("".join(unit.text.split()) for unit in given_)
