from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from aistudy import kinds
from aistudy.models import ArtifactState


def content_shapes() -> Any:
    """The shape of content: that of the one kind there is, or one of those of all kinds."""
    shapes = [kind.serializer for kind in kinds.registered()]
    if len(shapes) == 1:
        return shapes[0](allow_null=True)
    return PolymorphicProxySerializer("ArtifactContent", shapes, resource_type_field_name=None, allow_null=True)


@extend_schema_field(content_shapes())
class ContentField(serializers.Field):  # type: ignore[type-arg]
    """The content of an artifact, in the shape of its kind."""

    def get_attribute(self, instance: Any) -> Any:
        return instance if instance.content is not None else None

    def to_representation(self, value: Any) -> Any:
        return kinds.get(value.kind).serializer(value.content).data


class ArtifactSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=kinds.choices())
    language = serializers.CharField()
    mine = serializers.SerializerMethodField(help_text="Made with the reader's own key, and theirs alone.")
    state = serializers.ChoiceField(choices=["none", *ArtifactState.values])
    writer = serializers.CharField()
    created_at = serializers.DateTimeField()
    content = ContentField(allow_null=True)

    def get_mine(self, artifact: Any) -> bool:
        return artifact.owner_id is not None


class StudySerializer(serializers.Serializer[Any]):
    artifacts = ArtifactSerializer(many=True)
