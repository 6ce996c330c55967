"""A part that does not answer in time costs one request its patience, not every one."""

from __future__ import annotations

import threading

import pytest

from library.core.faults.circuit_breaker import Breaker, Resting


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(settings):
    settings.REST_SECONDS = 5.0
    return Clock()


@pytest.fixture
def part(clock):
    return Breaker("The part", clock=clock)


def ask(part: Breaker, fault: Exception | None = None) -> str:
    with part.tried(TimeoutError):
        if fault is not None:
            raise fault
    return "answered"


def miss(part: Breaker) -> None:
    with pytest.raises(TimeoutError):
        ask(part, TimeoutError())


def test_after_one_time_out_it_is_left_alone_and_then_tried_again(part, clock):
    miss(part)
    clock.now += 4.9
    with pytest.raises(Resting):
        ask(part)
    clock.now += 0.2
    assert ask(part) == "answered"
    assert ask(part) == "answered"


def test_a_trial_that_fails_lets_it_rest_anew(part, clock):
    miss(part)
    clock.now += 5.1
    miss(part)
    clock.now += 4.9
    with pytest.raises(Resting):
        ask(part)


def test_one_alone_tries_while_the_others_go_on_without(part, clock):
    miss(part)
    clock.now += 5.1
    with part.tried(TimeoutError):
        with pytest.raises(Resting):
            ask(part)
    assert ask(part) == "answered"


def test_a_trial_that_never_comes_back_holds_nobody_up(part, clock):
    miss(part)
    clock.now += 5.1
    part.tried(TimeoutError).__enter__()
    clock.now += 5.1
    assert ask(part) == "answered"


def test_what_refuses_at_once_is_asked_on(part):
    for _ in range(3):
        with pytest.raises(ConnectionError):
            ask(part, ConnectionError())
    assert ask(part) == "answered"


def test_of_many_threads_one_tries(part, clock):
    miss(part)
    clock.now += 5.1
    together, tried, rested = threading.Barrier(8), [], []

    def go() -> None:
        together.wait()
        try:
            with part.tried(TimeoutError):
                tried.append(1)
                together.wait()
        except Resting:
            rested.append(1)
            together.wait()

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(tried), len(rested)) == (1, 7)
