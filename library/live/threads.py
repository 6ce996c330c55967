"""The database, asked on behalf of sockets: in a few threads of their own, each time within the time of a page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections

from library.core.faults import deadline

THREADS = 4  # of the twelve connections that a web process has
_Given = ParamSpec("_Given")
_Gives = TypeVar("_Gives")
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="socket")


async def ask(work: Callable[_Given, _Gives], *args: _Given.args, **kwargs: _Given.kwargs) -> _Gives:
    """What ``work`` gives, with a connection that is given back. Errors: its own."""

    def asked() -> _Gives:
        try:
            with deadline.within(deadline.Deadline(settings.ANSWER_SECONDS)):
                return work(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_pool, asked)
