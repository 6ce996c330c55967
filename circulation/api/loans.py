"""Loans over HTTP: translate, one domain call."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from catalog.api.fields import ID_OR_CODE
from circulation import services
from circulation.api import serializers as shapes
from circulation.api.common import (
    ABSENT,
    FORBIDDEN,
    INVALID,
    REFUSED,
    REPEATABLE,
    REUSED,
    read,
    verb_schema,
)
from circulation.errors import LoanAlreadyReturned
from circulation.explain import loan_history
from circulation.models import Loan, LoanQuerySet, LoanStatus
from circulation.readers import patron_lookup
from circulation.reports.counts import count_loans
from circulation.reports.filters import LoanFilterForm, narrowed
from library.core.http.api import user_of
from library.core.http.idempotency import repeatable
from library.core.http.permissions import requires

# A day from 1900 to 2999, or nothing: forms send fields that were left empty.
DAY = {"type": "string", "pattern": r"^$|^(19|2\d)\d\d-\d\d-\d\d$", "example": "2026-03-02"}
FILTERS = [
    OpenApiParameter("status", str, enum=["out", *LoanStatus.values], description="`out`: active or overdue."),
    OpenApiParameter("branch", ID_OR_CODE, description="The copy's own branch, by code or id."),
    OpenApiParameter("tier", ID_OR_CODE, description="The reader's tier, by code or id."),
    OpenApiParameter("item_type", ID_OR_CODE, description="The copy's item type, by code or id; `-`: none."),
    OpenApiParameter("due_from", DAY, description="The first due date, in the library's time zone; empty: any."),
    OpenApiParameter("due_to", DAY, description="The last due date; empty: any."),
    OpenApiParameter("q", str, description="A whole barcode or card, or a part of a title or of a reader's name."),
]
FOR_STAFF = {"take_back", "claim_returned", "withdraw_claim", "lost"}
NARROWED = {"list", "overdue", "summary"}


@extend_schema_view(retrieve=extend_schema(summary="One loan"))
class LoansViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Loan]):
    """Loans: readers see their own, staff all."""

    queryset = Loan.objects.none()
    serializer_class = shapes.LoanSerializer

    def get_permissions(self) -> list[BasePermission]:
        return [requires("circulation.change_loan")() if self.action in FOR_STAFF else IsAuthenticated()]

    def get_queryset(self) -> LoanQuerySet:
        loans = Loan.objects.visible_to(self.request.user)
        if self.action not in NARROWED:
            return loans.with_names()
        form = LoanFilterForm(self.request.query_params)
        if not form.is_valid():
            raise serializers.ValidationError(
                {name: [str(sentence) for sentence in told] for name, told in form.errors.items()}
            )
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
        late = self.get_queryset().with_status(LoanStatus.OVERDUE, at=timezone.now()).order_by("due_at", "id")
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(late), many=True).data)

    @extend_schema(parameters=FILTERS[1:], responses={200: shapes.LoanCountsSerializer, 400: INVALID})
    @action(detail=False, pagination_class=None)
    def summary(self, request: Request) -> Response:
        """How many loans there are by status: readers' own, for staff the library's."""
        counts = count_loans(self.get_queryset(), at=timezone.now())
        return Response(shapes.LoanCountsSerializer(counts).data)

    @extend_schema(
        parameters=[REPEATABLE],
        request=shapes.CheckOutSerializer,
        responses={
            201: shapes.CheckedOutSerializer,
            400: INVALID,
            403: FORBIDDEN,
            409: REFUSED,
            422: REUSED,
        },
    )
    @repeatable
    def create(self, request: Request) -> Response:
        """Lend a copy: staff to whom they like, readers to themselves where the rules allow it."""
        asked = read(shapes.CheckOutSerializer, request)
        patron = patron_lookup.patron_meant(
            user_of(request), asked.pop("patron", ""), permission="circulation.add_loan"
        )
        loan = services.check_out(patron=patron, by=user_of(request), **asked)
        return self._shown(loan, status.HTTP_201_CREATED)

    @verb_schema(shapes.ReturnSerializer, shapes.CheckedInSerializer, may_be_forbidden=True)
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    @repeatable
    def take_back(self, request: Request, pk: str) -> Response:
        """Take back the copy of this loan."""
        loan, said = self.get_object(), read(shapes.ReturnSerializer, request)
        if loan.returned_at is not None:
            raise LoanAlreadyReturned
        return checked_in(self, services.check_in(copy=loan.copy, loan=loan, by=user_of(request), **said))

    @verb_schema(shapes.RenewSerializer, shapes.CheckedOutSerializer, may_be_forbidden=True)
    @action(detail=True, methods=["post"])
    @repeatable
    def renew(self, request: Request, pk: str) -> Response:
        """Renew a loan: one's own, or as staff any."""
        asked = read(shapes.RenewSerializer, request)
        return self._shown(services.renew(loan=self.get_object(), by=user_of(request), **asked))

    @extend_schema(
        parameters=[REPEATABLE],
        request=shapes.RenewAllSerializer,
        responses={
            200: shapes.RenewedAllSerializer,
            400: INVALID,
            403: FORBIDDEN,
            409: REFUSED,
            422: REUSED,
        },
    )
    @action(detail=False, methods=["post"], url_path="renew-all", pagination_class=None)
    @repeatable
    def renew_all(self, request: Request) -> Response:
        """Renew what can be renewed of one's own loans, or as staff of a reader's; the rest with the reasons."""
        card = read(shapes.RenewAllSerializer, request).get("patron", "")
        patron = patron_lookup.patron_meant(user_of(request), card, permission="circulation.change_loan")
        result = services.renew_all(patron=patron_lookup.known(patron), by=user_of(request))
        return Response(shapes.RenewedAllSerializer(result, context=self.get_serializer_context()).data)

    @verb_schema(None, shapes.LoanSerializer, may_be_forbidden=True)
    @action(detail=True, methods=["post"], url_path="claim-returned")
    @repeatable
    def claim_returned(self, request: Request, pk: str) -> Response:
        """Note that the reader says the copy is back: the loan counts towards no limit any more."""
        return self._loan(services.claim_returned(loan=self.get_object(), by=user_of(request)))

    @verb_schema(None, shapes.LoanSerializer, may_be_forbidden=True)
    @action(detail=True, methods=["post"], url_path="withdraw-claim")
    @repeatable
    def withdraw_claim(self, request: Request, pk: str) -> Response:
        """Note that the reader has the copy after all."""
        return self._loan(services.withdraw_claim(loan=self.get_object(), by=user_of(request)))

    @verb_schema(shapes.LostSerializer, shapes.CheckedOutSerializer, may_be_forbidden=True)
    @action(detail=True, methods=["post"])
    @repeatable
    def lost(self, request: Request, pk: str) -> Response:
        """Declare the copy of this loan lost, and charge it. An alert says where nobody knows what it costs."""
        asked = read(shapes.LostSerializer, request)
        return self._shown(services.declare_lost(loan=self.get_object(), by=user_of(request), **asked))

    @extend_schema(responses={200: shapes.StorySerializer, 404: ABSENT})
    @action(detail=True)
    def explain(self, request: Request, pk: str) -> Response:
        """Why the loan is due when it is, and what stands against renewing it. Staff see which row gave each value."""
        loan, for_staff = self.get_object(), user_of(request).has_perm("circulation.view_loan")
        renewal = services.explain_renewals([loan]).get(loan.pk) if loan.returned_at is None else None
        return _told(loan_history.of_loan(loan, renewal=renewal, for_staff=for_staff), for_staff=for_staff)

    @extend_schema(
        request=shapes.ExplainSerializer,
        responses={
            200: shapes.StorySerializer,
            400: INVALID,
            403: FORBIDDEN,
        },
    )
    @action(detail=False, methods=["post"], url_path="explain", url_name="explain-check-out", pagination_class=None)
    def explain_check_out(self, request: Request) -> Response:
        """What would happen if a copy were lent, and why. Nothing changes. Readers ask for themselves."""
        asked = read(shapes.ExplainSerializer, request)
        patron = patron_lookup.patron_meant(
            user_of(request), asked.pop("patron", ""), permission="circulation.view_loan"
        )
        told = services.explain_check_out(patron=patron, by=user_of(request), **asked)
        for_staff = user_of(request).has_perm("circulation.view_loan")
        return _told(loan_history.of_decision(told.decision, for_staff=for_staff), for_staff=for_staff)

    def _loan(self, loan: Loan) -> Response:
        return Response(self.get_serializer(loan).data)

    def _shown(self, loan: Loan, code: int = status.HTTP_200_OK) -> Response:
        """The loan with its alerts."""
        shown = shapes.CheckedOutSerializer(loan, context=self.get_serializer_context())
        return Response(shown.data, status=code)


def _told(story: loan_history.Explanation, *, for_staff: bool) -> Response:
    return Response(shapes.StorySerializer(story.as_dict(for_staff=for_staff)).data)


def checked_in(view: APIView, result: services.CheckedIn) -> Response:
    """The answer to a check-in."""
    return Response(shapes.CheckedInSerializer(result, context=view.get_renderer_context()).data)


class CheckInView(APIView):
    permission_classes = [requires("circulation.change_loan")]

    @extend_schema(
        parameters=[REPEATABLE],
        request=shapes.CheckInSerializer,
        responses={
            200: shapes.CheckedInSerializer,
            400: INVALID,
            403: FORBIDDEN,
            409: REFUSED,
            422: REUSED,
        },
    )
    @repeatable
    def post(self, request: Request) -> Response:
        """Take back a copy by its barcode, and learn where it goes."""
        return checked_in(self, services.check_in(by=user_of(request), **read(shapes.CheckInSerializer, request)))
