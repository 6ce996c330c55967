"""Answers that were made before, and one maker at a time for one that was not: many ask the same at once.

Redis is only a shortcut: without it everybody makes their own. A maker that dies leaves its lock until that runs out;
whoever waits does so no longer than their own deadline allows, and then does without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.cache import cache

from library.core.faults import deadline
from library.core.measuring.metrics import counter
from rag.answers.values import CitedAnswer, packed, unpacked

if TYPE_CHECKING:
    from library.core.cache import ForgivingRedisCache

PAUSE = 0.05  # seconds between two looks of one who waits
RESERVE = 2.0  # seconds that are left to do without
LONGER = 5.0  # seconds that a lock outlives the deadline of its maker
# *hit*: it was kept; *miss*: it had to be made; *waited*: another made it meanwhile; *given up*: waited for in vain.
ASKED = counter("lyceum_answers_total", "Answers asked for, by what the cache had of them.", "cache")


def find(key: str, question: str) -> CitedAnswer | None:
    """The answer that is kept, to ``question`` as it is asked now."""
    values = cache.get(key)
    return None if values is None else unpacked(values, question)


def asked(key: str, question: str) -> CitedAnswer | None:
    """As ``find``, for a reader: counted where it is there."""
    found = find(key, question)
    if found is not None:
        ASKED.inc(cache="hit")
    return found


def keep(key: str, made: CitedAnswer) -> None:
    """Keep an answer: one that says nothing, or was written without the writer that was chosen, only for a while; one
    that was stopped, or that took words for want of meaning, not at all."""
    if made.by_meaning and not made.stopped:
        is_good = made.supported and not made.fell_back
        cache.set(key, packed(made), settings.ANSWER_CACHE_SECONDS if is_good else settings.REFUSAL_CACHE_SECONDS)


def made_once(
    key: str, question: str, make: Callable[[], CitedAnswer], otherwise: Callable[[], CitedAnswer]
) -> CitedAnswer:
    """What ``make`` gives and keeps, called by one of all who ask for ``key`` at once, in any process; the others wait
    for it, and take over where it fails. ``otherwise``: for who has waited as long as they may."""
    until = time.monotonic() + _patience()
    redis = cast("ForgivingRedisCache", cache)
    while True:
        lock = redis.taken(f"{key}:lock", _longest())
        if lock:
            try:
                found = find(key, question)
                ASKED.inc(cache="waited" if found else "miss")
                return found or make()
            finally:
                redis.given_back(lock)
        if time.monotonic() >= until:
            ASKED.inc(cache="given up")
            return otherwise()
        time.sleep(PAUSE)
        if found := find(key, question):
            ASKED.inc(cache="waited")
            return found


def _patience() -> float:
    left = deadline.left()
    return max((settings.ANSWER_SECONDS if left is None else left) - RESERVE, 0.0)


def _longest() -> float:
    left = deadline.left()
    return (settings.WRITING_SECONDS if left is None else left) + LONGER
