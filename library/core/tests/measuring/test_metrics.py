"""What all processes count, and how Prometheus reads it."""

from __future__ import annotations

import threading

import pytest
from django.core.cache import cache

from library.core.faults import circuit_breaker
from library.core.measuring import metrics


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch):
    """A process that has counted nothing and tells when it is asked to; nothing rests afterwards."""
    for name, fresh in (("WAITING", metrics.Waiting(patience=3600.0)), ("_counters", {}), ("_gauges", {})):
        monkeypatch.setattr(metrics, name, fresh)
    circuit_breaker.REDIS._wake()
    yield
    circuit_breaker.REDIS._wake()
    timer = metrics.WAITING._timer
    if timer is not None:
        timer.cancel()


@pytest.fixture
def away(settings):
    """Redis is not there."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/at-all.sock"}}


def lines() -> list[str]:
    return [line for line in metrics.text().splitlines() if not line.startswith("#")]


def test_what_was_counted_is_told_with_its_words():
    asked = metrics.counter("lyceum_asked_total", "Questions, by what came.", "outcome")
    asked.inc(outcome="answered")
    asked.inc(2, outcome="answered")
    asked.inc(outcome="refused")

    assert metrics.text() == (
        "# HELP lyceum_asked_total Questions, by what came.\n"
        "# TYPE lyceum_asked_total counter\n"
        'lyceum_asked_total{outcome="answered"} 3\n'
        'lyceum_asked_total{outcome="refused"} 1\n'
    )


def test_two_processes_add_up():
    one, other = metrics.Waiting(patience=3600.0), metrics.Waiting(patience=3600.0)
    for process in (one, other):
        process.add("lyceum_asked_total", 2)
        process.tell()

    assert lines() == ["lyceum_asked_total 4"]
    assert "# TYPE lyceum_asked_total counter" in metrics.text(), "though nothing here counts that"


def test_nothing_is_told_twice():
    metrics.counter("lyceum_asked_total", "Questions.").inc()

    assert lines() == lines() == ["lyceum_asked_total 1"]


def test_counts_are_told_by_themselves():
    told = threading.Event()

    class Heard(metrics.Waiting):
        def tell(self) -> None:
            super().tell()
            told.set()

    Heard(patience=0.01).add("lyceum_asked_total", 1)

    assert told.wait(30)
    assert lines() == ["lyceum_asked_total 1"]


def test_threads_lose_no_count():
    asked = metrics.counter("lyceum_asked_total", "Questions.")

    def count() -> None:
        for _time in range(500):
            asked.inc()

    threads = [threading.Thread(target=count) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert lines() == ["lyceum_asked_total 4000"]


def test_counts_wait_while_redis_is_away(away, settings):
    asked = metrics.counter("lyceum_asked_total", "Questions.")
    asked.inc()
    assert lines() == []
    asked.inc()
    assert lines() == []

    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": _there()}}
    assert lines() == ["lyceum_asked_total 2"]


def _there() -> str:
    from tests.settings import CACHES

    return str(CACHES["default"]["LOCATION"])


def test_a_cache_that_was_emptied_begins_anew():
    asked = metrics.counter("lyceum_asked_total", "Questions.")
    asked.inc()
    assert lines()
    cache.clear()
    asked.inc()

    assert lines() == ["lyceum_asked_total 1"]


def test_a_child_leaves_its_parents_counts_to_it():
    metrics.WAITING.add("lyceum_asked_total", 1)
    metrics.WAITING.begin()  # what ``os.register_at_fork`` calls in a child

    assert lines() == []


def test_a_counter_is_made_once_and_named_for_what_it_is():
    assert metrics.counter("lyceum_asked_total", "Questions.") is metrics.counter("lyceum_asked_total", "Questions.")
    for wrong in ("asked_total", "lyceum_asked"):
        with pytest.raises(ValueError, match="no name of a counter"):
            metrics.counter(wrong, "Questions.")


def test_labels_are_those_that_were_declared():
    asked = metrics.counter("lyceum_asked_total", "Questions.", "outcome")
    with pytest.raises(KeyError):
        asked.inc()
    with pytest.raises(ValueError, match="no label who"):
        asked.inc(outcome="answered", who="somebody")

    assert lines() == []


def test_values_cannot_end_their_quotes_or_their_line():
    metrics.counter("lyceum_asked_total", "Line\nand \\ back.", "outcome").inc(outcome='a"b\\c\nd')

    assert metrics.text() == (
        "# HELP lyceum_asked_total Line\\nand \\\\ back.\n"
        "# TYPE lyceum_asked_total counter\n"
        'lyceum_asked_total{outcome="a\\"b\\\\c\\nd"} 1\n'
    )


def test_seconds_keep_their_fraction():
    metrics.counter("lyceum_seconds_total", "Seconds.").inc(0.25)

    assert lines() == ["lyceum_seconds_total 0.250000"]


def test_a_gauge_is_read_when_somebody_looks():
    metrics.gauge("lyceum_jobs", "Jobs.", lambda: {("index", "running"): 2, ("index", "done"): 40}, "kind", "state")

    assert metrics.text() == (
        "# HELP lyceum_jobs Jobs.\n"
        "# TYPE lyceum_jobs gauge\n"
        'lyceum_jobs{kind="index",state="done"} 40\n'
        'lyceum_jobs{kind="index",state="running"} 2\n'
    )


def test_a_gauge_that_cannot_be_read_takes_nothing_else_along():
    def broken() -> dict[tuple[str, ...], float]:
        raise OSError("the database is away")

    metrics.gauge("lyceum_jobs", "Jobs.", broken)
    metrics.counter("lyceum_asked_total", "Questions.").inc()

    assert lines() == ["lyceum_asked_total 1"]
