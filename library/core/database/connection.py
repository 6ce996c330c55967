"""A connection to PostgreSQL that waits no longer than the request for which it is used.

A server that is stopped, or a network that swallows everything, closes nothing: whoever waits would wait for ever. No
limit on the server's side helps there.
"""

from __future__ import annotations

import os
import select
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import Params, PQGen

from library.core.faults import deadline

RV = TypeVar("RV")
MARGIN = 0.5  # seconds before the end of the time, for the view to say so itself
# What the server itself ends on behalf of a web process that has given up, or died (ms).
WEB_OPTIONS = {
    "statement_timeout": 10_000,
    "lock_timeout": 6_000,
    "idle_in_transaction_session_timeout": 60_000,
    "client_connection_check_interval": 5_000,
}


class BoundedConnection(psycopg.Connection[Any]):
    """Gives up with ``psycopg.OperationalError`` when the time of its request is over, and is closed then.

    Closing it lets the server roll back what was not committed, as soon as it comes to.
    """

    def execute(self, query: Any, params: Params | None = None, **how: Any) -> psycopg.Cursor[Any]:
        """As ever; but the empty statement, by which the pool asks whether we live, is asked of the socket first.

        A server that ended, or ended us, has said so there. One that is silent would not answer a question either, and
        then the request's first statement waits for it as long as the request may. So no request pays for asking.
        """
        if query == "" and params is None and self._has_heard_nothing():
            return self.cursor()
        return super().execute(query, params, **how)

    def _has_heard_nothing(self) -> bool:
        if self.closed:
            return False
        ears = select.poll()
        ears.register(self.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not ears.poll(0)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        left = deadline.left()
        if left is None or timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            if left <= MARGIN:
                raise errors._WaitTimeout
            return super().wait(gen, interval, left - MARGIN)
        except errors._WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("the database did not answer in time") from None


def limit_web_process() -> None:
    """Let every connection that this process opens from now on have the server's own limits as well.

    An environment that sets ``PGOPTIONS`` itself, be it to nothing for a pooler that takes none, is left alone.
    """
    os.environ.setdefault("PGOPTIONS", " ".join(f"-c {name}={value}" for name, value in WEB_OPTIONS.items()))
