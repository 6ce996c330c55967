"""What is tried again after a lost race, and what takes turns."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, OperationalError, connection, transaction

from library.core.database import transactions
from library.core.database.transactions import (
    TRIES,
    again_after_deadlock,
    is_our_turn,
    longest_wait_for_locks,
    take_turns,
)


class Settled(Exception):
    """What is raised in the end."""


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(transactions, "PAUSE", 0.001)


def beside(work: Any) -> Thread:
    """``work`` in a thread with a connection of its own, begun."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_within", [False, True], ids=["alone", "within a larger transaction"])
def test_two_that_lock_each_others_rows_are_both_done_at_last(is_within):
    first, second = (Group.objects.create(name=name) for name in ("first", "second"))
    met, tries = Barrier(2), []

    @again_after_deadlock
    @transaction.atomic
    def swap(one: Group, other: Group) -> None:
        tries.append(one)
        Group.objects.select_for_update().get(pk=one.pk)
        if len(tries) <= 2:
            met.wait(10)
        Group.objects.filter(pk=other.pk).update(name=f"{one.name} was here")

    def swap_within(one: Group, other: Group) -> None:
        with transaction.atomic():
            swap(one, other)

    work = swap_within if is_within else swap
    threads = [beside(lambda: work(first, second)), beside(lambda: work(second, first))]
    for thread in threads:
        thread.join(20)
    names = Group.objects.filter(pk__in=[first.pk, second.pk]).values_list("name", flat=True)
    assert set(names) == {"first was here", "second was here"}
    assert len(tries) == 3


@pytest.mark.django_db(transaction=True)
def test_other_faults_of_the_database_are_told_at_once():
    tries = []

    @again_after_deadlock
    def work() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(OperationalError):
        work()
    connection.close()
    assert tries == [1]


@pytest.mark.django_db
def test_what_else_counts_as_lost_is_said_by_whoever_asks():
    Group.objects.create(name="taken")
    tries: list[int] = []

    def take() -> None:
        tries.append(1)
        with transaction.atomic():
            Group.objects.create(name="taken")

    with pytest.raises(IntegrityError):
        again_after_deadlock(take)()
    assert len(tries) == 1
    with pytest.raises(IntegrityError):
        again_after_deadlock(take, also=(IntegrityError,))()
    assert len(tries) == 1 + TRIES
    with pytest.raises(Settled) as settled:
        again_after_deadlock(take, also=(IntegrityError,), at_last=Settled)()
    assert isinstance(settled.value.__cause__, IntegrityError)


def test_what_is_done_gives_what_it_gives():
    tries: list[int] = []

    def work(number: int, *, by: int) -> int:
        tries.append(number)
        if len(tries) < TRIES:
            raise Settled
        return number * by

    assert again_after_deadlock(work, also=(Settled,))(6, by=7) == 42
    assert tries == [6] * TRIES


@pytest.mark.django_db(transaction=True)
def test_a_turn_lasts_as_long_as_the_transaction_and_is_for_one_thing():
    seen: list[bool] = []

    def look() -> None:
        with transaction.atomic():
            seen.extend([is_our_turn("one thing"), is_our_turn("another")])

    with transaction.atomic():
        take_turns("one thing")
        beside(look).join(10)
    beside(look).join(10)
    assert seen == [False, True, True, True]


@pytest.mark.django_db(transaction=True)
def test_whoever_will_not_wait_longer_does_not():
    group = Group.objects.create(name="busy")
    faults: list[str] = []

    def hurry() -> None:
        try:
            with transaction.atomic():
                longest_wait_for_locks(0.05)
                Group.objects.select_for_update().get(pk=group.pk)
        except OperationalError as fault:
            faults.append(str(fault))

    with transaction.atomic():
        Group.objects.select_for_update().get(pk=group.pk)
        beside(hurry).join(10)
    assert len(faults) == 1
    assert "lock timeout" in faults[0]
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() != ("50ms",)
