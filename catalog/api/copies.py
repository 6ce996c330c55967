"""Copies over HTTP: staff put them on the shelf, describe them and take them away. Lending moves what is lent."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import queries, services
from catalog.api.fields import BranchField, ItemTypeField
from catalog.api.serializers import CopySerializer
from catalog.copy_status import SHELF_STATUSES
from catalog.models import Condition, Copy, ItemType
from library.core.errors import NotFound
from library.core.http.api import ErrorSerializer, user_of
from library.core.http.permissions import requires

REFUSED = {
    400: ErrorSerializer,
    401: ErrorSerializer,
    403: ErrorSerializer,
    404: ErrorSerializer,
    409: ErrorSerializer,
}


class ItemTypeSerializer(serializers.ModelSerializer[ItemType]):
    class Meta:
        model = ItemType
        fields = ("id", "code", "name")


class CopyChangeSerializer(serializers.Serializer[Any]):
    """What may change of a copy: nothing that is not sent."""

    barcode = serializers.CharField(max_length=40)
    branch = BranchField(help_text="The branch's id or code.")
    shelf_mark = serializers.CharField(required=False, allow_blank=True, max_length=80)
    status = serializers.ChoiceField(
        required=False,
        choices=[status.value for status in SHELF_STATUSES],
        help_text="What staff may say of a copy. The other statuses follow from loans and holds.",
    )
    for_loan = serializers.BooleanField(required=False, help_text="Whether it may leave the library at all.")
    item_type = ItemTypeField(
        required=False, allow_blank=True, allow_null=True, help_text="An id or code; empty: an ordinary book."
    )
    condition = serializers.ChoiceField(required=False, allow_blank=True, choices=Condition.values)
    price = serializers.DecimalField(
        required=False,
        allow_null=True,
        max_digits=9,
        decimal_places=2,
        min_value=0,
        help_text="What replacing it costs.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("item_type") == "":
            attrs["item_type"] = None
        if "for_loan" in attrs:
            attrs["not_for_loan"] = not attrs.pop("for_loan")
        return attrs


class Copies(APIView):
    """What staff do with one copy, found by its barcode."""

    writes = {"PATCH": "catalog.change_copy", "DELETE": "catalog.delete_copy"}

    def get_permissions(self) -> list[BasePermission]:
        return [requires(self.writes.get(self.request.method or "", "catalog.change_copy"))()]

    @extend_schema(
        operation_id="copies_partial_update", request=CopyChangeSerializer, responses={200: CopySerializer, **REFUSED}
    )
    def patch(self, request: Request, barcode: str) -> Response:
        """Change what is sent. A status that cannot follow the present one is refused with 409."""
        sent = CopyChangeSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        copy = _find(barcode)
        services.change_copy(copy=copy, changes=sent.validated_data, by=user_of(request))
        return Response(_shown(_find(copy.barcode), request))

    @extend_schema(operation_id="copies_destroy", responses={204: None, **REFUSED})
    def delete(self, request: Request, barcode: str) -> Response:
        """Delete a copy that was never lent or asked for; otherwise 409: withdraw it instead."""
        services.delete_copy(copy=_find(barcode), by=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def added(request: Request, pk: int) -> Response:
    """Put one more copy of book ``pk`` on the shelf: what ``POST books/{id}/copies/`` does."""
    book = queries.get_book(pk, request.user)
    sent = CopyChangeSerializer(data=request.data)
    sent.is_valid(raise_exception=True)
    copy = services.add_copy(book=book, by=user_of(request), **sent.validated_data)
    return Response(_shown(copy, request), status=status.HTTP_201_CREATED)


class ItemTypeList(generics.ListAPIView[ItemType]):
    """The kinds of things that copies are, by name."""

    permission_classes = [AllowAny]
    serializer_class = ItemTypeSerializer
    queryset = ItemType.objects.order_by("name", "id")


def _shown(copy: Copy, request: Request) -> Any:
    return CopySerializer(copy, context={"request": request}).data


def _find(barcode: str) -> Copy:
    """However it was scanned (``library.core.typed``). Errors: ``NotFound``."""
    copy = Copy.objects.select_related("branch", "item_type").filter(barcode_folded=barcode).first()
    if copy is None:
        raise NotFound
    return copy
