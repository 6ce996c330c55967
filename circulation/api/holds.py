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
from circulation.api import hold_shapes as shapes
from circulation.api.common import (
    ABSENT,
    INVALID,
    REFUSED,
    read,
    verb_schema,
)
from circulation.models import Hold, HoldState
from circulation.readers.outlooks import with_outlooks
from circulation.readers.patron_lookup import known, patron_meant
from library.core.errors import NotFound
from library.core.http.api import user_of
from library.core.http.idempotency import repeatable
from library.core.http.permissions import requires

FOR_STAFF = {"confirm", "refuse", "move", "keep"}


@extend_schema_view(retrieve=extend_schema(summary="One hold"))
class HoldsViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Hold]):
    """Holds: readers see their own, staff all."""

    queryset = Hold.objects.none()
    serializer_class = shapes.HoldSerializer

    def get_permissions(self) -> list[BasePermission]:
        return [requires("circulation.change_hold")() if self.action in FOR_STAFF else IsAuthenticated()]

    def get_queryset(self) -> QuerySet[Hold]:
        holds = Hold.objects.visible_to(self.request.user).with_names().order_by("-placed_at", "-id")
        return self._narrowed(holds) if self.action == "list" else holds

    def _narrowed(self, holds: QuerySet[Hold]) -> QuerySet[Hold]:
        """By the words of the address; the holds on one book in the order of their places."""
        asked = self.request.query_params
        state, book = asked.get("state"), asked.get("book")
        if state is not None and state not in HoldState.values:
            raise serializers.ValidationError({"state": ["There is no such state of a hold."]})
        if book is not None and not (book.isascii() and book.isdigit() and len(book) < 19):
            raise serializers.ValidationError({"book": ["A book's id is a number."]})
        if asked.get("cancel_requested") == "true":
            holds = holds.filter(cancel_requested=True, ended_at=None)
        if state is not None:
            holds = holds.filter(state=state)
        if book is not None:
            holds = holds.filter(book=int(book)).order_by("position", "placed_at", "id")
        return holds

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page of holds, each with its outlook: one query more."""
        return with_outlooks(super().paginate_queryset(queryset) or ())

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._shown(self.get_object())

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=HoldState.values),
            OpenApiParameter("book", int, description="A book's id: its holds, those that wait by their places."),
            OpenApiParameter("cancel_requested", bool, description="`true`: those that their readers ask to cancel."),
        ],
        responses={
            200: shapes.HoldSerializer(many=True),
            400: INVALID,
        },
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Holds, the newest first."""
        return super().list(request, *args, **kwargs)

    @verb_schema(shapes.PlaceHoldSerializer, shapes.HoldSerializer, code=201)
    @repeatable
    def create(self, request: Request) -> Response:
        """Ask for a book, to be fetched at a branch: *requested* where a copy stands free, else *queued*."""
        wish = read(shapes.PlaceHoldSerializer, request)
        patron = patron_meant(user_of(request), wish.pop("patron", ""), permission="circulation.change_hold")
        book = visible_book(wish.pop("book"), request.user)
        if book is None:
            raise NotFound
        hold = services.place_hold(book=book, patron=known(patron), by=user_of(request), **wish)
        return self._shown(hold, status.HTTP_201_CREATED)

    @extend_schema(responses={202: shapes.HoldSerializer, 204: None, 404: ABSENT, 409: REFUSED})
    def destroy(self, request: Request, pk: str) -> Response:
        """Cancel a hold. Of one that is ready its reader only asks for it (202): staff see to the book first."""
        hold = services.cancel_hold(hold=self.get_object(), by=user_of(request))
        if hold.ended_at is None:
            return self._shown(hold, status.HTTP_202_ACCEPTED)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @verb_schema(shapes.ConfirmHoldSerializer, shapes.HoldSerializer, may_be_forbidden=True)
    @action(detail=True, methods=["post"])
    @repeatable
    def confirm(self, request: Request, pk: str) -> Response:
        """Put the fetched copy on the hold shelf."""
        scanned = read(shapes.ConfirmHoldSerializer, request)
        hold = services.confirm_hold(hold=self.get_object(), by=user_of(request), copy=scanned.get("copy"))
        return self._shown(hold)

    @verb_schema(shapes.RefuseHoldSerializer, shapes.HoldSerializer, may_be_forbidden=True)
    @action(detail=True, methods=["post"])
    @repeatable
    def refuse(self, request: Request, pk: str) -> Response:
        """Say why the book cannot be fetched, and what became of its copy."""
        told = read(shapes.RefuseHoldSerializer, request)
        return self._shown(services.refuse_hold(hold=self.get_object(), by=user_of(request), **told))

    @verb_schema(shapes.SuspendHoldSerializer, shapes.HoldSerializer)
    @action(detail=True, methods=["post"])
    @repeatable
    def suspend(self, request: Request, pk: str) -> Response:
        """Let a queued hold sleep in its place, until a day or until somebody says so."""
        hold = self.get_object()  # before its body is looked at: another's is not there
        told = read(shapes.SuspendHoldSerializer, request)
        return self._shown(services.suspend_hold(hold=hold, by=user_of(request), **told))

    @verb_schema(None, shapes.HoldSerializer)
    @action(detail=True, methods=["post"])
    @repeatable
    def resume(self, request: Request, pk: str) -> Response:
        """Wake a suspended hold, in the place that it kept."""
        return self._shown(services.resume_hold(hold=self.get_object(), by=user_of(request)))

    @verb_schema(shapes.ChangePickupSerializer, shapes.HoldSerializer)
    @action(detail=True, methods=["post"], url_path="branch", url_name="branch")
    @repeatable
    def change_branch(self, request: Request, pk: str) -> Response:
        """Fetch it at another branch, as long as it is not ready."""
        hold = self.get_object()
        told = read(shapes.ChangePickupSerializer, request)
        return self._shown(services.change_pickup(hold=hold, by=user_of(request), **told))

    @verb_schema(shapes.MoveHoldSerializer, shapes.HoldSerializer, may_be_forbidden=True)
    @action(detail=True, methods=["post"], url_path="reorder", url_name="reorder")
    @repeatable
    def move(self, request: Request, pk: str) -> Response:
        """Put a hold at another place of its queue."""
        told = read(shapes.MoveHoldSerializer, request)
        seen = services.queue_version(told["seen"]) if "seen" in told else None
        hold = services.move_hold(hold=self.get_object(), by=user_of(request), to=told["position"], seen=seen)
        return self._shown(hold)

    @verb_schema(None, shapes.HoldSerializer, may_be_forbidden=True)
    @action(detail=True, methods=["post"])
    @repeatable
    def keep(self, request: Request, pk: str) -> Response:
        """Turn a cancellation request down: the book stays on the hold shelf."""
        return self._shown(services.keep_hold(hold=self.get_object(), by=user_of(request)))

    def _shown(self, hold: Hold, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(*with_outlooks([hold])).data, status=code)


class PickListView(ListAPIView[Hold]):
    """What is to be fetched from the shelves, by branch and shelf mark, then the oldest first."""

    permission_classes = [requires("circulation.change_hold")]
    serializer_class = shapes.PickSerializer
    queryset = Hold.objects.none()

    def get_queryset(self) -> QuerySet[Hold]:
        return queries.pick_list()
