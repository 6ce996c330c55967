"""Leaves a part alone that did not answer in time, so that it costs one request its patience and not every one.

For a part that is stopped or swallowed by the network. One that refuses at once costs nothing, and is asked on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

log = logging.getLogger(__name__)


class Resting(Exception):
    """The part did not answer a moment ago, and is not asked."""


class Breaker:
    """What this process knows about one part. Any number of threads may use it.

    After ``settings.REST_SECONDS`` one of them tries again; the others go on without until it was answered.
    """

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._until: float | None = None

    @contextmanager
    def tried(self, *too_late: type[BaseException]) -> Iterator[None]:
        """Ask the part inside. One of ``too_late`` means that it did not answer, and lets it rest.

        Errors: ``Resting`` where it does already; whatever is raised inside.
        """
        self._enter()
        try:
            yield
        except too_late:
            self.rest()
            raise
        except BaseException:
            self._wake()  # it spoke, if only to refuse
            raise
        self._wake()

    def rest(self) -> None:
        """Leave the part alone from now on for a while."""
        with self._lock:
            self._until = self._clock() + settings.REST_SECONDS
        log.warning("%s did not answer in time; it is left alone for %g s.", self.name, settings.REST_SECONDS)

    def _enter(self) -> None:
        with self._lock:
            if self._until is None:
                return
            if self._clock() < self._until:
                raise Resting(f"{self.name} did not answer a moment ago.")
            self._until = (
                self._clock() + settings.REST_SECONDS
            )  # this one tries; should it never come back, another does

    def _wake(self) -> None:
        with self._lock:
            self._until = None


REDIS = Breaker("Redis")
