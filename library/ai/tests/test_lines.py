"""Who comes next at a model: the order by itself, without a model and without waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from library.ai.lines import (
    MOST_OF_A_SENDER,
    MOST_SENDERS,
    MOST_TEXTS,
    PART,
    Batch,
    BulkLine,
    LineIsFull,
    QuestionLine,
    WaitingLine,
    Wanted,
)
from library.ai.spec import Kind


@pytest.fixture
def loop():
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture
def wanted(loop):
    def make(*texts: str, sender: str = "", kind: Kind = "passage", count: int = 0) -> Wanted:
        return Wanted(
            "small", kind, list(texts) or [f"{sender}{n}" for n in range(count)], loop.create_future(), sender
        )

    return make


def taken(line: WaitingLine) -> list[str] | None:
    batch = line.take()
    return batch.texts if batch else None


def lengths(texts: Sequence[str]) -> Any:
    return np.array([[len(text)] for text in texts], dtype=np.float32)


# -- questions


def test_questions_that_wait_together_are_one_batch_in_their_order(wanted):
    line = QuestionLine()
    for text in "abc":
        line.put(wanted(text))
    assert taken(line) == ["a", "b", "c"]
    assert taken(line) is None


def test_kinds_do_not_mix_and_who_came_first_goes_first(wanted):
    line = QuestionLine()
    for text, kind in (("p1", "passage"), ("q1", "question"), ("p2", "passage"), ("q2", "question")):
        line.put(wanted(text, kind=kind))
    batch = line.take()
    assert batch is not None
    assert (batch.texts, batch.kind) == (["p1", "p2"], "passage")
    assert taken(line) == ["q1", "q2"]


def test_a_batch_of_questions_has_an_end_and_takes_requests_whole(wanted):
    line = QuestionLine()
    for _ in range(4):
        line.put(wanted(count=MOST_TEXTS // 2 + 1))
    assert [len(taken(line) or ()) for _ in range(3)] == [MOST_TEXTS + 2, MOST_TEXTS + 2, 0]


def test_whose_patience_has_ended_costs_nothing(wanted):
    line = QuestionLine()
    gone, here = wanted("gone"), wanted("here")
    line.put(gone)
    line.put(here)
    gone.vectors.cancel()
    assert taken(line) == ["here"]


# -- books


def test_senders_of_books_take_turns_by_parts(wanted):
    line = BulkLine()
    line.put(wanted(sender="a", count=3 * PART))
    line.put(wanted(sender="b", count=PART + 1))
    line.put(wanted(sender="a", count=1))
    found = []
    while texts := taken(line):
        found.append((texts[0], len(texts)))
    assert found == [("a0", PART), ("b0", PART), (f"a{PART}", PART), (f"b{PART}", 1), (f"a{2 * PART}", PART), ("a0", 1)]


def test_a_sender_that_comes_later_waits_for_one_part_only(wanted):
    line = BulkLine()
    line.put(wanted(sender="long", count=10 * PART))
    assert taken(line) is not None
    line.put(wanted("x", sender="short"))
    assert len(taken(line) or ()) == PART  # whose turn it was
    assert taken(line) == ["x"]


def test_a_sender_that_has_enough_waiting_waits_outside_and_no_other(wanted):
    line = BulkLine()
    for _ in range(MOST_OF_A_SENDER):
        line.put(wanted("x", sender="a"))
    with pytest.raises(LineIsFull):
        line.put(wanted("x", sender="a"))
    line.put(wanted("x", sender="b"))
    taken(line)
    line.put(wanted("x", sender="a"))


def test_there_is_an_end_to_senders_too(wanted):
    line = BulkLine()
    for number in range(MOST_SENDERS):
        line.put(wanted("x", sender=str(number)))
    with pytest.raises(LineIsFull):
        line.put(wanted("x", sender="one more"))
    line.put(wanted("x", sender="0"))


def test_who_left_holds_up_nobody_and_keeps_no_room(wanted):
    line = BulkLine()
    leaving = [wanted(sender="a", count=5 * PART) for _ in range(MOST_OF_A_SENDER)]
    for one in leaving:
        line.put(one)
    assert taken(line) is not None
    for one in leaving:
        one.vectors.cancel()
    line.put(wanted("x", sender="a"))
    assert taken(line) == ["x"]
    assert taken(line) is None


# -- what comes of it


def test_each_gets_their_own_vectors_once_all_are_there(wanted):
    line = BulkLine()
    one = wanted(*["x" * n for n in range(1, PART + 3)], sender="a")
    line.put(one)
    first = line.take()
    assert first is not None
    first.give(lengths(first.texts))
    assert not one.vectors.done()
    rest = line.take()
    assert rest is not None
    rest.give(lengths(rest.texts))
    assert one.vectors.result()[:, 0].tolist() == list(range(1, PART + 3))


def test_a_fault_is_told_to_all_of_a_batch_but_who_left(wanted):
    one, gone, fault = wanted("a"), wanted("b"), RuntimeError("broken")
    gone.vectors.cancel()
    Batch([one.take(1), gone.take(1)]).fail(fault)
    assert one.vectors.exception() is fault
    Batch([gone.take(1)]).give(lengths(["b"]))
    assert gone.vectors.cancelled()
