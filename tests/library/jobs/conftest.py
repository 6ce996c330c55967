from __future__ import annotations

from collections.abc import Iterator

import pytest

from library.core.background import wake
from library.jobs.models import Job
from library.jobs.signals import job_ended
from tests.library.jobs.made import Calls


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """No message leaves; those that would have are kept."""
    calls = Calls()
    monkeypatch.setattr(wake, "wake", calls)
    return calls


@pytest.fixture
def ended() -> Iterator[list[tuple[str, str]]]:
    """Which jobs were told to have ended, and how."""
    told: list[tuple[str, str]] = []

    def hear(job: Job, **given: object) -> None:
        told.append((str(job.pk), job.state))

    job_ended.connect(hear)
    yield told
    job_ended.disconnect(hear)
