"""One socket: what it sends, what it takes, and how it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.serializers.json import DjangoJSONEncoder

from library.core.errors import LibraryError
from library.core.faults.outages import refusal_of
from library.live import errors
from library.live.feeds import Feed, FeedEntry
from library.live.switchboard import SocketLine, board
from library.live.threads import ask

log = logging.getLogger(__name__)
MESSAGE_BYTES = 4_096  # that a client may send at once
BURST, PER_SECOND = 20, 2.0  # messages of a client
BEAT = 20.0  # seconds of silence after which something is said, so that both know of each other
GAP = 0.2  # seconds between two looks of one socket
PAUSE = 3.0  # seconds after a look that failed
AFTER_LENGTH = 100
# Why a socket was closed; the rest are those of the protocol.
DONE, WRONG_MESSAGE, SIGNED_OUT, REFUSED, TOO_MANY = 1000, 4400, 4401, 4403, 4429
CODES = {errors.SignedOut: SIGNED_OUT, errors.TooManyMessages: TOO_MANY, errors.UnknownMessage: WRONG_MESSAGE}


class FeedSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # the library has no types
    """Follows one feed for one visitor. Its scope has ``visitor`` and ``after`` (``library.live.application``)."""

    channel_layer_alias = "none"  # the switchboard listens for all

    def __init__(self, *, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self._line: SocketLine | None = None
        self._following: asyncio.Task[None] | None = None
        self._allowance, self._counted_at = float(BURST), time.monotonic()

    async def connect(self) -> None:
        """Answer with what came after the last entry that the client has, or refuse with the reason."""
        self.address: Mapping[str, Any] = self.scope["url_route"]["kwargs"]
        self.after: str = self.scope["after"]
        visitor = self.scope["visitor"]
        try:
            self._line = SocketLine(visitor, await ask(self.feed.topic_for, visitor.user, self.address), self._sign_out)
            board().add(self._line)
            entries = await self._look()
        except BaseException as fault:
            self._leave()
            refusal = fault if isinstance(fault, LibraryError) else refusal_of(fault)
            if refusal is None:
                raise
            await deny(self.scope, self.base_send, refusal)
            raise StopConsumer from None
        await self.accept()
        await self._tell(type="welcome", beat=BEAT)
        if await self._told(entries):
            self._following = asyncio.create_task(self._follow())

    async def disconnect(self, code: int) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._line is not None:
            board().remove(self._line)
        if self._following is not None:
            self._following.cancel()

    # -- what it sends ----------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        assert self._line is not None
        while True:
            try:
                async with asyncio.timeout(BEAT):
                    await self._line.woken.wait()
            except TimeoutError:
                await self._tell(type="beat")
                continue
            self._line.woken.clear()
            try:
                if not await self._told(await self._look()):
                    return
            except LibraryError as refusal:
                await self._end(refusal)
                return
            except Exception as fault:  # the database is away: again, in a while
                log.warning("A page that is kept up to date could not look (%s).", type(fault).__name__)
                await asyncio.sleep(PAUSE)
                self._line.woken.set()
            await asyncio.sleep(GAP)

    async def _look(self) -> list[FeedEntry]:
        assert self._line is not None
        return await ask(self.feed.entries, self._line.visitor.user, self.after, self.address)

    async def _told(self, entries: list[FeedEntry]) -> bool:
        """Send them. False where the last was the end."""
        assert self._line is not None
        for entry in entries:
            await self._tell(type="entry", id=entry.id, **entry.body)
            self.after = entry.id
            if entry.is_last:
                self._leave()
                await self.close(DONE)
                return False
        if len(entries) >= self.feed.at_once:
            self._line.wake()
        return True

    async def _tell(self, **message: Any) -> None:
        await self.send(text_data=json.dumps(message, cls=DjangoJSONEncoder))

    # -- what it takes ----------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            await self._take(text_data)
        except LibraryError as refusal:
            await self._end(refusal)

    async def _take(self, text: str | None) -> None:
        """Errors: ``TooManyMessages``, ``MessageTooLong``, ``UnknownMessage``, the app's."""
        self._count()
        if text is not None and len(text.encode()) > MESSAGE_BYTES:
            raise errors.MessageTooLong
        message = _read(text)
        if message["type"] == "beat":
            await self._tell(type="beat")
            return
        if message["type"] not in self.feed.takes or self._line is None:
            raise errors.UnknownMessage
        answer = await ask(self.feed.answer, self._line.visitor.user, message, self.address)
        if answer is not None:
            await self._tell(**{"type": "answer", **answer})

    def _count(self) -> None:
        now = time.monotonic()
        self._allowance = min(BURST, self._allowance + PER_SECOND * (now - self._counted_at)) - 1
        self._counted_at = now
        if self._allowance < 0:
            raise errors.TooManyMessages

    # -- how it ends ------------------------------------------------------------------------------------------------

    def _sign_out(self) -> None:
        self._leave()
        self._ending = asyncio.create_task(self._end(errors.SignedOut()))

    async def _end(self, refusal: LibraryError) -> None:
        self._leave()
        await self._tell(type="error", **refusal.as_dict())
        await self.close(CODES.get(type(refusal), REFUSED))


def _read(text: str | None) -> dict[str, Any]:
    try:
        message = json.loads(text or "")
    except ValueError:
        raise errors.UnknownMessage from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise errors.UnknownMessage
    return message


async def deny(scope: Mapping[str, Any], send: Any, refusal: LibraryError) -> None:
    """Refuse a socket before it is open: as HTTP, in the shape of the API, where the server can say it."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": REFUSED})
        return
    body = json.dumps(refusal.as_dict(), cls=DjangoJSONEncoder).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers.append((b"cache-control", b"no-store"))
    await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
