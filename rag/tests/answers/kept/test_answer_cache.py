"""Many ask the same at once, and one makes the answer; whatever becomes of that one, nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache

from library.core.faults import deadline
from rag.answers import answer_cache
from rag.answers.values import CitedAnswer

KEY, QUESTION = "answer:test", "Why does bread rise?"


def an_answer(text: str = "It rises. [1]", **values: object) -> CitedAnswer:
    given = {"supported": True, "writer": "w", "cached": False, "sentences": [], "sources": [], "passages": []}
    return CitedAnswer(question=QUESTION, text=text, **(given | values))  # type: ignore[arg-type]


def redis() -> Any:
    return cache


def made_once(make: Callable[[], CitedAnswer]) -> CitedAnswer:
    return answer_cache.made_once(KEY, QUESTION, make, lambda: an_answer("by words"))


def kept(made: CitedAnswer) -> CitedAnswer:
    answer_cache.keep(KEY, made)
    return made


def test_of_many_who_ask_at_once_one_makes_it():
    made: list[str] = []
    begun = threading.Event()

    def make() -> CitedAnswer:
        made.append("")
        begun.wait(5)
        return kept(an_answer())

    with ThreadPoolExecutor(5) as threads:
        answers = [threads.submit(made_once, make) for _ in range(5)]
        begun.set()
        found = [one.result() for one in answers]
    assert len(made) == 1
    assert {one.text for one in found} == {"It rises. [1]"}
    assert sorted(one.cached for one in found) == [False, True, True, True, True]


def test_without_the_lock_each_makes_its_own(settings):
    """What the lock is for: the negative control."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///tmp/no-redis-here.sock?db=1"}}
    together = threading.Barrier(3)

    def make() -> CitedAnswer:
        together.wait(5)  # never passed by one alone
        return kept(an_answer())

    with ThreadPoolExecutor(3) as threads:
        found = [one.result() for one in [threads.submit(made_once, make) for _ in range(3)]]
    assert [one.cached for one in found] == [False] * 3


def test_where_the_first_fails_the_next_takes_over():
    class Broken(Exception):
        pass

    def broken() -> CitedAnswer:
        raise Broken

    with pytest.raises(Broken):
        made_once(broken)
    assert made_once(lambda: kept(an_answer())).text == "It rises. [1]"


def test_who_waits_for_one_that_died_does_so_until_their_deadline_and_then_without():
    assert redis().taken(f"{KEY}:lock", 60)  # held by a process that was killed
    with deadline.within(deadline.Deadline(answer_cache.RESERVE)):
        assert made_once(lambda: an_answer()).text == "by words"


def test_lock_that_ran_out_while_it_was_made_costs_nothing():
    def make() -> CitedAnswer:
        cache.delete(f"{KEY}:lock")
        assert redis().taken(f"{KEY}:lock", 60)  # by another
        return kept(an_answer())

    assert made_once(make).text == "It rises. [1]"
    found = answer_cache.find(KEY, QUESTION)
    assert found is not None
    assert found.cached
    assert redis().taken(f"{KEY}:lock", 60) is False, "the other's lock stays"


def test_lock_outlives_the_deadline_of_its_maker(settings):
    settings.WRITING_SECONDS = 40.0
    seen: list[int] = []

    def make() -> CitedAnswer:
        seen.append(redis().ttl(f"{KEY}:lock"))
        return an_answer()

    made_once(make)
    with deadline.within(deadline.Deadline(8)):
        made_once(make)
    assert seen[0] > 40
    assert 8 < seen[1] <= 13


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({}, 500),
        ({"supported": False}, 50),
        ({"fell_back": True}, 50),
        ({"by_meaning": False, "supported": False}, None),
        ({"stopped": True}, None),
    ],
)
def test_what_says_nothing_is_kept_briefly_and_what_is_half_not_at_all(values, seconds, settings, monkeypatch):
    settings.ANSWER_CACHE_SECONDS, settings.REFUSAL_CACHE_SECONDS = 500, 50
    said: list[float] = []
    monkeypatch.setattr(cache, "set", lambda key, value, timeout: said.append(timeout))
    answer_cache.keep(KEY, an_answer(**values))
    assert said == ([] if seconds is None else [seconds])


def test_hits_and_misses_are_counted(monkeypatch):
    counted: list[str] = []
    monkeypatch.setattr(answer_cache.ASKED, "inc", lambda cache: counted.append(cache))
    assert answer_cache.asked(KEY, QUESTION) is None
    made_once(lambda: kept(an_answer()))
    answer_cache.asked(KEY, QUESTION)
    made_once(lambda: kept(an_answer()))
    cache.delete(KEY)
    assert redis().taken(f"{KEY}:lock", 60)
    with deadline.within(deadline.Deadline(answer_cache.RESERVE)):
        made_once(an_answer)
    assert counted == ["miss", "hit", "waited", "given up"]


def test_all_of_an_answer_comes_back():
    made = an_answer(prose="It rises \ue0001\ue001.", fell_back=True)
    answer_cache.keep(KEY, made)
    assert answer_cache.find(KEY, QUESTION) == an_answer(prose="It rises \ue0001\ue001.", fell_back=True, cached=True)
