from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.tests.factories import make_user
from library.notices import kinds
from library.notices import services as notices

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TRUE: set[str] = set()


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    """Kinds that gather, and are true as long as a test says so; the letters are those of loans."""
    before = dict(kinds._kinds)
    TRUE.clear()
    gathers: dict[str, Any] = {
        "gathers": "loans",
        "wait": 5 * MINUTE,
        "says": lambda context: f"“{context['title']}”",
        "leads_to": lambda context: f"/loans/{context['title']}/",
        "still_true": lambda row: row.context["title"] not in TRUE,
        "variables": {"title": kinds.Variable("the title", "The cell")},
    }
    for weight, code in enumerate(("due_soon", "overdue_1", "overdue_2")):
        group = kinds.DUE if code == "due_soon" else kinds.OVERDUE
        kinds.register(code, app="circulation", group=group.code, weight=weight, **gathers)
    yield
    kinds._kinds.clear()
    kinds._kinds.update(before)


@pytest.fixture
def ada():
    return make_user(full_name="Ada Lovelace", email="ada@example.org")


def queued(user, title="The cell", kind="due_soon", at=MONDAY, **values):
    return notices.queue(**{"user": user, "kind": kind, "at": at, "dedupe": f"{kind}:{title}", "title": title} | values)


def state_of(row):
    row.refresh_from_db()
    return row.state
