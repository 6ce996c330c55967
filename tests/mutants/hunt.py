"""The pytest plugin of ``tests.mutants``: runs the tests once to see what each reaches, then each fault in a fork.

A fork has all that is imported and the test database; it swaps the code of one function, runs the tests that reach
this function, the quickest first, and ends at the first that fails: the fault is found.
"""

from __future__ import annotations

import gc
import os
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from tests.mutants.places import Place, functions_of, places, with_fault

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 20.0  # of tests for one fault, as they took without it
Key = tuple[str, str, int]  # a function: its file, qualified name and first line
NOT_FOUND, FOUND, IMPOSSIBLE, BROKEN = 0, 1, 3, 4  # how a fork ends; by a signal: found as well


@dataclass
class Reach:
    """What a test calls in the files in question, and how long it took."""

    seconds: float = 0.0
    functions: set[Key] = field(default_factory=set)
    failed: str = ""


class Hunt:
    """Stands in for pytest's loop over the tests."""

    def __init__(self, files: Sequence[str], *, count: int, seed: str, report: Path) -> None:
        self.sources = {str(ROOT / path): (ROOT / path).read_text() for path in files}
        self.count, self.seed, self.report = count, seed, report
        self.reach: dict[str, Reach] = {}
        self._now = Reach()
        self._in_fork = False
        self.living: dict[Key, list[FunctionType]] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        """There is one worker; tests that say on which they are kept are read all the same."""
        config.addinivalue_line("markers", "xdist_group(name): the tests of one worker")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Without those that write for all to see: a fork that is ended in the middle would leave it behind."""
        items[:] = [item for item in items if not _commits(item)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self._in_fork:
            os._exit(FOUND)
        if report.failed:
            self._now.failed = str(report.longrepr)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._look(session.items)
        self.living = _living(self.sources)
        if settings.configured:
            connections.close_all()  # a fork must not speak on its parent's line
        ends = {place: self._end_of(place, session.items) for place in self._chosen()}
        tried = [place for place, end in ends.items() if end != IMPOSSIBLE]
        left = [place for place in tried if ends[place] == NOT_FOUND]
        self.report.write_text("\n".join([f"{len(tried) - len(left)} of {len(tried)}", *map(str, left), ""]))
        return True

    def _look(self, items: Sequence[pytest.Item]) -> None:
        """Run every test once, and note what it reaches."""
        for item, after in _with_the_next(items, items):
            self._now = self.reach[item.nodeid] = Reach()
            began = time.monotonic()
            sys.setprofile(self._note)
            try:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            finally:
                sys.setprofile(None)
            self._now.seconds = time.monotonic() - began
            if self._now.failed:
                pytest.exit(f"{item.nodeid} fails without any fault:\n{self._now.failed}", returncode=2)

    def _note(self, frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename in self.sources:
            self._now.functions.add(_key(code))

    def _chosen(self) -> list[Place]:
        """By chance, but the same for the same files and seed."""
        everywhere = [
            place
            for path, source in sorted(self.sources.items())
            for place in places(source, str(Path(path).relative_to(ROOT)))
        ]
        chance = random.Random(self.seed)
        return chance.sample(everywhere, min(self.count, len(everywhere)))

    def _end_of(self, place: Place, items: Sequence[pytest.Item]) -> int:
        filename = str(ROOT / place.path)
        fault = with_fault(self.sources[filename], place, filename)
        changed = {_key(code): code for code in functions_of(fault)}
        inside = {key for key in changed if key[1] == place.function or key[1].startswith(f"{place.function}.")}
        chosen = list(self._reaching(inside, items))
        if not chosen:
            return NOT_FOUND
        allowed = 15 + 3 * sum(self.reach[item.nodeid].seconds for item in chosen)
        end = _ended(_fork(lambda: self._try(changed, inside, _with_the_next(chosen, items))), allowed)
        if end == BROKEN:
            pytest.exit(f"The hunt itself broke at {place}.", returncode=2)
        return end

    def _reaching(self, functions: set[Key], items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
        """The tests that call one of ``functions``: those that call little else first, as long as time allows."""
        reaching = [item for item in items if self.reach[item.nodeid].functions & functions]
        reaching.sort(key=lambda item: (len(self.reach[item.nodeid].functions), self.reach[item.nodeid].seconds))
        seconds = 0.0
        for item in reaching:
            seconds += self.reach[item.nodeid].seconds
            if seconds > MOST_SECONDS:
                return
            yield item

    def _try(
        self, changed: dict[Key, CodeType], inside: set[Key], tests: Iterator[tuple[pytest.Item, pytest.Item]]
    ) -> int:
        self._in_fork = True
        for function in (one for key in inside for one in self.living[key]):
            try:
                function.__code__ = changed[_key(function.__code__)]
            except ValueError:  # the fault is all that used a name from around the function
                return IMPOSSIBLE
        for item, after in tests:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        return NOT_FOUND


def _with_the_next(
    chosen: Sequence[pytest.Item], everything: Sequence[pytest.Item]
) -> Iterator[tuple[pytest.Item, pytest.Item]]:
    """Each test and the one after it; after the last any other, so that what is made once for all is kept."""
    for place, item in enumerate(chosen):
        others = chosen[place + 1 :] or everything
        yield item, next(one for one in others if one is not item)


def _key(code: CodeType) -> Key:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _living(files: Mapping[str, str]) -> dict[Key, list[FunctionType]]:
    """Every function object of these files, decorated ones too. A look at their class would wake lazy objects."""
    found: dict[Key, list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename in files:
            found[_key(one.__code__)].append(one)
    return found


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    asked = set(getattr(item, "fixturenames", ()))
    return bool(marker and marker.kwargs.get("transaction")) or bool(asked & {"transactional_db", "live_server"})


def _fork(work: Any) -> int:
    pid = os.fork()
    if pid:
        return pid
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    code = BROKEN
    try:
        code = work()
    finally:
        os._exit(code)


def _ended(pid: int, seconds: float) -> int:
    """How the fork ended; one that takes longer is ended: the fault keeps it from coming to an end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return FOUND
