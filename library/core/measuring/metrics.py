"""What happens in all processes, counted, as text that Prometheus reads.

A process adds up what it counts and gives it to Redis a few seconds later, from a thread of its own: nobody who counts
waits. While Redis is away counts wait in their process, and are told when it is back.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from library.core.faults.circuit_breaker import REDIS, Resting

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEY = "lyceum:metrics"
PATIENCE = 5.0  # seconds that a count waits in its process for others
REDIS_SECONDS = 0.5  # for one answer
ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
Read = Callable[[], Mapping[tuple[str, ...], float]]


@dataclass(frozen=True)
class Metric:
    """Its name ends in ``_total`` where it only grows. ``labels``: names of what parts it, each with few values."""

    name: str
    words: str
    labels: tuple[str, ...] = ()

    def series(self, values: Sequence[str]) -> str:
        """One line of it, without its number. Errors: ``ValueError`` for more or fewer values than labels."""
        pairs = zip(self.labels, values, strict=True)
        said = ",".join(f'{label}="{value.translate(ESCAPED)}"' for label, value in pairs)
        return f"{self.name}{{{said}}}" if said else self.name

    def head(self, kind: str) -> list[str]:
        """The two lines that stand before its own."""
        words = self.words.replace("\\", "\\\\").replace("\n", "\\n")
        return [f"# HELP {self.name} {words}", f"# TYPE {self.name} {kind}"]


class EventCounter:
    """Counts over all processes; see ``counter``."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric

    def inc(self, amount: float = 1, **labels: str) -> None:
        """Count ``amount`` more under these labels, all of which are named. Nobody waits, nothing fails but a wrong
        label (``KeyError``, ``ValueError``)."""
        values = [labels.pop(name) for name in self.metric.labels]
        if labels:
            raise ValueError(f"{self.metric.name} has no label {', '.join(labels)}.")
        WAITING.add(self.metric.series(values), amount)


class Waiting:
    """Counts of this process that Redis has not got yet, by series. Any number of threads may use it."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self.patience = patience
        self.begin()

    def begin(self) -> None:
        """Know nothing: also in a child, whose counts its parent tells."""
        self._lock = threading.Lock()
        self._counts: dict[str, float] = defaultdict(float)
        self._timer: threading.Timer | None = None

    def add(self, series: str, amount: float) -> None:
        """Count, and see that it is told in a few seconds."""
        with self._lock:
            self._counts[series] += amount
            if self._timer is not None:
                return
            self._timer = threading.Timer(self.patience, self.tell)
            self._timer.daemon = True
            self._timer.start()

    def tell(self) -> None:
        """Give all that was counted to Redis; what it does not take waits on."""
        with self._lock:
            counts, self._counts, self._timer = self._counts, defaultdict(float), None
        if counts and not _told(counts):
            with self._lock:
                for series, amount in counts.items():
                    self._counts[series] += amount


WAITING = Waiting()
os.register_at_fork(after_in_child=WAITING.begin)
atexit.register(WAITING.tell)
_counters: dict[str, EventCounter] = {}
_gauges: dict[str, tuple[Metric, Read]] = {}


def counter(name: str, words: str, *labels: str) -> EventCounter:
    """What counts under ``name``, which ends in ``_total``; made once, wherever it is asked for.

    The values of a label are from a short list of our own, never what somebody typed. Errors: ``ValueError``.
    """
    if not name.startswith("lyceum_") or not name.endswith("_total"):
        raise ValueError(f"{name!r} is no name of a counter: lyceum_…_total.")
    return _counters.setdefault(name, EventCounter(Metric(name, words, labels)))


def gauge(name: str, words: str, read: Read, *labels: str) -> None:
    """Let ``read`` say how much there is now, by the values of its labels, whenever somebody looks."""
    _gauges[name] = (Metric(name, words, labels), read)


def text() -> str:
    """All of it, of all processes. What cannot be read now is left out."""
    WAITING.tell()
    lines = [*_counted(_kept()), *(line for metric, read in _gauges.values() for line in _read(metric, read))]
    return "".join(f"{line}\n" for line in lines)


def _counted(kept: Mapping[str, float]) -> Iterator[str]:
    """Also what another process counts and this one knows no words for."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for series in sorted(kept):
        by_name[series.partition("{")[0]].append(f"{series} {_number(kept[series])}")
    for name in sorted(by_name):
        known = _counters.get(name)
        yield from (known.metric if known else Metric(name, "")).head("counter")
        yield from by_name[name]


def _read(metric: Metric, read: Read) -> Iterator[str]:
    try:
        found = read()
    except Exception as fault:  # a database that is away leaves the counts to be read
        log.warning("%s cannot be read: %s", metric.name, type(fault).__name__)
        return
    yield from metric.head("gauge")
    for values in sorted(found):
        yield f"{metric.series(values)} {_number(found[values])}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.6f}"


@cache
def _redis(url: str) -> Redis:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    connected: Redis = Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
        decode_responses=True,
    )
    return connected


def _told(counts: Mapping[str, float]) -> bool:
    """Whether Redis took them. One that takes them and is not heard gets them twice."""
    try:
        with (
            REDIS.tried(RedisTimeoutError),
            _redis(str(settings.CACHES["default"]["LOCATION"])).pipeline(transaction=True) as pipe,
        ):
            for series, amount in counts.items():
                pipe.hincrbyfloat(KEY, series, amount)
            pipe.execute()
    except (Resting, RedisError, OSError):
        return False
    return True


def _kept() -> dict[str, float]:
    try:
        with REDIS.tried(RedisTimeoutError):
            found = _redis(str(settings.CACHES["default"]["LOCATION"])).hgetall(KEY)
    except (Resting, RedisError, OSError):
        return {}
    return {str(series): float(amount) for series, amount in dict(found).items()}
