"""What others may know about conversations; a reader knows their own alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from rag import queries as rag
from rag.answers.values import CitedAnswer, unpacked
from rag.conversations import errors
from rag.conversations.models import Conversation, Exchange
from rag.conversations.rewriting.rules import PastQuestion
from rag.models import Document

LOOKED_BACK = 20  # questions that a follow-up may lean on


def conversations_of(user: Any) -> QuerySet[Conversation]:
    """Those of ``user``, the newest first, each with ``asked``: how many questions it has."""
    return Conversation.objects.of(user).annotate(asked=Count("exchanges"))


def get_conversation(pk: UUID, user: Any) -> Conversation:
    """Errors: ``ConversationNotFound``, also for that of somebody else."""
    found = Conversation.objects.of(user).select_related("document__book", "document__live_generation")
    conversation = found.filter(pk=pk).first()
    if conversation is None:
        raise errors.ConversationNotFound
    return conversation


def get_exchange(pk: UUID, user: Any) -> Exchange:
    """Errors: ``ConversationNotFound``, also for that of somebody else."""
    found = Exchange.objects.select_related("conversation__document__book", "conversation__document__live_generation")
    exchange = found.filter(pk=pk, conversation__owner=user.pk).first()
    if exchange is None:
        raise errors.ConversationNotFound
    return exchange


def document_of(conversation: Conversation, user: Any) -> Document:
    """What a conversation is with, for ``user`` to ask; one that can be asked now.

    Errors: ``DocumentGone``, ``BookConfidential``, ``DocumentConfidential``, ``IndexNotReady``.
    """
    document = conversation.document
    if document is None:
        raise errors.DocumentGone
    document.check_visible_to(user)
    rag.live_generation(document)
    return document


def answer_of(exchange: Exchange) -> CitedAnswer | None:
    """The answer as it was given, or as far as it came."""
    return None if exchange.answer is None else unpacked(exchange.answer, exchange.question)


def past_questions(exchanges: Sequence[Exchange]) -> list[PastQuestion]:
    """``exchanges`` in their order, for a follow-up to lean on."""
    return [PastQuestion(one.question, one.searched, _first_quote(one)) for one in exchanges]


def _first_quote(exchange: Exchange) -> str:
    sources = (exchange.answer or {}).get("sources", [])
    return str(sources[0]["quote"]) if sources else ""
