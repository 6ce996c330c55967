"""The open sockets of this process: woken by nudges, by the clock, and ended with the sign-in that they came by.

One listener hears for all of them. What it misses costs a moment: each socket looks by itself once a minute, and
every few seconds while Redis is away. Whether sign-ins still hold is one question for all of them together.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from library.live import doors
from library.live.doors import Visitor
from library.live.errors import NoRoomForSockets, TooManySockets
from library.live.nudges import GROUP
from library.live.threads import ask

log = logging.getLogger(__name__)
SOCKETS_EACH = 12  # of one user in this process
SOCKETS_IN_ALL = 2_000
TICK = 1.0  # seconds, as all below
RIGHTS_EVERY = 3.0
LOOK_EVERY = 60.0  # where nudges arrive
LOOK_EVERY_DEAF = 5.0  # where they do not
JOIN_EVERY = 30.0  # Redis may have forgotten who listens
REDIS_SECONDS = 3.0
LONGEST_PAUSE = 8.0


class SocketLine:
    """One socket towards the board. ``end`` is called once, where its sign-in has ended."""

    def __init__(self, visitor: Visitor, topic: str, end: Callable[[], None]) -> None:
        self.visitor, self.topic, self.end = visitor, topic, end
        self.woken = asyncio.Event()
        self.looked_at = time.monotonic()

    @property
    def user(self) -> UUID:
        pk: UUID = self.visitor.user.pk
        return pk

    def wake(self) -> None:
        self.looked_at = time.monotonic()
        self.woken.set()


class Switchboard:
    """All lines of one event loop. Its tasks run while there is a line."""

    def __init__(self) -> None:
        self.hears = False
        self._lines: set[SocketLine] = set()
        self._by_topic: dict[str, set[SocketLine]] = defaultdict(set)
        self._by_user: dict[UUID, int] = defaultdict(int)
        self._tasks: list[asyncio.Task[None]] = []

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: SocketLine) -> None:
        """Errors: ``TooManySockets``, ``NoRoomForSockets``."""
        if self._by_user[line.user] >= SOCKETS_EACH:
            raise TooManySockets
        if len(self._lines) >= SOCKETS_IN_ALL:
            raise NoRoomForSockets
        self._lines.add(line)
        self._by_topic[line.topic].add(line)
        self._by_user[line.user] += 1
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_time())]

    def remove(self, line: SocketLine) -> None:
        if line not in self._lines:
            return
        self._lines.remove(line)
        self._by_topic[line.topic].discard(line)
        self._by_user[line.user] -= 1
        if not self._by_topic[line.topic]:
            del self._by_topic[line.topic]
        if not self._by_user[line.user]:
            del self._by_user[line.user]
        if not self._lines:
            while self._tasks:
                self._tasks.pop().cancel()
            self.hears = False

    # -- what is heard --------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        from channels.layers import get_channel_layer

        pause = 0.5
        while True:
            try:
                await self._hear(await ask(get_channel_layer))  # the driver is loaded off the loop
            except Exception as fault:  # each driver and each state of Redis has faults of its own
                if self.hears or pause == 0.5:
                    log.warning("Redis is away (%s); open pages look by themselves.", type(fault).__name__)
                pause = 0.5 if self.hears else min(2 * pause, LONGEST_PAUSE)
                self.hears = False
            await asyncio.sleep(pause)

    async def _hear(self, layer: Any) -> None:
        """Listen until Redis does not answer. Errors: the driver's, ``TimeoutError``."""
        channel = f"{GROUP}.{uuid4().hex}"
        await self._join(layer, channel)
        message = asyncio.ensure_future(layer.receive(channel))
        try:
            while True:
                await asyncio.wait({message}, timeout=JOIN_EVERY)
                if not message.done():
                    await self._join(layer, channel)
                    continue
                for topic in message.result().get("topics", ()):
                    self._wake(self._by_topic.get(topic, ()))
                message = asyncio.ensure_future(layer.receive(channel))
        finally:
            message.cancel()

    async def _join(self, layer: Any, channel: str) -> None:
        async with asyncio.timeout(REDIS_SECONDS):
            await layer.group_add(GROUP, channel)
        if not self.hears:
            self.hears = True
            self._wake(self._lines)  # for what was said while nobody heard

    # -- what the clock says --------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        asked_at = time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            rarely = LOOK_EVERY if self.hears else LOOK_EVERY_DEAF
            self._wake([line for line in self._lines if now - line.looked_at >= rarely])
            if now - asked_at >= RIGHTS_EVERY:
                asked_at = now
                await self._end_those_who_left()

    async def _end_those_who_left(self) -> None:
        asked = list(self._lines)
        try:
            logins = await ask(doors.still_in, {line.visitor.login for line in asked})
        except Exception as fault:  # the database is away: nothing can be read, so nothing is told to anybody either
            log.warning("Whose sign-in still holds could not be asked (%s).", type(fault).__name__)
            return
        for line in asked:
            if line.visitor.login not in logins and line in self._lines:
                self.remove(line)
                line.end()

    @staticmethod
    def _wake(lines: Any) -> None:
        for line in lines:
            line.wake()


_boards: dict[asyncio.AbstractEventLoop, Switchboard] = {}


def board() -> Switchboard:
    """That of the running loop: a process has one, tests have many."""
    loop = asyncio.get_running_loop()
    if loop not in _boards:
        for other in [other for other in _boards if other.is_closed()]:
            del _boards[other]
        _boards[loop] = Switchboard()
    return _boards[loop]
