from __future__ import annotations

from typing import Any

from rest_framework import serializers


class BellRowSerializer(serializers.Serializer[Any]):
    """Something that you were told, by its number at your bell."""

    number = serializers.IntegerField()
    kind = serializers.CharField()
    text = serializers.CharField(help_text="A sentence in your language.")
    url = serializers.CharField(help_text="Where more is to be seen, within this library; may be empty.")
    at = serializers.DateTimeField()
    is_read = serializers.BooleanField()


class BellStateSerializer(serializers.Serializer[Any]):
    newest = serializers.IntegerField(help_text="The number of the newest row.")
    unread = serializers.IntegerField()


class BellFilterSerializer(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        min_value=0,
        max_value=2**62,
        required=False,
        help_text="Only what has a greater number, the oldest first: for who knows all up to it.",
    )
    unread = serializers.BooleanField(required=False, help_text="`true`: only what is unread.")


class BellReadSerializer(serializers.Serializer[Any]):
    up_to = serializers.IntegerField(min_value=0, max_value=2**62, required=False)
    numbers = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=100, required=False
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("up_to" in given) == ("numbers" in given):
            raise serializers.ValidationError("Give either up_to or numbers.")
        return given
