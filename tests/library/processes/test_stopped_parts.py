"""Each part stopped in turn, not dead: it keeps its sockets and says nothing. Readers and staff go on as they can.

No clock decides here but the client's own: an answer that takes longer than it waits is an error of the test.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.lending import FREE
from tests.stack import Stack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
PAGE, OUTAGE = 3.0, 10.0  # seconds: for a page while another part is stopped, and for the word that nothing goes
INDEXED = "SELECT book_id FROM rag_document WHERE live_generation_id IS NOT NULL ORDER BY book_id LIMIT 1"


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = re.search(r"^PPid:\t(\d+)", (folder / "status").read_text(), re.M)
        except OSError:
            continue
        if parent and int(parent[1]) == pid:
            found += family(int(folder.name))
    return found


@contextmanager
def stopped(stack: Stack, words: str) -> Iterator[None]:
    pids = family(stack.part(words))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


class Visit:
    """A librarian at the desk and a reader, signed in before anything is stopped."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.reader = stack.client("reader@example.org")
        self.librarian = stack.client("librarian@example.org")
        ((self.book,),) = eventually(lambda: stack.sql(INDEXED), seconds=180)
        self.pages = httpx.Client(base_url=stack.url, follow_redirects=True)
        stack.clients.append(self.pages)
        self.patience(PAGE)

    def patience(self, seconds: float) -> None:
        """How long each of them waits for an answer."""
        for client in (self.reader, self.librarian, self.pages):
            client.timeout = httpx.Timeout(seconds)

    def statuses(self) -> dict[str, int | bool]:
        """One small visit; what was answered to each step. Every question and word is a new one: nothing is cached."""
        word, address = uuid4().hex[:8], f"{uuid4().hex[:10]}@example.net"
        (barcode, _title), *_ = FREED
        steps = {
            "home": self.pages.get("/"),
            "search": self.pages.get("/catalogue/", params={"q": f"cell {word}"}),
            "book": self.pages.get(f"/books/{self.book}/"),
            "code": self.reader.post("/auth/otp/", json={"email": address, "purpose": "register"}),
            "me": self.reader.get("/me/"),
            "scan": self.librarian.post("/check-ins/", json={"copy": barcode}),
            "question": self.librarian.post(
                f"/rag/books/{self.book}/query/", json={"question": f"What is a cell, {word}?"}
            ),
        }
        by_meaning = steps["question"].json().get("by_meaning")
        return {name: answer.status_code for name, answer in steps.items()} | {"by meaning": by_meaning}


FREED: list[tuple[str, str]] = []
WELL: dict[str, int | bool] = {
    "home": 200,
    "search": 200,
    "book": 200,
    "code": 202,
    "me": 200,
    "scan": 200,
    "question": 200,
    "by meaning": True,
}


@pytest.fixture(scope="module")
def visit(stack: Stack) -> Visit:
    FREED[:] = [(barcode, title) for barcode, title in stack.sql(FREE, [False, 1])]
    visit = Visit(stack)
    visit.patience(30)
    assert visit.statuses() == WELL, "before anything is stopped"
    visit.patience(PAGE)
    return visit


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("redis-server", {}),
        ("manage.py embedder", {"by meaning": False}),
        ("celery quick", {}),
        ("celery slow", {}),
    ],
)
def test_a_stopped_part_holds_up_no_page(visit, words, changed):
    with stopped(visit.stack, words):
        assert visit.statuses() == WELL | changed
        assert visit.statuses() == WELL | changed
        assert visit.pages.get("/healthz").status_code == 200
    eventually(lambda: visit.statuses() == WELL, seconds=30, pause=1)


def test_a_code_that_was_asked_for_while_redis_stood_still_comes_afterwards(visit):
    address = f"{uuid4().hex[:10]}@example.net"
    with stopped(visit.stack, "redis-server"):
        assert visit.reader.post("/auth/otp/", json={"email": address, "purpose": "register"}).status_code == 202
        assert visit.stack.mails(address) == []
    assert visit.stack.code(address)


def test_a_killed_quick_worker_comes_back_and_keeps_time_as_before(visit):
    """A code whose wake-up was lost is found by what beat, a thread of that worker, sends every few seconds."""
    address = f"{uuid4().hex[:10]}@example.net"
    visit.stack.kill("celery quick")
    eventually(lambda: "The quick worker stopped (signal 9); starting it again." in visit.stack.words, seconds=5)
    with stopped(visit.stack, "redis-server"):
        assert visit.reader.post("/auth/otp/", json={"email": address, "purpose": "register"}).status_code == 202
    assert visit.stack.code(address)


def test_a_stopped_database_is_told_by_every_page_and_nothing_is_lost(visit):
    stack = visit.stack
    before = stack.sql("SELECT count(*) FROM circulation_loan")
    visit.patience(OUTAGE)
    with stopped(stack, "postgres -D"):
        asked = [
            lambda: visit.pages.get("/healthz"),
            lambda: visit.pages.get("/"),
            lambda: visit.reader.get("/books/"),
            lambda: visit.reader.get("/me/"),
            lambda: visit.librarian.post("/check-ins/", json={"copy": FREED[0][0]}),
        ]
        with ThreadPoolExecutor(len(asked)) as together:
            answers = [one.result() for one in [together.submit(ask) for ask in asked]]
        assert [answer.status_code for answer in answers] == [503] * len(asked)
        assert [answer.json()["code"] for answer in answers[2:]] == ["unavailable"] * 3
        assert all(answer.headers["retry-after"].isdigit() for answer in answers[1:])
        assert visit.pages.get("/livez").status_code == 200
    visit.patience(PAGE)
    eventually(lambda: visit.pages.get("/healthz").status_code == 200, seconds=15, pause=0.5)
    eventually(lambda: visit.statuses() == WELL, seconds=30, pause=1)
    assert stack.sql("SELECT count(*) FROM circulation_loan") == before
    assert "Internal Server Error" not in stack.words
