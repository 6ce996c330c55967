"""The outermost part of the web process: an answer within so many seconds, whatever a view waits for.

Django runs each view in a thread, and a thread that waits cannot be stopped from outside. So whoever asked gets 503
when the time is over, and the view goes on to an end that nobody sees: its waits for other parts heed the same
deadline, the database's above all (``library.core.database.connection``), so it ends soon and commits nothing any more.

The time runs from the moment when the request is whole. An answer that has begun is never cut off.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

from library.core.errors import LibraryError, RequestTooSlow, ServiceUnavailable, StorageFull
from library.core.faults import deadline, outages
from library.core.faults.outages import is_disk_full

log = logging.getLogger(__name__)
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
UPLOAD = 1024 * 1024  # bytes from which a request counts as one


class InTime:
    """``application``, held to the times of the settings. Other protocols than HTTP pass through."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._given_up: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        with deadline.within(exchange.deadline):
            task = asyncio.ensure_future(self._run(exchange, scope))
        try:
            await exchange.followed(task)
        except TimeoutError:
            refusal = exchange.give_up()
            log.warning("No answer in time: %s %s", scope["method"], scope["path"])
            self._given_up.add(task)
            task.add_done_callback(self._ended)
            await exchange.refuse(scope["path"], refusal)

    async def _run(self, exchange: _Exchange, scope: Scope) -> None:
        try:
            await self.application(scope, exchange.receive, exchange.send)
        except OSError as fault:  # of the request, as it was put by before Django saw it
            if not is_disk_full(fault) or exchange.has_begun.is_set():
                raise
            await exchange.refuse(scope["path"], StorageFull())

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._given_up.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.warning("A request that was given up ended with %s.", type(fault).__name__)


class _Exchange:
    """One request and its answer, with the time that it may take."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.deadline = deadline.Deadline()
        self.has_begun = asyncio.Event()
        self._is_over = asyncio.get_running_loop().create_future()
        self._clock: asyncio.TimerHandle | None = None
        self._receive, self._send = receive, send
        self._is_whole = self._is_given_up = False
        self._bytes = 0
        self._allow(settings.UPLOAD_PAUSE_SECONDS)

    async def receive(self) -> Message:
        """What comes in. That the client went is told only once its answer has begun: no view is cut off half-way."""
        if self._is_whole:
            await self.has_begun.wait()
        message = await self._receive()
        if message["type"] == "http.request" and not self._is_whole:
            self._bytes += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            self._allow(self._seconds())
        return message

    async def send(self, message: Message) -> None:
        """Hand an answer on; nobody is there for one that comes too late."""
        if self._is_given_up:
            raise asyncio.CancelledError
        if not self.has_begun.is_set():
            self.has_begun.set()
            self._stop_clock()
            self.deadline.relax(settings.STREAM_WAIT_SECONDS)
        await self._send(message)

    async def followed(self, task: asyncio.Task[None]) -> None:
        """Wait for the end of ``task``. Errors: ``TimeoutError`` where no answer has begun in time, and the task's."""
        await asyncio.wait({task, self._is_over}, return_when=asyncio.FIRST_COMPLETED)
        self._stop_clock()
        if not task.done():
            raise TimeoutError
        task.result()

    def give_up(self) -> LibraryError:
        """Let no answer through from now on, and give the one to send instead."""
        self._is_given_up = True
        return ServiceUnavailable() if self._is_whole else RequestTooSlow()

    async def refuse(self, path: str, refusal: LibraryError) -> None:
        """Answer in the place of the application."""
        status, headers, body = outages.outside_of_django(path, refusal)
        if not self._is_whole:
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _allow(self, seconds: float) -> None:
        """From now on there are ``seconds`` until the answer."""
        self._stop_clock()
        self.deadline.begin(seconds)
        self._clock = asyncio.get_running_loop().call_later(seconds, self._end)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()

    def _end(self) -> None:
        if not self._is_over.done():
            self._is_over.set_result(None)

    def _seconds(self) -> float:
        if not self._is_whole:
            return float(settings.UPLOAD_PAUSE_SECONDS)
        return float(settings.UPLOAD_ANSWER_SECONDS if self._bytes > UPLOAD else settings.ANSWER_SECONDS)
