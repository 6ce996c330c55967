"""A thread with a model, and what brings it one batch after the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from library.ai.lines import WaitingLine, Wanted
from library.ai.spec import Embedder

log = logging.getLogger(__name__)


class Lane:
    """Embeds what stands in ``line``, in a thread of its own. ``niceness``: what that thread leaves to others."""

    def __init__(self, line: WaitingLine, embedders: Mapping[str, Embedder], *, niceness: int = 0) -> None:
        self.batches = 0
        self._line = line
        self._embedders = embedders
        self._thread = ThreadPoolExecutor(1, "model", initializer=be_nice, initargs=(niceness,))
        self._arrived = asyncio.Event()

    def put(self, wanted: Wanted) -> None:
        """Errors: ``LineIsFull``."""
        self._line.put(wanted)
        self._arrived.set()

    async def run(self) -> None:
        """Embed batch after batch until cancelled. A batch that breaks is told to whoever waits for it."""
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            await asyncio.sleep(0)  # let requests that arrived in the same moment join
            batch = self._line.take()
            if batch is None:
                self._arrived.clear()
                continue
            self.batches += 1
            try:
                embed = self._embedders[batch.model].embed
                batch.give(await loop.run_in_executor(self._thread, embed, batch.texts, batch.kind))
            except Exception as fault:  # the requests get it; the lane must go on
                log.exception("A batch of %s texts broke", len(batch.texts))
                batch.fail(fault)

    def close(self) -> None:
        """Wait for the batch in hand."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def be_nice(by: int) -> None:
    """Leave the processor to others, in this thread and those that it starts. On Linux, where threads have that."""
    if by and sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), by)
