"""Holds and the pick list over HTTP: translate, one domain call."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.generics import ListAPIView
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from catalog.redirects import visible_book
from circulation import queries, services
from circulation.api import serializers as shapes
from circulation.api.common import (
    ABSENT,
    FORBIDDEN,
    INVALID,
    REFUSED,
    REPEATABLE,
    REUSED,
    read,
)
from circulation.models import Hold, HoldState
from circulation.readers.patron_lookup import own_patron
from library.core.errors import NotFound
from library.core.http.api import user_of
from library.core.http.idempotency import repeatable
from library.core.http.permissions import requires


@extend_schema_view(retrieve=extend_schema(summary="One hold"))
class HoldsViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Hold]):
    """Holds: readers see their own, staff all."""

    queryset = Hold.objects.none()
    serializer_class = shapes.HoldSerializer

    def get_permissions(self) -> list[BasePermission]:
        is_for_staff = self.action in {"confirm", "refuse"}
        return [requires("circulation.change_hold")() if is_for_staff else IsAuthenticated()]

    def get_queryset(self) -> QuerySet[Hold]:
        holds = queries.with_positions(Hold.objects.visible_to(self.request.user).with_names())
        holds = holds.order_by("-placed_at", "-id")
        wanted = self.request.query_params.get("state") if self.action == "list" else None
        if wanted is None:
            return holds
        if wanted not in HoldState.values:
            raise serializers.ValidationError({"state": ["There is no such state of a hold."]})
        return holds.filter(state=wanted)

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=HoldState.values)],
        responses={
            200: shapes.HoldSerializer(many=True),
            400: INVALID,
        },
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Holds, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        parameters=[REPEATABLE],
        request=shapes.PlaceHoldSerializer,
        responses={
            201: shapes.HoldSerializer,
            400: INVALID,
            404: ABSENT,
            409: REFUSED,
            422: REUSED,
        },
    )
    @repeatable
    def create(self, request: Request) -> Response:
        """Request a book at a branch where a copy stands free."""
        wish = read(shapes.PlaceHoldSerializer, request)
        book = visible_book(wish["book"], request.user)
        if book is None:
            raise NotFound
        hold = services.place_hold(
            book=book, patron=own_patron(user_of(request)), branch=wish["branch"], by=user_of(request)
        )
        return self._shown(hold, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None, 404: ABSENT, 409: REFUSED})
    def destroy(self, request: Request, pk: str) -> Response:
        """Cancel a request; one that is ready only staff can cancel."""
        services.cancel_hold(hold=self.get_object(), by=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        parameters=[REPEATABLE],
        request=shapes.ConfirmHoldSerializer,
        responses={
            200: shapes.HoldSerializer,
            400: INVALID,
            403: FORBIDDEN,
            404: ABSENT,
            409: REFUSED,
            422: REUSED,
        },
    )
    @action(detail=True, methods=["post"])
    @repeatable
    def confirm(self, request: Request, pk: str) -> Response:
        """Put the fetched copy on the hold shelf."""
        scanned = read(shapes.ConfirmHoldSerializer, request)
        hold = services.confirm_hold(hold=self.get_object(), by=user_of(request), copy=scanned.get("copy"))
        return self._shown(hold)

    @extend_schema(
        parameters=[REPEATABLE],
        request=shapes.RefuseHoldSerializer,
        responses={
            200: shapes.HoldSerializer,
            400: INVALID,
            403: FORBIDDEN,
            404: ABSENT,
            409: REFUSED,
            422: REUSED,
        },
    )
    @action(detail=True, methods=["post"])
    @repeatable
    def refuse(self, request: Request, pk: str) -> Response:
        """Say why the book cannot be fetched, and what became of its copy."""
        told = read(shapes.RefuseHoldSerializer, request)
        return self._shown(services.refuse_hold(hold=self.get_object(), by=user_of(request), **told))

    def _shown(self, hold: Hold, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(hold).data, status=code)


class PickListView(ListAPIView[Hold]):
    """What is to be fetched from the shelves, by branch and shelf mark, then the oldest first."""

    permission_classes = [requires("circulation.change_hold")]
    serializer_class = shapes.PickSerializer
    queryset = Hold.objects.none()

    def get_queryset(self) -> QuerySet[Hold]:
        return queries.pick_list()
