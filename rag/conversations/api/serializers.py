"""Shapes of conversations in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from rag.answers.services import LONGEST_QUESTION
from rag.api.serializers import QuestionField
from rag.conversations.models import LONGEST_REASON, LONGEST_TITLE, ExchangeState
from rag.conversations.sources import ShownExchange


class BeginSerializer(serializers.Serializer[Any]):
    book = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The book's id.")
    question = QuestionField(max_length=LONGEST_QUESTION, help_text="The first question; the title is made of it.")


class FollowUpSerializer(serializers.Serializer[Any]):
    question = QuestionField(max_length=LONGEST_QUESTION)
    wait = serializers.BooleanField(
        default=True, help_text="False: a worker writes the answer, to be followed at `ws/answers/{id}/` or `events/`."
    )


class TitleSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=LONGEST_TITLE)


class JudgementSerializer(serializers.Serializer[Any]):
    was_right = serializers.BooleanField()
    why = serializers.CharField(max_length=LONGEST_REASON, allow_blank=True, default="")


class ConversationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    about = serializers.CharField(help_text="What it is with, as it was called then.")
    book = serializers.IntegerField(
        source="document.book_id", allow_null=True, default=None, help_text="Null: it is no longer in the library."
    )
    created_at = serializers.DateTimeField()
    asked_at = serializers.DateTimeField(help_text="When the last question was asked.")


class KeptSourceSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="As in the brackets of the answer.")
    page = serializers.IntegerField(help_text="1-based; where it stands now.")
    quote = serializers.CharField()
    url = serializers.CharField(help_text="Empty where the source was removed.")
    removed = serializers.BooleanField(help_text="What answers now does not have these words any more.")


class ExchangeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    number = serializers.IntegerField(help_text="From 1 on.")
    question = serializers.CharField()
    searched = serializers.CharField(help_text="The question as it was put to the book, with what it leans on.")
    state = serializers.ChoiceField(choices=ExchangeState.choices)
    error = serializers.CharField(help_text="Why there is no answer.")
    answer = serializers.CharField(help_text="Empty while it is written, where it failed, and of a book closed to you.")
    supported = serializers.BooleanField()
    writer = serializers.CharField()
    sources = KeptSourceSerializer(many=True)
    was_right = serializers.BooleanField(allow_null=True)
    why = serializers.CharField()
    created_at = serializers.DateTimeField()


class WholeConversationSerializer(ConversationSerializer):
    exchanges = ExchangeSerializer(many=True)


def exchange_body(one: ShownExchange) -> dict[str, Any]:
    """An exchange in the shape of ``ExchangeSerializer``."""
    exchange, answer = one.exchange, one.answer
    names = ("number", "question", "searched", "state", "error", "was_right", "why", "created_at")
    return {
        "id": exchange.pk,
        "conversation": exchange.conversation_id,
        **{name: getattr(exchange, name) for name in names},
        "answer": answer.text if answer else "",
        "supported": bool(answer and answer.supported),
        "writer": answer.writer if answer else "",
        "sources": [
            {"number": n.number, "page": n.page, "quote": n.quote, "url": n.url, "removed": n.number in one.removed}
            for n in (answer.sources if answer else [])
        ],
    }
