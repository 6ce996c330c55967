"""What is said while one waits."""

from __future__ import annotations

import io
import time

import pytest
from django.core.management.base import OutputWrapper

from library.backup.progress import Progress, size


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_log_has_a_line_a_step_and_one_each_half_minute(clock):
    out = io.StringIO()
    told = Progress(OutputWrapper(out))
    told.add(512)  # before any step: nothing to say
    clock[0] += 500
    told.add(512)
    told.begin("Files", total=4_000_000)
    for _n in range(4):
        clock[0] += 20
        told.add(1_000_000)
    told.end()
    assert out.getvalue().splitlines() == [
        "Files: 2.0 MB of 4.0 MB (50 %), 40.0 s …",
        "Files: 4.0 MB of 4.0 MB (100 %), 1 min 20 s",
    ] or out.getvalue().splitlines() == [
        "Files: 2.0 MB of 4.0 MB (50 %), 40.0 s …",
        "Files: 4.0 MB of 4.0 MB (100 %), 1 min 20 s …",
        "Files: 4.0 MB of 4.0 MB (100 %), 1 min 20 s",
    ]


def test_a_terminal_has_one_line_that_changes(clock):
    out = Terminal()
    told = Progress(OutputWrapper(out))
    told.begin("Database")
    clock[0] += 1
    told.at(1_500_000)
    told.end()
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().split("\r\x1b[K")[1:] == [
        "Database: 0.0 s",
        "Database: 1.5 MB, 1.0 s",
        "Database: 1.5 MB, 1.0 s\n",
    ]


def test_a_terminal_s_line_is_given_back_and_a_log_has_no_signs_of_it():
    out, log = Terminal(), io.StringIO()
    Progress(OutputWrapper(out)).drop()
    Progress(OutputWrapper(log)).drop()
    assert (out.getvalue(), log.getvalue()) == ("\r\x1b[K", "")


def test_no_more_is_told_than_there_is(clock):
    out = io.StringIO()
    told = Progress(OutputWrapper(out))
    told.begin("Files", total=1000)
    told.add(1512)  # with what the archive adds
    told.end()
    assert out.getvalue() == "Files: 1.0 kB of 1.0 kB (100 %), 0.0 s\n"


def test_silence():
    told = Progress(None)
    told.begin("Files")
    told.add(10)
    told.end()
    told.drop()


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_449_999, "1.4 MB"),
        (3 * 10**12, "3.0 TB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_sizes(count, said):
    assert size(count) == said
