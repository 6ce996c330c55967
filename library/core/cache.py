"""A Redis cache that is only ever a shortcut."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

log = logging.getLogger(__name__)
GONE = (RedisConnectionError, RedisTimeoutError, OSError)


class ForgivingRedisCache(RedisCache):
    """Answers as an empty cache does while Redis is away: slower, never wrong."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except GONE as fault:
            log.warning("The cache is away: %s", fault)
            return default

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        try:
            super().set(key, value, timeout, version)
        except GONE as fault:
            log.warning("The cache is away: %s", fault)

    def delete(self, key: Any, version: int | None = None) -> bool:
        try:
            return bool(super().delete(key, version))
        except GONE as fault:
            log.warning("The cache is away: %s", fault)
            return False

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        try:
            found: dict[Any, Any] = super().get_many(keys, version)
        except GONE as fault:
            log.warning("The cache is away: %s", fault)
            return {}
        return found

    def set_many(self, data: Any, timeout: Any = 300, version: int | None = None) -> list[Any]:
        try:
            return list(super().set_many(data, timeout, version) or [])
        except GONE as fault:
            log.warning("The cache is away: %s", fault)
            return list(data)
