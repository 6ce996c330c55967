"""What conversations hold of a person: all that they asked, what was answered, and what they thought of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from library.core.privacy.registry import Person, rows
from rag.conversations.models import Conversation, Exchange

FIELDS = ("conversations.Conversation.owner",)


def exported(person: Person) -> Mapping[str, Any]:
    """Their conversations and all that was said in them."""
    said = Exchange.objects.filter(conversation__owner=person.id).order_by("conversation", "number")
    columns = ("conversation_id", "number", "question", "searched", "state", "answer", "created_at", "was_right", "why")
    conversations = Conversation.objects.filter(owner=person.id).order_by("created_at", "id")
    return {
        "conversations": rows(conversations, "id", "title", "about", "created_at", "asked_at"),
        "questions": rows(said, *columns),
    }


def erase(person: Person) -> None:
    """They go with whoever held them; what staff made of an answer names nobody."""
    Conversation.objects.filter(owner=person.id).delete()
