"""Ctrl-C is heard once, at a place where things are whole."""

from __future__ import annotations

import os
import signal

import pytest

from library.backup import interrupts


@pytest.mark.parametrize("number", interrupts.ENDING)
def test_each_of_them_ends_the_block_and_no_second_disturbs_the_tidying(number):
    tidied = []
    with pytest.raises(interrupts.Interrupted), interrupts.heeded():
        try:
            os.kill(os.getpid(), number)
            pytest.fail("it was not heard")
        finally:
            os.kill(os.getpid(), number)
            tidied.append(number)
    assert tidied == [number]


def test_what_was_done_about_them_before_is_done_again_afterwards():
    before = [signal.getsignal(number) for number in interrupts.ENDING]
    with interrupts.heeded():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in interrupts.ENDING] == before


def test_put_off_it_is_heard_at_the_end_of_the_step():
    done = []
    with pytest.raises(interrupts.Interrupted), interrupts.heeded():
        with interrupts.put_off():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("whole")
        done.append("never")
    assert done == ["whole"]


def test_from_the_last_step_on_nothing_is_heard():
    done = []
    with interrupts.heeded():
        interrupts.ignore()
        os.kill(os.getpid(), signal.SIGINT)
        done.append("to the end")
    assert done == ["to the end"]


def test_it_is_no_fault_that_something_could_swallow():
    assert not issubclass(interrupts.Interrupted, Exception)
