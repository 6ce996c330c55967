"""A Redis cache that is only ever a shortcut."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django_redis.cache import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.lock import Lock
from redis.retry import Retry

from library.core.faults.circuit_breaker import REDIS, Resting

log = logging.getLogger(__name__)
T = TypeVar("T")
# Away, stopped, starting, out of memory or disk, a replica, of another password: one is as good as the other.
GONE = (RedisError, OSError)
# What another version of the library kept, or nobody of ours.
FOREIGN = (pickle.UnpicklingError, AttributeError, ImportError, EOFError, IndexError)


class ForgivingRedisCache(RedisCache):  # type: ignore[misc]  # the library has no types
    """Answers as an empty cache does while Redis is away or keeps nothing: slower, never wrong.

    It remembers nothing then, so ``add`` says no and ``incr`` finds no key. What fails is not tried again.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = params.get("OPTIONS", {})
        pool = {"retry": Retry(NoBackoff(), 0), **options.get("CONNECTION_POOL_KWARGS", {})}
        super().__init__(server, params | {"OPTIONS": options | {"CONNECTION_POOL_KWARGS": pool}})

    def get(self, key: Any, default: Any = None, version: int | None = None, client: Any = None) -> Any:
        return _spared(lambda: super(ForgivingRedisCache, self).get(key, default, version, client), default)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return _spared(lambda: dict(super(ForgivingRedisCache, self).get_many(keys, version)), {})

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return _spared(lambda: bool(super(ForgivingRedisCache, self).has_key(key, version)), False)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        _spared(lambda: super(ForgivingRedisCache, self).set(key, value, timeout, version), None)

    def set_many(self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        def work() -> list[Any]:
            super(ForgivingRedisCache, self).set_many(data, timeout, version)
            return []

        return _spared(work, list(data))

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return _spared(lambda: bool(super(ForgivingRedisCache, self).add(key, value, timeout, version)), False)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return _spared(lambda: bool(super(ForgivingRedisCache, self).touch(key, timeout, version)), False)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return _spared(lambda: bool(super(ForgivingRedisCache, self).delete(key, version)), False)

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        _spared(lambda: super(ForgivingRedisCache, self).delete_many(keys, version), None)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        found = _spared(lambda: super(ForgivingRedisCache, self).incr(key, delta, version), None)
        if found is None:
            raise ValueError(f"Key '{key}' not found.")
        return int(found)

    def decr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return self.incr(key, -delta, version)

    def clear(self) -> None:
        _spared(lambda: super(ForgivingRedisCache, self).clear(), None)

    def taken(self, key: str, seconds: float) -> Lock | bool:
        """Take the lock ``key`` for at most ``seconds``: itself, or False where somebody else has it, at once; True
        where Redis is away, and nobody can tell: then everybody does for themselves."""

        def work() -> Lock | bool:
            lock: Lock = self.client.lock(key, timeout=seconds, blocking=False)
            return lock if lock.acquire() else False

        return _spared(work, cast("Lock | bool", True))

    def given_back(self, lock: Lock | bool) -> None:
        """Let others have what ``taken`` gave; one that ran out meanwhile is nobody's fault."""
        if isinstance(lock, Lock):
            _spared(lock.release, None)

    def empty(self) -> None:
        """Forget all of it. Errors: those of Redis, which nothing else here has."""
        super().clear()


def _spared(work: Callable[[], T], otherwise: T) -> T:
    """What ``work`` gives, or ``otherwise`` where Redis gives nothing."""
    try:
        with REDIS.tried(RedisTimeoutError):
            return work()
    except Resting:
        return otherwise
    except GONE as fault:
        log.warning("The cache is away: %s", fault)
    except FOREIGN as fault:
        log.warning("The cache held what cannot be read: %s", type(fault).__name__)
    return otherwise
