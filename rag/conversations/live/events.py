"""The same feed as server-sent events, for clients without sockets: it can be resumed by ``Last-Event-ID``."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse

from library.core.errors import LibraryError
from library.live.feeds import FeedEntry
from library.live.threads import ask
from rag.conversations.live import feed

LOOK_EVERY = 0.3  # seconds
BEAT = 15.0  # seconds of silence after which something is said
LONGER = 60.0  # seconds that a stream may outlast the writing of an answer


def response(user: Any, pk: UUID, after: str) -> StreamingHttpResponse:
    """The entries after ``after``, as they come. Errors: ``ConversationNotFound``, before anything is sent."""
    first = feed.since(user, after=after, pk=pk)
    made = StreamingHttpResponse(stream(user, pk, after, first), content_type="text/event-stream; charset=utf-8")
    made["Cache-Control"] = "no-store, no-transform"  # nobody on the way may gather or compress it
    made["X-Accel-Buffering"] = "no"
    return made


async def stream(user: Any, pk: UUID, after: str, entries: list[FeedEntry]) -> AsyncIterator[str]:
    """The lines of the stream. It ends with the answer, whose reader may have left long before."""
    until = time.monotonic() + settings.WRITING_SECONDS + LONGER
    said_at = time.monotonic()
    yield "retry: 2000\n\n"
    while time.monotonic() < until:
        for entry in entries:
            yield event(entry)
            after, said_at = entry.id, time.monotonic()
            if entry.is_last:
                return
        if time.monotonic() - said_at >= BEAT:
            yield ": beat\n\n"
            said_at = time.monotonic()
        await asyncio.sleep(LOOK_EVERY)
        try:
            entries = await ask(feed.since, user, after=after, pk=pk)
        except LibraryError as refusal:
            yield f"event: error\ndata: {_json(refusal.as_dict())}\n\n"
            return


def event(entry: FeedEntry) -> str:
    """One entry: its data is one line of JSON, so that no space or line break of it gets lost."""
    return f"id: {entry.id}\nevent: {'end' if entry.is_last else 'block'}\ndata: {_json(entry.body)}\n\n"


def _json(body: Any) -> str:
    return json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False)
