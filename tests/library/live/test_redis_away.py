"""Redis away, hanging and back: pages work, sockets tell what is new all the same, only a little later."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from tempfile import mkdtemp

import httpx
import pytest

from accounts.tests.factories import make_user
from library.embedded import folders
from library.embedded.redis import Redis
from library.live import nudges, switchboard
from tests.library.live.conftest import heard, say, session_of
from tests.stack import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis(settings):
    """A Redis of this test's own, for what wakes sockets alone."""
    var = Path(mkdtemp(prefix="lyceum-r-", dir="/tmp"))
    folders.prepare_var(var)
    running = Redis(var)
    running.start()
    layer = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {
        "default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": [{"address": running.url, "socket_timeout": 6}]}}
    }
    yield running
    running.stop()
    shutil.rmtree(var, ignore_errors=True)


def open_one(server, client, user):
    client.force_login(user)
    socket = server.open("scribble/", cookies=session_of(client))
    heard(socket)
    return socket


def is_prompt(socket, user, word):
    began = time.monotonic()
    say(user, word)
    assert heard(socket)["word"] == word
    return time.monotonic() - began < 0.3


def test_redis_that_is_away_delays_and_loses_nothing(redis, server, client, monkeypatch):
    monkeypatch.setattr(switchboard, "LOOK_EVERY", 60.0)
    user = make_user()
    with open_one(server, client, user) as socket:
        eventually(lambda: is_prompt(socket, user, "before"), seconds=20)
        os.kill(redis.process.pid, signal.SIGKILL)
        redis.process.wait()
        say(user, "while it is away")
        assert heard(socket)["word"] == "while it is away"
        with open_one(server, client, user) as other:  # and whoever comes now has what there is
            assert heard(other)["word"] == "before"
        assert httpx.get(f"http://{server.url}/healthz").status_code == 200
        redis.start()
        eventually(lambda: is_prompt(socket, user, "after"), seconds=30)


def test_redis_that_hangs_holds_up_nobody(redis, server, client, monkeypatch):
    monkeypatch.setattr(nudges, "SECONDS", 0.5)
    monkeypatch.setattr(switchboard, "JOIN_EVERY", 0.3)
    monkeypatch.setattr(switchboard, "REDIS_SECONDS", 0.5)
    user = make_user()
    with open_one(server, client, user) as socket:
        eventually(lambda: is_prompt(socket, user, "before"), seconds=20)
        os.kill(redis.process.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            for number in range(20):
                say(user, f"word {number}")
            assert time.monotonic() - began < 0.5, "whoever writes waited for Redis"
            assert [heard(socket)["word"] for _number in range(20)][-1] == "word 19"
            open_one(server, client, user).close()
        finally:
            os.kill(redis.process.pid, signal.SIGCONT)
        eventually(lambda: is_prompt(socket, user, "after"), seconds=30)
