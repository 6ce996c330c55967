"""What every test may use."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import settings as examples

from library.ai.client import close_all
from library.ai.tests.embedder import EmbedderProcess
from library.core.background.wake import application
from tests import emptying, template

examples.register_profile("lyceum", deadline=None)  # tests share the machine; no example is timed
examples.load_profile("lyceum")
emptying.use()
application()  # before a test asks Celery for its current one
DATA = os.path.join(os.path.dirname(__file__), "..", "shared", "data")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Each worker's database is a copy of one that has its tables."""
    template.wait(os.environ["DATABASE_URL"])


@pytest.fixture(autouse=True)
def _own_redis(settings: pytest.FixtureRequest) -> None:
    """Each worker clears only its own numbered Redis database."""
    cache.clear()


@pytest.fixture(autouse=True)
def _known_library() -> None:
    """Page heads know the library's name, as those of a process that has shown a page before."""
    from library.profile import services
    from library.profile.models import LibraryProfile

    services.remember(LibraryProfile(pk=1))


@pytest.fixture(scope="session")
def embedder_process() -> Iterator[EmbedderProcess]:
    """The embedder as `up` runs it. Short path: sockets allow 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="lyceum-e-", dir="/tmp") as folder:
        running = EmbedderProcess(Path(folder))
        running.start()
        running.wait()
        yield running
        close_all()
        if running.process is not None and running.process.poll() is None:
            running.stop()


@pytest.fixture
def embedder(embedder_process: EmbedderProcess, settings: Any) -> EmbedderProcess:
    """The running embedder, known to this test's settings."""
    settings.EMBEDDER_SOCKET_FILE = embedder_process.announcement
    return embedder_process
