"""Beat as a thread of the quick worker: it sends what is due, remembers what it sent, and does not fail in silence."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.conf import settings

from library.beat import Beat
from library.embedded.commands import commands, commands_of_one_machine
from tests.stack import eventually


@pytest.fixture
def made(tmp_path):
    """An application like ours over this test's Redis, with a queue and a schedule of its own."""
    queue = f"beat-{os.getpid()}"
    app = Celery("test", broker=settings.CELERY_BROKER_URL, set_as_current=False)
    app.conf.update(
        task_default_queue=queue,
        timezone="UTC",
        beat_schedule_filename=str(tmp_path / "schedule"),
        beat_schedule={
            "often": {"task": "often", "schedule": 0.2},
            "hourly": {"task": "hourly", "schedule": timedelta(hours=1)},
        },
    )
    yield app
    with app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        channel.queue_purge(queue)
    app.close()


@pytest.fixture
def run(made):
    """Starts a thread over the application; every one is stopped at the end."""
    running = []

    def start() -> Beat:
        running.append(Beat(made))
        running[-1].start()
        return running[-1]

    yield start
    for beat in running:
        beat.stop(seconds=5)
        assert not beat.is_alive()


def waiting(app: Celery) -> int:
    with app.connection_for_read() as broker:
        channel: Any = broker.default_channel
        return int(channel.client.llen(app.conf.task_default_queue))


def test_what_is_due_is_sent_again_and_again(made, run):
    run()
    assert eventually(lambda: waiting(made) >= 3, seconds=10)


def test_it_stops_at_once_though_nothing_is_due_for_an_hour(made, run):
    del made.conf.beat_schedule["often"]
    beat = run()
    time.sleep(0.3)
    began = time.monotonic()
    beat.stop(seconds=5)
    assert not beat.is_alive()
    assert time.monotonic() - began < 2


def test_what_was_sent_within_the_hour_is_not_sent_by_its_successor(made, run):
    made.conf.beat_schedule["hourly"]["schedule"] = timedelta(hours=1)
    del made.conf.beat_schedule["often"]
    made.conf.beat_schedule["soon"] = {"task": "soon", "schedule": 0.3}
    first = run()
    eventually(lambda: waiting(made) >= 1, seconds=10)
    first.stop(seconds=5)
    before = waiting(made)
    del made.conf.beat_schedule["soon"]
    run()
    time.sleep(0.5)
    assert waiting(made) == before
    assert list(made.conf.beat_schedule) == ["hourly"]


def test_where_it_breaks_its_worker_is_asked_to_end(made, monkeypatch, caplog):
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: told.append((pid, number)))
    made.conf.beat_schedule_filename = "/nonexistent/folder/schedule"
    Beat(made).run()
    assert told == [(os.getpid(), signal.SIGTERM)]
    assert "its worker ends with it" in caplog.text


def test_one_machine_has_one_worker_that_keeps_time_and_containers_have_beat(monkeypatch):
    from library.core.config.model import read

    apart, together = commands(read(None)), commands_of_one_machine(read(None))
    assert set(apart) - set(together) == {"beat"}
    assert [name for name, words in together.items() if "--keep-time" in words] == ["quick worker"]
    assert not any("--keep-time" in words for words in apart.values())
