from __future__ import annotations

from typing import Any

from rest_framework import serializers

from aistudy.models import ArtifactState, Kind


class SummarySentenceSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="Verbatim text of the page, white space folded.")
    page = serializers.IntegerField(help_text="1-based, as in the PDF.")
    start = serializers.IntegerField(help_text="Offset into the stored text of the page.")
    end = serializers.IntegerField()


class SummarySerializer(serializers.Serializer[Any]):
    sentences = SummarySentenceSerializer(many=True)
    words = serializers.IntegerField()


class ArtifactSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Kind.choices)
    language = serializers.CharField()
    mine = serializers.SerializerMethodField(help_text="Made with the reader's own key, and theirs alone.")
    state = serializers.ChoiceField(choices=["none", *ArtifactState.values])
    writer = serializers.CharField()
    created_at = serializers.DateTimeField()
    content = SummarySerializer(allow_null=True)

    def get_mine(self, artifact: Any) -> bool:
        return artifact.owner_id is not None


class StudySerializer(serializers.Serializer[Any]):
    artifacts = ArtifactSerializer(many=True)
