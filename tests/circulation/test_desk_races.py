"""Two desks at the same moment, over HTTP, with and without an ``Idempotency-Key``."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.lending import Reader, free_copies, make_readers, open_loans
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
ROUNDS = 5  # how often a race is run: once may be chance


@pytest.fixture(scope="module")
def desks(stack: Stack) -> list[httpx.Client]:
    """Two connections of one librarian."""
    first = stack.client("librarian@example.org")
    second = stack.client()
    second.headers["Authorization"] = first.headers["Authorization"]
    return [first, second]


@pytest.fixture
def readers(stack: Stack) -> list[Reader]:
    return make_readers(stack, "Bruno Falk", "Dalia Noor")


def at_once(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    together = Barrier(len(calls), timeout=20)

    def run(call: Callable[[], httpx.Response]) -> httpx.Response:
        together.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def lend(desk: httpx.Client, barcode: str, reader: Reader, **more: Any) -> httpx.Response:
    headers = {"Idempotency-Key": more.pop("key")} if "key" in more else {}
    return desk.post("/loans/", json={"copy": barcode, "patron": reader.card} | more, headers=headers)


def take_back(desk: httpx.Client, barcode: str, **headers: str) -> httpx.Response:
    return desk.post(
        "/check-ins/", json={"copy": barcode}, headers={"Idempotency-Key": headers["key"]} if headers else {}
    )


def codes(answers: list[httpx.Response]) -> list[int]:
    assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers]
    return sorted(answer.status_code for answer in answers)


def test_two_desks_lend_one_copy_once(stack, desks, readers):
    [(barcode, _title)] = free_copies(stack, 1)
    for _n in range(ROUNDS):
        answers = at_once(*(lambda d=d, r=r: lend(d, barcode, r) for d, r in zip(desks, readers, strict=True)))
        assert codes(answers) == [201, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert refused.json()["code"] == "already_lent_to_another"
        assert sorted(open_loans(stack, reader.card) for reader in readers) == [[], [barcode]]
        assert take_back(desks[0], barcode).status_code == 200


def test_two_desks_give_away_the_last_place_of_a_reader_once(stack, desks, readers):
    reader, free = readers[0], [barcode for barcode, _title in free_copies(stack, 4)]
    for barcode in free[:2]:
        assert lend(desks[0], barcode, reader).status_code == 201
    for _n in range(ROUNDS):
        answers = at_once(*(lambda d=d, b=b: lend(d, b, reader) for d, b in zip(desks, free[2:], strict=True)))
        assert codes(answers) == [201, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert refused.json()["code"] == "loan_limit_reached"
        (lent,) = set(open_loans(stack, reader.card)) - set(free[:2])
        assert take_back(desks[0], lent).status_code == 200


def test_the_same_request_twice_at_once_is_done_once_and_answered_twice(stack, desks, readers):
    [(barcode, _title)] = free_copies(stack, 1)
    for _n in range(ROUNDS):
        key = uuid4().hex
        answers = at_once(*(lambda d=d, k=key: lend(d, barcode, readers[0], key=k) for d in desks))
        assert codes(answers) == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert sorted(answer.headers.get("Idempotent-Replayed", "") for answer in answers) == ["", "true"]
        assert open_loans(stack, readers[0].card) == [barcode]

        other = lend(desks[0], barcode, readers[1], key=key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

        key = uuid4().hex
        answers = at_once(*(lambda d=d, k=key: take_back(d, barcode, key=k) for d in desks))
        assert codes(answers) == [200, 200]
        assert answers[0].json() == answers[1].json()
        assert open_loans(stack, readers[0].card) == []


def test_the_same_scan_twice_at_once_without_a_key_changes_nothing_the_second_time(stack, desks, readers):
    [(barcode, _title)] = free_copies(stack, 1)
    for _n in range(ROUNDS):
        answers = at_once(*(lambda d=d: lend(d, barcode, readers[0]) for d in desks))
        assert codes(answers) == [201, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert refused.json()["code"] == "already_lent_to_patron"

        answers = at_once(*(lambda d=d: take_back(d, barcode) for d in desks))
        assert codes(answers) == [200, 200]
        assert sorted(answer.json()["loan"] is None for answer in answers) == [False, True]
        assert sorted(answer.json()["nothing_changed"] for answer in answers) == [False, True]


def test_two_readers_swap_two_copies_and_nobody_hears_of_a_deadlock(stack, desks, readers):
    first, second = (barcode for barcode, _title in free_copies(stack, 2))
    despite = {"override": ["already_lent_to_another"], "comment": "They swapped them in the hall."}
    for barcode, reader in zip((first, second), readers, strict=True):
        assert lend(desks[0], barcode, reader).status_code == 201
    for n in range(ROUNDS):
        wanted = (second, first) if n % 2 == 0 else (first, second)
        pairs = zip(desks, wanted, readers, strict=True)
        answers = at_once(*(lambda d=d, b=b, r=r: lend(d, b, r, **despite) for d, b, r in pairs))
        assert codes(answers) == [201, 201]
        assert [open_loans(stack, reader.card) for reader in readers] == [[wanted[0]], [wanted[1]]]


def test_a_copy_is_taken_back_while_it_is_renewed(stack, desks, readers):
    [(barcode, _title)] = free_copies(stack, 1)
    for _n in range(ROUNDS):
        loan = lend(desks[0], barcode, readers[0]).json()["id"]
        renewing = partial(desks[1].post, f"/loans/{loan}/renew/", json={})
        back, renewed = at_once(lambda: take_back(desks[0], barcode), renewing)
        assert back.status_code == 200
        assert renewed.status_code == 200 or renewed.json()["code"] == "already_returned"
        assert open_loans(stack, readers[0].card) == []
