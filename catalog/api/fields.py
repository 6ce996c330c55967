"""What the library has few of, in bodies and answers of the API: everywhere by id or code."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog import validation
from catalog.models import Branch, ItemType

ID_OR_CODE = {"oneOf": [{"type": "integer"}, {"type": "string"}]}


class NamedField(serializers.CharField):
    """One of them by its id or code; null, where it is allowed: any or none.

    A number is an id. A text is a code, and only where nothing has it an id: codes may be figures too.
    """

    model: ClassVar[type[Model]]
    shown: ClassVar[str] = "code"

    def to_internal_value(self, data: Any) -> Any:
        text = validation.readable(str(super().to_internal_value(data)))
        by_code = None if isinstance(data, int) else self.model._default_manager.filter(code=text).first()
        found = by_code or (self._by_id(int(text)) if text.isdecimal() and len(text) < 10 else None)
        if found is None:
            raise serializers.ValidationError(_("There is none with this id or code."), code="does_not_exist")
        return found

    def to_representation(self, value: Any) -> Any:
        return getattr(value, self.shown)

    def _by_id(self, pk: int) -> Model | None:
        return self.model._default_manager.filter(pk=pk).first()


@extend_schema_field(ID_OR_CODE)
class BranchField(NamedField):
    model = Branch
    shown = "pk"


@extend_schema_field(ID_OR_CODE)
class ItemTypeField(NamedField):
    model = ItemType
