"""New passwords, and tickets for sockets, for API clients."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import serializers
from accounts.api.common import NOTHING, Door, read
from accounts.limits import services as limits
from accounts.services import credentials
from accounts.sessions import services as sessions
from accounts.sessions import socket_tickets, tokens
from library.core.http.api import ErrorSerializer, user_of


class Reset(Door):
    @extend_schema(
        summary="Choose a new password with the code",
        description=(
            "The code comes from `auth/otp/` with the purpose `reset`. Ends every session and token of the account; "
            "sign in with the new password. A wrong `password` costs the code no attempt."
        ),
        request=serializers.ResetSerializer,
        responses={200: NOTHING, 400: ErrorSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        given = read(serializers.ResetSerializer, request)
        credentials.reset(
            email=given["email"],
            digits=given["otp"],
            password=given["password"],
            client=limits.client_of(request._request),
        )
        return Response({})


class PasswordChange(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        summary="Change my password",
        description=(
            "Ends every other session and every token, this request's too: a client that came with a token gets a new "
            "pair. One that came with a session keeps it and gets 204."
        ),
        request=serializers.PasswordChangeSerializer,
        responses={
            200: serializers.TokenPairSerializer,
            204: OpenApiResponse(description="No body."),
            400: ErrorSerializer,
            401: ErrorSerializer,
            403: ErrorSerializer,
            429: ErrorSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        given = read(serializers.PasswordChangeSerializer, request)
        is_bearer = request.auth is not None
        user = credentials.change_password(
            user=user_of(request),
            old_password=given["old_password"],
            password=given["password"],
            this_session="" if is_bearer else sessions.this_session(request._request),
        )
        if is_bearer:
            pair = tokens.issue(user, origin=sessions.origin_of(request._request))
            return Response({"access": pair.access, "refresh": pair.refresh})
        update_session_auth_hash(request._request, user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TicketForSocket(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        summary="Get a ticket for a socket",
        description="It opens one socket within 60 seconds, once, for a client that cannot send a header with it.",
        request=None,
        responses={201: serializers.TicketSerializer, 401: ErrorSerializer, 403: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        family = tokens.family_of(request.auth) if request.auth is not None else None
        session = "" if family else sessions.this_session(request._request)
        body = {
            "ticket": socket_tickets.issue(user=user_of(request), family=family, session=session),
            "expires_in": int(socket_tickets.LIFETIME.total_seconds()),
        }
        return Response(body, status=status.HTTP_201_CREATED)
