"""The cache is only ever a shortcut."""

from __future__ import annotations

from django.core.cache import cache

from library.core.cache import ForgivingRedisCache


def test_without_redis_it_is_empty_and_silent():
    away = ForgivingRedisCache("unix:///nowhere/redis.sock", {})
    away.set("question", "answer")
    assert away.get("question", "none") == "none"
    assert away.delete("question") is False
    assert away.set_many({"question": "answer"}) == ["question"]
    assert away.get_many(["question"]) == {}


def test_with_redis_it_remembers():
    cache.set("question", "answer")
    assert cache.get("question") == "answer"
    assert cache.delete("question") is True
    assert cache.get("question") is None
    assert cache.set_many({"question": "answer", "other": None}) == []
    assert cache.get_many(["question", "third"]) == {"question": "answer"}
