from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.people import QUIET
from tests.stack import Stack

ROOT = Path(__file__).resolve().parents[1]


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield running
        running.close()
