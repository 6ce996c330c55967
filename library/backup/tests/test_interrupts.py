"""Ctrl-C is heard once, at a place where things are whole.

Each test is a process of its own: a signal that comes late, or when nothing heeds it any more, would end the tests.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from library.backup import interrupts

ROOT = Path(__file__).resolve().parents[3]
HEAD = """
import json, os, signal, threading, time
from library.backup import interrupts
from library.backup.interrupts import Interrupted, heeded, put_off

told = []
"""
NUMBERS = [int(number) for number in interrupts.ENDING]


def told_by(script: str) -> list[Any]:
    """What ``script`` put into ``told``."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{HEAD}{script}\nprint(json.dumps(told))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    said: list[Any] = json.loads(ran.stdout)
    return said


@pytest.mark.parametrize("number", NUMBERS)
def test_each_of_them_ends_the_block_and_no_second_disturbs_the_tidying(number: int) -> None:
    assert told_by(f"""
try:
    with heeded():
        try:
            os.kill(os.getpid(), {number})
            told.append("it was not heard")
        finally:
            os.kill(os.getpid(), {number})
            told.append("tidied")
except Interrupted:
    told.append("interrupted")
""") == ["tidied", "interrupted"]


def test_what_was_done_about_them_before_is_done_again_afterwards() -> None:
    assert told_by("""
before = [signal.getsignal(number) for number in interrupts.ENDING]
with heeded():
    told.append(signal.getsignal(signal.SIGTERM) in before)
told.append([signal.getsignal(number) for number in interrupts.ENDING] == before)
""") == [False, True]


def test_put_off_it_is_heard_at_the_end_of_the_step() -> None:
    assert told_by("""
try:
    with heeded():
        with put_off():
            os.kill(os.getpid(), signal.SIGINT)
            told.append("whole")
        told.append("never")
except Interrupted:
    told.append("interrupted")
""") == ["whole", "interrupted"]


def test_put_off_it_waits_whichever_thread_the_system_gives_it_to() -> None:
    assert told_by("""
ended = threading.Event()
other = threading.Thread(target=ended.wait)  # a thread that could take the signal
other.start()
try:
    with heeded():
        with put_off():
            signal.pthread_kill(other.ident, signal.SIGTERM)
            for _ in range(50):  # half a second: it has arrived by then
                time.sleep(0.01)
            told.append("whole")
except Interrupted:
    told.append("interrupted")
finally:
    ended.set()
    other.join()
""") == ["whole", "interrupted"]


def test_from_the_last_step_on_nothing_is_heard() -> None:
    assert told_by("""
with heeded():
    interrupts.ignore()
    os.kill(os.getpid(), signal.SIGINT)
    told.append("to the end")
""") == ["to the end"]


def test_unheeded_it_ends_the_process_as_it_always_does() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", f"{HEAD}with heeded(): pass\nos.kill(os.getpid(), signal.SIGTERM)"],
        cwd=ROOT,
        check=False,
        timeout=60,
    )

    assert ended.returncode == -signal.SIGTERM


def test_it_is_no_fault_that_something_could_swallow() -> None:
    assert not issubclass(interrupts.Interrupted, Exception)
