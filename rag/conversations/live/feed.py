"""An answer as a feed: ``ws/answers/<id>/``. Each block has a number, and the last entry holds the whole.

The row is the truth: a client that comes back names the last number that it has, and gets what came after that. Where
another worker has begun anew, the numbers say so (``attempt``), and the client starts afresh.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from library.live.feeds import FeedEntry
from rag.answers.prose import marks
from rag.conversations import queries
from rag.conversations.models import Exchange

PLACE = re.compile(r"^(\d{1,5})\.(\d{1,6})$")


def topic_of(pk: UUID) -> str:
    return f"answer:{pk}"


def topic(user: Any, *, pk: UUID) -> str:
    return topic_of(pk)


def since(user: Any, *, after: str, pk: UUID) -> list[FeedEntry]:
    """The blocks after the entry ``after``, or the whole answer once it has ended. Errors: ``ConversationNotFound``."""
    exchange = queries.get_exchange(pk, user)
    if not exchange.is_open:
        return [FeedEntry(id=f"{exchange.attempt}.end", body=whole(exchange), is_last=True)]
    known = PLACE.match(after)
    seen = int(known[2]) if known and int(known[1]) == exchange.attempt else 0
    found = [
        FeedEntry(id=f"{exchange.attempt}.{number}", body={"number": number, "text": marks.plain(block)})
        for number, block in enumerate(exchange.blocks, start=1)
        if number > seen
    ]
    has_begun = known is None or int(known[1]) != exchange.attempt
    return found or ([FeedEntry(f"{exchange.attempt}.0", {"number": 0, "state": exchange.state})] if has_begun else [])


def whole(exchange: Exchange) -> dict[str, Any]:
    """How it ended, with all of its text."""
    answer = queries.answer_of(exchange)
    return {
        "state": exchange.state,
        "error": exchange.error,
        "answer": answer.text if answer else "",
        "supported": bool(answer and answer.supported),
        "sources": [
            {"number": one.number, "page": one.page, "quote": one.quote, "url": one.url}
            for one in (answer.sources if answer else [])
        ],
    }
