"""The bell over the API: by pages, from a number on, and how much is unread."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library.core.http.api import ErrorSerializer
from library.notices import bell
from library.notices.api import serializers
from library.notices.models import BellRow

if TYPE_CHECKING:
    from accounts.models import User


class BellRows(generics.GenericAPIView[BellRow]):
    permission_classes = (IsAuthenticated,)
    queryset = BellRow.objects.none()
    serializer_class = serializers.BellRowSerializer

    @extend_schema(
        operation_id="notices_list",
        summary="What you were told, the newest first",
        description=(
            "Numbers are yours alone, without gaps, in the order in which things were kept. Ask for "
            "`?after=` the greatest number that you know to miss nothing; sockets only hint at the newest one."
        ),
        parameters=[serializers.BellFilterSerializer],
        responses={
            200: serializers.BellRowSerializer(many=True),
            400: ErrorSerializer,
            401: ErrorSerializer,
            404: ErrorSerializer,
        },
    )
    def get(self, request: Request) -> Response:
        wanted = serializers.BellFilterSerializer(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        rows = bell.rows_of(_user(request))
        if wanted.validated_data.get("unread"):
            rows = rows.unread()
        if "after" in wanted.validated_data:
            rows = rows.filter(number__gt=wanted.validated_data["after"]).order_by("number")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(serializers.BellRowSerializer(bell.sentences(page or []), many=True).data)


class BellStateView(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="notices_state",
        summary="How much is unread",
        responses={200: serializers.BellStateSerializer, 401: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.BellStateSerializer(bell.state_of(_user(request))).data)


class ReadBell(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="notices_read",
        summary="Mark as read",
        description="All up to a number, or those named. Marking twice changes nothing.",
        request=serializers.BellReadSerializer,
        responses={200: serializers.BellStateSerializer, 400: ErrorSerializer, 401: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        given = serializers.BellReadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        state = bell.mark_read(user=_user(request), **given.validated_data)
        return Response(serializers.BellStateSerializer(state).data)


def _user(request: Request) -> User:
    return cast("User", request.user)
