"""Registering readers over HTTP, for staff."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import EmailField, StrictTextField
from accounts.models import Patron
from accounts.services.enrolment import PERMISSION
from circulation.api.common import FORBIDDEN, INVALID, REFUSED, REPEATABLE, TierField, read
from circulation.services.readers import register_reader
from library.core.http.api import user_of
from library.core.http.idempotency import repeatable
from library.core.http.permissions import requires


class NewPatronSerializer(serializers.Serializer[Any]):
    full_name = StrictTextField(max_length=120)
    email = EmailField(required=False, allow_blank=True, default="", help_text=_("Left out: no sign-in."))
    birth_date = serializers.DateField(required=False, allow_null=True, default=None)
    tier = TierField(required=False, default=None, help_text=_("By code or id."))
    card_number = StrictTextField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text=_("Of a pre-printed card. Left out: the library draws a number."),
    )
    is_another = serializers.BooleanField(
        required=False, default=False, help_text=_("Not the person of the same name who is registered already.")
    )


class PatronSerializer(serializers.ModelSerializer[Patron]):
    id = serializers.UUIDField(source="pk")
    full_name = serializers.CharField(source="user.full_name")
    username = serializers.CharField(source="user.username")
    email = serializers.EmailField(source="user.email", allow_null=True)
    tier = serializers.CharField(source="tier.code")
    tier_id = serializers.IntegerField()

    class Meta:
        model = Patron
        fields = ["id", "full_name", "username", "email", "card_number", "tier", "tier_id", "birth_date"]


class PatronsView(APIView):
    permission_classes = [requires(PERMISSION)]

    @extend_schema(
        operation_id="patrons_create",
        summary="Register a reader",
        description=(
            "Staff only. The welcome letter goes out by mail, or waits to be printed where there is no address. "
            "409 `looks_like` where somebody of the same name is registered; again with `is_another` to insist."
        ),
        parameters=[REPEATABLE],
        request=NewPatronSerializer,
        responses={201: PatronSerializer, 400: INVALID, 401: FORBIDDEN, 403: FORBIDDEN, 409: REFUSED, 422: INVALID},
    )
    @repeatable
    def post(self, request: Request) -> Response:
        patron = register_reader(by=user_of(request), **read(NewPatronSerializer, request))
        return Response(PatronSerializer(patron).data, status=status.HTTP_201_CREATED)
