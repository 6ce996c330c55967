"""Loans and holds over HTTP: translate, one domain call."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.generics import ListAPIView
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.models import Patron, User
from catalog.merged import visible_book
from circulation import queries, services
from circulation.api import serializers as shapes
from circulation.counting import count_loans
from circulation.errors import LoanAlreadyReturned
from circulation.listing import LoanFilterForm, narrowed
from circulation.models import Hold, HoldState, Loan, LoanQuerySet, LoanStatus
from library.core.api import ErrorSerializer
from library.core.errors import NotFound
from library.core.permissions import requires

REFUSED = OpenApiResponse(ErrorSerializer, description="Refused, with every reason.")
INVALID = OpenApiResponse(ErrorSerializer, description="Input that can never be right.")
FORBIDDEN = OpenApiResponse(ErrorSerializer, description="The permission is missing.")
ABSENT = OpenApiResponse(ErrorSerializer, description="There is none, or it is another's.")


FILTERS = [
    OpenApiParameter("status", str, enum=["out", *LoanStatus.values], description="`out`: active or overdue."),
    OpenApiParameter("branch", str, description="The copy's own branch, by code or id."),
    OpenApiParameter("tier", str, description="The reader's tier, by code or id."),
    OpenApiParameter("item_type", str, description="The copy's item type, by code or id; `-`: none."),
    OpenApiParameter("due_from", date, description="The first due date, in the library's time zone."),
    OpenApiParameter("due_to", date, description="The last due date."),
    OpenApiParameter("q", str, description="A whole barcode or card, or a part of a title or of a reader's name."),
]


def read(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body in the shape of ``kind``; 400 where it is not."""
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    return cast(dict[str, Any], body.validated_data)


def user_of(request: Request) -> User:
    """Who asks; every endpoint here requires somebody."""
    return cast(User, request.user)


def patron_of(request: Request) -> Patron:
    """Who asks, as a patron."""
    patron = queries.patron_of(user_of(request).pk)
    if patron is None:
        raise NotFound
    return patron


class LoansViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Loan]):
    """Loans: readers see their own, staff all."""

    queryset = Loan.objects.none()
    serializer_class = shapes.LoanSerializer

    def get_permissions(self) -> list[BasePermission]:
        needed = {"create": "circulation.add_loan", "take_back": "circulation.change_loan"}.get(self.action)
        return [requires(needed)() if needed else IsAuthenticated()]

    def get_queryset(self) -> LoanQuerySet:
        loans = Loan.objects.visible_to(self.request.user)
        if self.action not in {"list", "overdue", "summary"}:
            return loans.with_names()
        form = LoanFilterForm(self.request.query_params)
        if not form.is_valid():
            raise serializers.ValidationError({name: list(told) for name, told in form.errors.items()})
        loans = narrowed(loans, form.cleaned_data, at=timezone.now())
        if form.cleaned_data["status"] in {LoanStatus.OVERDUE, LoanStatus.ACTIVE, "out"}:
            return loans.order_by("due_at", "id")
        return loans

    @extend_schema(parameters=FILTERS, responses={200: shapes.LoanSerializer(many=True), 400: INVALID})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Loans, the newest first, those of one status that are not returned by their due dates.

        An overdue loan is not active.
        """
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=FILTERS[1:], responses={200: shapes.LoanSerializer(many=True), 400: INVALID})
    @action(detail=False)
    def overdue(self, request: Request) -> Response:
        """Overdue loans, the longest overdue first."""
        late = self.get_queryset().open().filter(due_at__lt=timezone.now()).order_by("due_at", "id")
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(late), many=True).data)

    @extend_schema(parameters=FILTERS[1:], responses={200: shapes.LoanCountsSerializer, 400: INVALID})
    @action(detail=False, pagination_class=None)
    def summary(self, request: Request) -> Response:
        """How many loans there are by status: readers' own, for staff the library's."""
        counts = count_loans(self.get_queryset(), at=timezone.now())
        return Response(shapes.LoanCountsSerializer(counts).data)

    @extend_schema(request=shapes.CheckOutSerializer, responses={
        201: shapes.CheckedOutSerializer, 400: INVALID, 403: FORBIDDEN, 409: REFUSED,
    })  # fmt: skip
    def create(self, request: Request) -> Response:
        """Lend a copy."""
        scanned = read(shapes.CheckOutSerializer, request)
        patron = scanned.get("patron") or patron_of(request)
        loan = services.check_out(copy=scanned["copy"], patron=patron, by=user_of(request))
        shown = shapes.CheckedOutSerializer(loan, context=self.get_serializer_context())
        return Response(shown.data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={200: shapes.CheckedInSerializer, 403: FORBIDDEN, 404: ABSENT, 409: REFUSED})
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def take_back(self, request: Request, pk: str) -> Response:
        """Take back the copy of this loan."""
        loan = self.get_object()
        if loan.returned_at is not None:
            raise LoanAlreadyReturned
        return checked_in(self, services.check_in(copy=loan.copy, by=user_of(request)))


def checked_in(view: APIView, result: services.CheckedIn) -> Response:
    """The answer to a check-in."""
    return Response(shapes.CheckedInSerializer(result, context=view.get_renderer_context()).data)


class CheckInView(APIView):
    permission_classes = [requires("circulation.change_loan")]

    @extend_schema(request=shapes.CheckInSerializer, responses={
        200: shapes.CheckedInSerializer, 400: INVALID, 403: FORBIDDEN, 409: REFUSED,
    })  # fmt: skip
    def post(self, request: Request) -> Response:
        """Take back a copy by its barcode, and learn where it goes."""
        scanned = read(shapes.CheckInSerializer, request)
        return checked_in(self, services.check_in(copy=scanned["copy"], by=user_of(request)))


class HoldsViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Hold]):
    """Holds: readers see their own, staff all."""

    queryset = Hold.objects.none()
    serializer_class = shapes.HoldSerializer

    def get_permissions(self) -> list[BasePermission]:
        is_for_staff = self.action in {"confirm", "refuse"}
        return [requires("circulation.change_hold")() if is_for_staff else IsAuthenticated()]

    def get_queryset(self) -> QuerySet[Hold]:
        holds = Hold.objects.visible_to(self.request.user).with_names().order_by("-placed_at", "-id")
        wanted = self.request.query_params.get("state") if self.action == "list" else None
        if wanted is None:
            return holds
        if wanted not in HoldState.values:
            raise serializers.ValidationError({"state": ["There is no such state of a hold."]})
        return holds.filter(state=wanted)

    @extend_schema(parameters=[OpenApiParameter("state", str, enum=HoldState.values)], responses={
        200: shapes.HoldSerializer(many=True), 400: INVALID,
    })  # fmt: skip
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Holds, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=shapes.PlaceHoldSerializer, responses={
        201: shapes.HoldSerializer, 400: INVALID, 404: ABSENT, 409: REFUSED,
    })  # fmt: skip
    def create(self, request: Request) -> Response:
        """Request a book at a branch where a copy stands free."""
        wish = read(shapes.PlaceHoldSerializer, request)
        book = visible_book(wish["book"], request.user)
        if book is None:
            raise NotFound
        hold = services.place_hold(book=book, patron=patron_of(request), branch=wish["branch"], by=user_of(request))
        return self._shown(hold, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None, 404: ABSENT, 409: REFUSED})
    def destroy(self, request: Request, pk: str) -> Response:
        """Cancel a request; one that is ready only staff can cancel."""
        services.cancel_hold(hold=self.get_object(), by=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=shapes.ConfirmHoldSerializer, responses={
        200: shapes.HoldSerializer, 400: INVALID, 403: FORBIDDEN, 404: ABSENT, 409: REFUSED,
    })  # fmt: skip
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Put the fetched copy on the hold shelf."""
        scanned = read(shapes.ConfirmHoldSerializer, request)
        hold = services.confirm_hold(hold=self.get_object(), by=user_of(request), copy=scanned.get("copy"))
        return self._shown(hold)

    @extend_schema(request=shapes.RefuseHoldSerializer, responses={
        200: shapes.HoldSerializer, 400: INVALID, 403: FORBIDDEN, 404: ABSENT, 409: REFUSED,
    })  # fmt: skip
    @action(detail=True, methods=["post"])
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
