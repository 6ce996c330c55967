"""The cache is only ever a shortcut."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as ours
from django.core.cache import cache

from library.core.background import wake
from library.core.cache import ForgivingRedisCache
from library.core.faults import circuit_breaker
from library.embedded import folders
from library.embedded.redis import Redis


@pytest.fixture(autouse=True)
def _awake():
    """What one test does to a Redis of its own says nothing about the next one's."""
    circuit_breaker.REDIS._wake()
    yield
    circuit_breaker.REDIS._wake()


@pytest.fixture
def own():
    """A Redis that a test may ruin."""
    with tempfile.TemporaryDirectory(prefix="lyceum-r-", dir="/tmp") as folder:
        folders.prepare_var(Path(folder))
        server = Redis(Path(folder))
        server.start()
        try:
            yield server
        finally:
            assert server.process is not None
            os.kill(server.process.pid, signal.SIGCONT)
            server.stop()
            shutil.rmtree(folders.socket_folder(Path(folder)), ignore_errors=True)


def cache_at(url: str) -> ForgivingRedisCache:
    return ForgivingRedisCache(url, {"OPTIONS": ours.CACHES["default"]["OPTIONS"]})


def assert_empty_and_silent(away: ForgivingRedisCache) -> None:
    away.set("question", "answer")
    assert away.get("question", "none") == "none"
    assert away.add("question", "answer") is False
    assert away.touch("question") is False
    assert away.delete("question") is False
    assert away.has_key("question") is False
    assert away.set_many({"question": "answer"}) == ["question"]
    assert away.get_many(["question"]) == {}
    assert away.get_or_set("question", "made") == "made"
    away.delete_many(["question"])
    for change in (away.incr, away.decr):
        with pytest.raises(ValueError, match="not found"):
            change("question")
    away.clear()
    assert away.taken("question", 5) is True  # everybody does for themselves
    away.given_back(True)


def test_without_redis_it_is_empty_and_silent():
    assert_empty_and_silent(cache_at("unix:///nowhere/redis.sock"))


def test_with_redis_it_remembers():
    cache.set("question", "answer")
    assert cache.get("question") == "answer"
    assert cache.delete("question") is True
    assert cache.get("question") is None
    assert cache.set_many({"question": "answer", "other": None}) == []
    assert cache.get_many(["question", "third"]) == {"question": "answer"}
    assert cache.add("count", 1) is True
    assert cache.add("count", 9) is False
    assert cache.incr("count") == 2
    assert cache.has_key("count") is True
    assert cache.touch("count", 60) is True
    cache.delete_many(["count"])
    assert cache.has_key("count") is False
    cache.clear()


def test_a_lock_is_one_of_all_that_ask_for_it():
    there: Any = cache
    lock = there.taken("lock", 30)
    assert lock
    assert there.taken("lock", 30) is False
    there.given_back(lock)
    other = there.taken("lock", 30)
    assert other
    there.given_back(lock)  # ours no longer: that of the other stays
    assert there.taken("lock", 30) is False
    there.given_back(other)


def test_a_lock_that_ran_out_is_given_back_in_silence():
    there: Any = cache
    lock = there.taken("lock", 30)
    cache.delete("lock")
    there.given_back(lock)
    there.given_back(False)


def test_all_is_forgotten_or_it_is_said(own):
    there = cache_at(own.url)
    there.set("question", "answer")
    there.empty()
    assert there.get("question") is None
    with pytest.raises(redis.RedisError):
        cache_at("unix:///nowhere/redis.sock").empty()


def out_of_memory(client: redis.Redis) -> None:
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "1")


def replica(client: redis.Redis) -> None:
    client.replicaof("127.0.0.1", "1")


def few_replicas(client: redis.Redis) -> None:
    client.config_set("min-replicas-to-write", "1")


def disk_gone(client: redis.Redis) -> None:
    """MISCONF: what it should keep cannot be written any more."""
    with tempfile.TemporaryDirectory(prefix="lyceum-r-", dir="/tmp") as folder:
        client.config_set("dir", folder)
    client.config_set("save", "1 1")
    client.bgsave()
    until = time.monotonic() + 20
    while client.info("persistence")["rdb_last_bgsave_status"] == "ok" and time.monotonic() < until:
        time.sleep(0.05)


def read_only(client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "-@write")


@pytest.mark.parametrize("ruin", [out_of_memory, disk_gone, replica, few_replicas, read_only])
def test_a_redis_that_takes_no_writes_costs_no_answer(own, ruin):
    with redis.Redis(unix_socket_path=str(own.socket)) as client:
        there = cache_at(own.url)
        there.set("known", "answer")
        ruin(client)
        there.set("question", "answer")
        assert there.get("question", "none") == "none"
        assert there.add("question", "answer") is False
        assert there.set_many({"question": "answer"}) == ["question"]
        assert there.get_or_set("question", "made") == "made"


def test_a_redis_that_wants_a_password_is_no_cache(own):
    with redis.Redis(unix_socket_path=str(own.socket)) as client:
        client.config_set("requirepass", "unknown")
        assert_empty_and_silent(cache_at(own.url))


def test_what_another_version_kept_is_not_there(own):
    there = cache_at(own.url)
    with redis.Redis(unix_socket_path=str(own.socket)) as client:
        for number, kept in enumerate([b"no pickle", pickle.dumps(len)[:-3], b"cno.such.module\nName\n."]):
            client.set(there.make_key(f"foreign-{number}"), kept)
            assert there.get(f"foreign-{number}", "none") == "none"


def test_a_stopped_redis_is_waited_for_once(own, settings, monkeypatch):
    """It is neither dead nor alive: each wait would last as long as its limit."""
    settings.REST_SECONDS = 600.0
    there = cache_at(own.url)
    there.set("question", "answer")
    assert own.process is not None
    os.kill(own.process.pid, signal.SIGSTOP)
    assert there.get("question", "none") == "none"
    monkeypatch.setattr("django_redis.client.DefaultClient.get", None)  # nobody asks it any more
    assert_empty_and_silent(there)
    assert wake.wake("send_waiting_codes") is False
    monkeypatch.undo()
    os.kill(own.process.pid, signal.SIGCONT)
    circuit_breaker.REDIS._wake()
    assert there.get("question") == "answer"


def test_a_broker_that_does_not_answer_is_waited_for_once(settings, monkeypatch):
    from celery import current_app

    settings.WAKE_SECONDS, settings.REST_SECONDS = 0.01, 600.0
    sent = []
    hanging = threading.Event()

    def hang(name: str, **options: object) -> None:
        sent.append(name)
        hanging.wait(60)

    monkeypatch.setattr(current_app, "send_task", hang)
    assert wake.wake("send_waiting_codes") is False
    assert wake.wake("send_waiting_codes") is False
    hanging.set()
    assert sent == ["send_waiting_codes"]
