"""Charges, payments, waivers and refunds over HTTP: translate, one domain call."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.models import Patron
from circulation import money
from circulation.api.bases import StaffSeesPatron
from circulation.api.common import ABSENT, FORBIDDEN, INVALID, REFUSED, REPEATABLE, REUSED, read
from circulation.api.serializers import SCAN_LENGTH
from circulation.models import Charge, ChargeQuerySet, Credit, CreditQuerySet, PaymentKind, Refund
from circulation.models.ledger import TEXT_LENGTH
from circulation.money import receipts, statements
from circulation.readers import patron_lookup
from library.core.errors import NotFound
from library.core.http.api import user_of
from library.core.http.idempotency import repeatable
from library.core.http.permissions import requires

OF_READER = [OpenApiParameter("patron", str, description="For staff: only those of the reader with this card.")]

OPEN = OpenApiParameter("open", bool, description="`true`: only those of which something is to be paid.")


class MoneyField(serializers.DecimalField):
    """A sum of money in the library's currency, as text."""

    def __init__(self, **given: Any) -> None:
        super().__init__(max_digits=14, decimal_places=3, **given)


class ChargeSerializer(StaffSeesPatron):
    permission = "circulation.view_charge"
    amount = MoneyField(read_only=True)
    left = MoneyField(read_only=True, help_text="What is still to be paid.")
    about = serializers.CharField(read_only=True, help_text="A title, or what staff wrote.")
    loan = serializers.UUIDField(source="loan_id", read_only=True, allow_null=True)

    class Meta:
        model = Charge
        fields = ["id", "kind", "about", "amount", "left", "at", "is_running", "loan", "patron"]


class CreditSerializer(StaffSeesPatron):
    permission = "circulation.view_credit"
    amount = MoneyField(read_only=True)
    left = MoneyField(read_only=True, help_text="What of it is neither used nor paid back.")
    paid_by = serializers.CharField(source="payment_kind.code", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Credit
        fields = ["id", "kind", "amount", "left", "refunded", "paid_by", "number", "reason", "at", "patron"]


class RefundSerializer(serializers.ModelSerializer[Refund]):
    amount = MoneyField(read_only=True)
    payment = serializers.UUIDField(source="credit_id", read_only=True)
    paid_by = serializers.CharField(source="payment_kind.code", read_only=True)

    class Meta:
        model = Refund
        fields = ["id", "payment", "amount", "paid_by", "number", "reason", "at"]


class BalanceSerializer(serializers.Serializer[Any]):
    owed = MoneyField(help_text="Open charges less free credit; below 0: the library owes it.")
    currency = serializers.CharField(help_text="ISO 4217.")
    digits = serializers.IntegerField(help_text="Behind the point.")


class NewChargeSerializer(serializers.Serializer[Any]):
    patron = serializers.CharField(max_length=SCAN_LENGTH, help_text="The card number.")
    amount = MoneyField()
    text = serializers.CharField(max_length=TEXT_LENGTH, help_text="What for; the reader sees it.")


class KindField(serializers.SlugRelatedField[PaymentKind]):
    """A kind of payment, by its code."""

    def __init__(self, **given: Any) -> None:
        super().__init__(slug_field="code", queryset=statements.kinds_in_use(), **given)


class NewPaymentSerializer(serializers.Serializer[Any]):
    patron = serializers.CharField(max_length=SCAN_LENGTH, help_text="The card number.")
    amount = MoneyField()
    kind = KindField(help_text="The code of a kind of payment, such as `cash`.")
    charges = serializers.ListField(
        child=serializers.UUIDField(), max_length=100, required=False, help_text="Left out: the oldest first."
    )


class NewWaiverSerializer(serializers.Serializer[Any]):
    charge = serializers.UUIDField()
    amount = MoneyField(required=False, help_text="Left out: what is still to be paid.")
    reason = serializers.CharField(max_length=TEXT_LENGTH)


class NewRefundSerializer(serializers.Serializer[Any]):
    patron = serializers.CharField(
        max_length=SCAN_LENGTH, required=False, help_text="The card number: free credit is paid out."
    )
    charge = serializers.UUIDField(required=False, help_text="Or a charge that was paid: it is taken back as well.")
    amount = MoneyField()
    kind = KindField()
    reason = serializers.CharField(max_length=TEXT_LENGTH)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("patron" in attrs) == ("charge" in attrs):
            raise serializers.ValidationError({"patron": ["Give either a card or a charge."]})
        return attrs


WRITES: dict[Any, Any] = {400: INVALID, 403: FORBIDDEN, 404: ABSENT, 409: REFUSED, 422: REUSED}


@extend_schema_view(retrieve=extend_schema(summary="One charge"))
class ChargesViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Charge]):
    """What is owed: readers see their own, staff all."""

    queryset = Charge.objects.none()
    serializer_class = ChargeSerializer

    def get_permissions(self) -> list[BasePermission]:
        return [requires("circulation.add_charge")() if self.action == "create" else IsAuthenticated()]

    def get_queryset(self) -> ChargeQuerySet:
        return statements.visible_charges(self.request.user)

    @extend_schema(
        parameters=[
            *OF_READER,
            OpenApiParameter("open", bool, description="`true`: of which something is to be paid."),
        ],
        responses={200: ChargeSerializer(many=True), 400: INVALID},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Charges, the newest first."""
        rows = self.get_queryset()
        if card := request.query_params.get("patron", ""):
            rows = rows.filter(patron__card_folded=card.replace("\0", ""))
        if request.query_params.get("open") == "true":
            rows = rows.open()
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(parameters=OF_READER, responses={200: BalanceSerializer, 403: FORBIDDEN, 404: ABSENT})
    @action(detail=False, pagination_class=None)
    def balance(self, request: Request) -> Response:
        """What is owed in all: one's own, or for staff a reader's."""
        card = request.query_params.get("patron", "").replace("\0", "")
        meant = patron_lookup.patron_meant(user_of(request), card, permission="circulation.view_charge")
        return Response(BalanceSerializer(statements.balance_of(patron_lookup.known(meant).pk)).data)

    @extend_schema(parameters=OF_READER, responses={(200, "application/pdf"): bytes, 403: FORBIDDEN, 404: ABSENT})
    @action(detail=False, pagination_class=None)
    def statement(self, request: Request) -> HttpResponse:
        """All that is open, as a PDF: one's own, or for staff a reader's."""
        card = request.query_params.get("patron", "").replace("\0", "")
        meant = patron_lookup.patron_meant(user_of(request), card, permission="circulation.view_charge")
        return _pdf(receipts.statement_pdf(patron_lookup.known(meant)))

    @extend_schema(parameters=[REPEATABLE], request=NewChargeSerializer, responses={201: ChargeSerializer, **WRITES})
    @repeatable
    def create(self, request: Request) -> Response:
        """Charge a reader for something, such as a new card."""
        asked = read(NewChargeSerializer, request)
        asked["patron"] = patron_lookup.known(asked["patron"])
        made = money.charge(by=user_of(request), **asked)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)


@extend_schema_view(retrieve=extend_schema(summary="One payment or waiver"))
class PaymentsViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Credit]):
    """Payments, and what the library gave up: readers see their own, staff all."""

    queryset = Credit.objects.none()
    serializer_class = CreditSerializer

    def get_permissions(self) -> list[BasePermission]:
        return [requires("circulation.add_credit")() if self.action == "create" else IsAuthenticated()]

    def get_queryset(self) -> CreditQuerySet:
        return statements.visible_credits(self.request.user)

    @extend_schema(parameters=OF_READER, responses={200: CreditSerializer(many=True), 400: INVALID})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Payments and waivers, the newest first."""
        rows = self.get_queryset()
        if card := request.query_params.get("patron", ""):
            rows = rows.filter(patron__card_folded=card.replace("\0", ""))
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(responses={(200, "application/pdf"): bytes, 404: ABSENT})
    @action(detail=True, pagination_class=None)
    def receipt(self, request: Request, pk: str) -> HttpResponse:
        """The numbered receipt of a payment, as a PDF."""
        return _pdf(receipts.receipt_pdf(self.get_object()))

    @extend_schema(parameters=[REPEATABLE], request=NewPaymentSerializer, responses={201: CreditSerializer, **WRITES})
    @repeatable
    def create(self, request: Request) -> Response:
        """Enter money that came in at the desk."""
        asked = read(NewPaymentSerializer, request)
        asked["patron"] = patron_lookup.known(asked["patron"])
        made = money.pay(by=user_of(request), **asked)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)


class WaiversViewSet(GenericViewSet[Credit]):
    """What the library gives up."""

    serializer_class = CreditSerializer
    permission_classes = [requires("circulation.waive_charge")]

    @extend_schema(parameters=[REPEATABLE], request=NewWaiverSerializer, responses={201: CreditSerializer, **WRITES})
    @repeatable
    def create(self, request: Request) -> Response:
        """Give up a charge, or a part of it, with a reason."""
        asked = read(NewWaiverSerializer, request)
        asked["charge"] = _charge(asked["charge"])
        made = money.waive(by=user_of(request), **asked)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)


class RefundsViewSet(GenericViewSet[Refund]):
    """Money that goes back."""

    serializer_class = RefundSerializer
    permission_classes = [requires("circulation.refund_credit")]

    @extend_schema(
        parameters=[REPEATABLE], request=NewRefundSerializer, responses={201: RefundSerializer(many=True), **WRITES}
    )
    @repeatable
    def create(self, request: Request) -> Response:
        """Pay money back: free credit, or what was paid for a charge. One receipt for each payment that it is of."""
        asked = read(NewRefundSerializer, request)
        if "charge" in asked:
            made = money.refund_charge(by=user_of(request), **asked | {"charge": _charge(asked["charge"])})
        else:
            patron: Patron = patron_lookup.known(asked["patron"])
            made = money.refund(by=user_of(request), **asked | {"patron": patron})
        return Response(self.get_serializer(made, many=True).data, status=status.HTTP_201_CREATED)


def _pdf(content: bytes) -> HttpResponse:
    return HttpResponse(content, content_type="application/pdf")


def _charge(pk: Any) -> Charge:
    found = Charge.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
