"""What the database's transactions should take with them when they go."""

from __future__ import annotations

import random
import time
import weakref
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

DEADLOCK = "40P01"
TRIES = 4
PAUSE = 0.05  # seconds, times how often it was tried
_Given = ParamSpec("_Given")
_Gives = TypeVar("_Gives")


class _Undo:
    """Runs ``undo`` when the last reference to it goes, unless it was called before.

    Django has no hook for a rollback, but it drops what waits for the commit when a transaction or savepoint is rolled
    back or its connection breaks. The only reference to this object is in that list.
    """

    def __init__(self, undo: Callable[[], None]) -> None:
        self._finalizer = weakref.finalize(self, undo)

    def __call__(self) -> None:
        self._finalizer.detach()


def on_rollback(undo: Callable[[], None]) -> None:
    """Call ``undo`` if the current transaction, or the savepoint we are in, is rolled back. It must not raise.

    Outside a transaction everything is already kept, and ``undo`` is never called.
    """
    transaction.on_commit(_Undo(undo))


def take_turns(what: str) -> None:
    """Wait until no other transaction has the turn at ``what``, and have it until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])


def is_our_turn(what: str) -> bool:
    """Whether no other transaction has the turn at ``what``; then this one has it until it ends. Does not wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [what])
        return bool(cursor.fetchone()[0])


def longest_wait_for_locks(seconds: float) -> None:
    """From now on in this transaction, what waits longer for a lock ends with ``OperationalError``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{round(seconds * 1000)}ms"])


def constraint_of(clash: IntegrityError) -> str:
    """The name of the constraint that ``clash`` broke; empty where the database named none."""
    return getattr(getattr(clash.__cause__, "diag", None), "constraint_name", None) or ""


def again_after_deadlock(
    work: Callable[_Given, _Gives],
    *,
    also: tuple[type[Exception], ...] = (),
    at_last: type[Exception] | None = None,
) -> Callable[_Given, _Gives]:
    """``work``, which opens a transaction or savepoint of its own, again where it lost to somebody else's.

    It lost where the database ended it to break a deadlock, or where it raised one of ``also``. At most ``TRIES`` times
    in all, each after a pause; then the last error goes on, or ``at_last`` from it.
    """
    lost: tuple[type[Exception], ...] = (OperationalError, *also)

    @wraps(work)
    def repeated(*args: _Given.args, **kwargs: _Given.kwargs) -> _Gives:
        for tried in range(1, TRIES):
            try:
                return work(*args, **kwargs)
            except lost as fault:
                if not _is_lost(fault):
                    raise
            _pause_after(tried)
        try:
            return work(*args, **kwargs)
        except lost as fault:
            if at_last is None or not _is_lost(fault):
                raise
            raise at_last from fault

    return repeated


def _is_lost(fault: Exception) -> bool:
    """Of what ``again_after_deadlock`` waits for: other faults of the database's operation are nobody's doing."""
    return not isinstance(fault, OperationalError) or getattr(fault.__cause__, "sqlstate", None) == DEADLOCK


def _pause_after(tried: int) -> None:
    """Wait a moment of chance length, longer each time: without it the next try could take the locks before the other
    side wakes to take them.
    """
    time.sleep(PAUSE * tried * (1 + random.random()))  # noqa: S311 (no secret)
