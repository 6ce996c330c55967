from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.people import QUIET
from tests.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
MOST_SECONDS = 240.0  # of one test in a browser


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """One running library for all journeys; they are kept on one test worker by their group."""
    var = ROOT / "var" / "stack"
    shutil.rmtree(var, ignore_errors=True)
    running = Stack(var)
    running.remove()
    running.start()
    yield running
    running.remove()


@pytest.fixture(autouse=True)
def no_window_stays_open_for_ever(request: pytest.FixtureRequest) -> Iterator[None]:
    """A browser that does not answer is ended after some minutes, so that its test fails and the run goes on."""
    if "browser" not in request.fixturenames:
        yield
        return
    watch = threading.Timer(MOST_SECONDS, _end_browsers)
    watch.daemon = True
    watch.start()
    yield
    watch.cancel()


def _end_browsers() -> None:
    """All browsers that this process started, by way of Playwright's driver."""
    for child in _children(os.getpid()):
        for browser in _children(child):
            with contextlib.suppress(OSError):  # it ended by itself
                if b"chromium" in Path(f"/proc/{browser}/cmdline").read_bytes():
                    os.kill(browser, signal.SIGKILL)


def _children(parent: int) -> list[int]:
    found: list[int] = []
    for children in Path("/proc").glob(f"{parent}/task/*/children"):
        with contextlib.suppress(OSError):  # it ended by itself
            found += map(int, children.read_text().split())
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield running
        running.close()
