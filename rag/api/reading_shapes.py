"""Shapes of what readers mark in books, and of how far they have read."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from rag.reading.highlights import LONGEST_NOTE, LONGEST_QUOTE


class HighlightSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    book = serializers.IntegerField(source="document.book_id", help_text="The book's id.")
    page = serializers.IntegerField(help_text="1-based, as in the PDF; where it stood last, if it is lost.")
    start = serializers.IntegerField(help_text="Offset of its first sign in the stored text of the page.")
    end = serializers.IntegerField(help_text="Offset behind its last sign.")
    quote = serializers.CharField(help_text="The words that were marked; they never change.")
    note = serializers.CharField(help_text="Empty where there is none.")
    is_lost = serializers.BooleanField(help_text="The words are nowhere in the book as it was read last.")
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class NewHighlightSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    quote = serializers.CharField(
        max_length=LONGEST_QUOTE,
        required=False,
        default="",
        allow_blank=True,
        help_text="Words of the page; case, accents and spaces may differ.",
    )
    start = serializers.IntegerField(
        min_value=0, max_value=10**8, required=False, help_text="With `end`: where they stand, or near which place."
    )
    end = serializers.IntegerField(min_value=1, max_value=10**8, required=False)
    note = serializers.CharField(max_length=LONGEST_NOTE, required=False, default="", allow_blank=True)


class NoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, help_text="Empty takes it away.")


class HighlightFilterSerializer(serializers.Serializer[Any]):
    book = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="The id of a book: in it alone."
    )


class PositionSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, allow_null=True, help_text="Where you go on; null: you have not begun."
    )


class TurnedPageSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The page that you turned to.")
