"""A job's page in a real browser, told by another process: over the socket, and by asking where no socket gets through."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.people import Person

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]
BEGIN = """
from accounts.models import User
from library.jobs import services
reader = User.objects.get(email="reader@example.org")
job = services.claim(job_id=services.enqueue(kind="a_test", subject=reader, requested_by=reader).pk)
print(job.pk)
"""
GO_ON = """
import time
from library.jobs.models import Job
from library.jobs.job_run import JobRun
job = Job.objects.get(pk="{pk}")
{what}
time.sleep(1)  # the nudge is sent by a thread
"""


@pytest.fixture
def reader(browser, stack):
    person = Person(browser, stack, "reader@example.org")
    person.sign_in("lyceum-demo")
    yield person
    person.context.close()


def shell(stack, code: str) -> str:
    ran = stack.manage("shell", "-v", "0", "-c", code)
    assert ran.returncode == 0, ran.stderr
    return str(ran.stdout.strip())


def begin(stack) -> str:
    """A job that somebody works at, and nobody renews: it is not swept within twenty seconds."""
    return shell(stack, BEGIN).splitlines()[-1]


def go_on(stack, pk: str, what: str) -> None:
    shell(stack, GO_ON.format(pk=pk, what=what))


def test_page_moves_as_soon_as_the_job_does_and_ends_with_it(reader, stack):
    pk = begin(stack)
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    reader.go(f"/jobs/{pk}/")
    with reader.page.expect_websocket(lambda socket: f"/ws/jobs/{pk}/" in socket.url):
        reader.page.reload()
    reader.page.wait_for_timeout(4000)
    before = len(asked)
    reader.page.wait_for_timeout(4000)
    assert len(asked) == before, "it asks although there is a socket"
    go_on(stack, pk, 'JobRun(job).progress(done=1, total=4, message="Page 1")')
    expect(reader.page.get_by_role("main")).to_contain_text("Page 1 · 25 %", timeout=3000)
    go_on(stack, pk, "from library.jobs import services; services.finish(job=job)")
    expect(reader.page.get_by_role("main")).to_contain_text("Done.", timeout=3000)
    assert reader.faults == []


def test_page_asks_now_and_then_where_no_socket_gets_through(reader, stack):
    def shut(socket: WebSocketRoute) -> None:
        socket.close(code=1013)

    reader.page.route_web_socket(re.compile("/ws/"), shut)
    pk = begin(stack)
    reader.go(f"/jobs/{pk}/")
    go_on(stack, pk, 'JobRun(job).progress(done=3, total=4, message="Page 3")')
    expect(reader.page.get_by_role("main")).to_contain_text("Page 3 · 75 %", timeout=6000)
    assert reader.faults == []
