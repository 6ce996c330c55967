"""The outbox with real workers, beat and Redis."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest

from tests.stack import eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def queue(stack, to):
    """Queue a notice in a process of its own, as a web process would."""
    made = stack.manage(
        "shell",
        "-c",
        f"from library.notices import services as notices; notices.queue(to='{to}', kind='password_changed')",
    )
    assert made.returncode == 0, made.stderr


def test_a_letter_is_sent_by_a_worker_soon_after_the_commit(stack):
    to = f"{uuid4()}@example.org"
    queue(stack, to)
    (body,) = eventually(lambda: stack.mails(to), seconds=30)
    assert "was changed" in body
    assert stack.sql('SELECT state, attempts FROM notices_notice WHERE "to" = %s', [to]) == [("sent", 1)]


def test_a_redis_that_dies_loses_no_letter(stack):
    before, after = f"{uuid4()}@example.org", f"{uuid4()}@example.org"
    stack.kill("celery quick")
    queue(stack, before)
    stack.kill("redis-server")  # and with it the wake-up
    queue(stack, after)
    for to in (before, after):
        eventually(partial(stack.mails, to), seconds=90)
        assert len(stack.mails(to)) == 1
