"""The shapes of study content, one for each kind of ours."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class SummarySentenceSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="Verbatim text of the page, white space folded.")
    page = serializers.IntegerField(help_text="1-based, as in the PDF.")
    start = serializers.IntegerField(help_text="Offset into the stored text of the page.")
    end = serializers.IntegerField()


class SummarySerializer(serializers.Serializer[Any]):
    sentences = SummarySentenceSerializer(many=True)
    words = serializers.IntegerField()
