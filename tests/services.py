"""The services of the test run: one embedded PostgreSQL and Redis for all test workers, in a folder of their own.

A pytest plugin, loaded before Django's settings are read (``-p tests.services`` in pyproject.toml). While workers collect
their tests, one process makes the tables, once: each worker's database is a copy of that one (``tests.template``).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
_running: list[Any] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the services in the controlling process; workers inherit their addresses by the environment."""
    # Before anything of ours is imported: the Celery application would name the ordinary settings.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    if "PYTEST_XDIST_WORKER" in os.environ:
        number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) + 1
        os.environ["LYCEUM_VAR"] = f"{os.environ['LYCEUM_TEST_VAR']}/worker-{number}"
        return
    from library.core.config import model as config
    from library.embedded import folders
    from library.embedded.postgres import Postgres
    from library.embedded.redis import Redis
    from tests import template

    var = Path(os.environ.get("LYCEUM_TEST_VAR", ROOT / "var" / "test")).absolute()
    postgres, redis = Postgres(var, durable=False), Redis(var)
    postgres.mend()
    redis.mend()
    for leftover in {var, postgres.data}:
        shutil.rmtree(leftover, ignore_errors=True)
    folders.prepare_var(var)
    postgres.start()
    _running.append(postgres)
    redis.start()
    _running.append(redis)
    os.environ |= {
        "LYCEUM_TEST_VAR": str(var),
        "LYCEUM_VAR": f"{var}/worker-0",
        "DATABASE_URL": postgres.url,
        "REDIS_URL": redis.url,
        "LYCEUM_SECRET_KEY": "tests-only-" + "x" * 64,
        "LYCEUM_ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    }
    config.forget()
    template.begin(postgres.url, ROOT)


def pytest_unconfigure(config: pytest.Config) -> None:
    from library.embedded import folders

    if _running:
        while _running:
            _running.pop().stop()
        shutil.rmtree(folders.socket_folder(Path(os.environ["LYCEUM_TEST_VAR"])), ignore_errors=True)
