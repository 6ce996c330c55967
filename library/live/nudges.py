"""Waking the sockets that follow something, from wherever it was changed.

A nudge says only what to look at. It is sent by a thread of its own, so that nobody who writes waits for Redis; one
that gets lost is made up for by the next look (``library.live.switchboard``).
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
import time
from typing import Any

from django.db import transaction

log = logging.getLogger(__name__)
GROUP = "live"  # every web process listens to it
KEPT = 10_000  # topics that wait to be sent
SECONDS = 2.0  # for Redis to take one message
TOLD_EVERY = 60.0  # seconds between two complaints


def nudge(*topics: str) -> None:
    """Once this transaction is committed, let whoever follows ``topics`` look at what is new. Errors: none."""
    transaction.on_commit(lambda: _sender.put(topics), robust=True)


class _Sender:
    """A thread that sends what waits: the topics of a moment in one message."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[str] = queue.Queue(KEPT)
        self._process: int | None = None
        self._lock = threading.Lock()
        self._told_at = -TOLD_EVERY

    def put(self, topics: tuple[str, ...]) -> None:
        with self._lock:
            if self._process != os.getpid():  # a forked process has no thread of its parent's
                self._process, self._waiting = os.getpid(), queue.Queue(KEPT)
                threading.Thread(target=self._send_all, name="nudges", daemon=True).start()
        for topic in topics:
            try:
                self._waiting.put_nowait(topic)
            except queue.Full:
                return

    def _send_all(self) -> None:
        from channels.layers import get_channel_layer

        loop = asyncio.new_event_loop()
        while True:
            topics = {self._waiting.get()}
            while not self._waiting.empty():
                topics.add(self._waiting.get_nowait())
            try:
                loop.run_until_complete(_sent(get_channel_layer(), sorted(topics)))
            except Exception as fault:  # Redis away, hanging, full
                self._complain(fault)

    def _complain(self, fault: Exception) -> None:
        if time.monotonic() - self._told_at >= TOLD_EVERY:
            self._told_at = time.monotonic()
            log.warning("Open pages could not be told of what is new (%s); they look by themselves.", fault)


async def _sent(layer: Any, topics: list[str]) -> None:
    async with asyncio.timeout(SECONDS):
        await layer.group_send(GROUP, {"type": "nudge", "topics": topics})


_sender = _Sender()
