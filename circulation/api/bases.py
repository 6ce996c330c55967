"""What the shapes of loans and holds are built on."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar

from rest_framework import serializers

from catalog.models import Book


class MadeOnce(serializers.ModelSerializer[Any]):
    # Works out its fields from the model once for its class, and copies them from then on: that is what most of an
    # answer's time goes to otherwise. They may depend on nothing but the class. (No docstring: a subclass without one
    # would be described by it.)

    _made: ClassVar[dict[type, dict[str, serializers.Field[Any, Any, Any, Any]]]] = {}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        kind = type(self)
        if kind not in self._made:
            self._made[kind] = super().get_fields()
        return {name: deepcopy(field) for name, field in self._made[kind].items()}


class BookTitleSerializer(MadeOnce):
    class Meta:
        model = Book
        fields = ["id", "title"]


class StaffSeesPatron(MadeOnce):
    """``patron``, the card number, is there for staff only."""

    patron = serializers.CharField(source="patron.card_number", read_only=True, required=False)
    permission: str

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and not request.user.has_perm(self.permission):
            del fields["patron"]
        return fields
