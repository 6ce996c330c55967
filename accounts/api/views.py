"""Registration, sign-in and tokens for API clients."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import serializers
from accounts.api.common import NOTHING, Door, read, signed_in
from accounts.limits import services as limits
from accounts.models import Patron, Purpose
from accounts.people import usernames
from accounts.services import credentials, invitations, people
from accounts.sessions import services as sessions
from accounts.sessions import tokens
from accounts.sign_in import steps
from library.core.http.api import ErrorSerializer


class AskForCode(Door):
    @extend_schema(
        summary="Ask for a code by mail",
        description="The answer is the same whether or not there is an account with this address.",
        request=serializers.CodeRequestSerializer,
        responses={202: NOTHING, 400: ErrorSerializer, 429: ErrorSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        given = read(serializers.CodeRequestSerializer, request)
        ask = credentials.ask_to_reset if given["purpose"] == Purpose.RESET else people.ask_to_register
        ask(email=given["email"], client=limits.client_of(request._request))
        return Response(status=status.HTTP_202_ACCEPTED)


class Register(Door):
    @extend_schema(
        summary="Register with the code",
        description="A wrong `password` or `username` costs the code no attempt.",
        request=serializers.RegisterSerializer,
        responses={
            201: serializers.SignedInSerializer,
            400: ErrorSerializer,
            409: ErrorSerializer,
            429: ErrorSerializer,
        },
        auth=[],
    )
    def post(self, request: Request) -> Response:
        given = read(serializers.RegisterSerializer, request)
        user = people.register(
            email=given["email"],
            digits=given["otp"],
            password=given["password"],
            full_name=given["full_name"],
            username=given["username"],
            client=limits.client_of(request._request),
        )
        return Response(signed_in(user, request), status=status.HTTP_201_CREATED)


class AskForInvitationCode(Door):
    @extend_schema(
        summary="Ask for a code to accept an invitation",
        description="The code goes to the address that was invited.",
        request=serializers.InvitationSerializer,
        responses={202: NOTHING, 400: ErrorSerializer, 429: ErrorSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        given = read(serializers.InvitationSerializer, request)
        invitations.ask_for_code(token_hash=invitations.hash_token(given["token"]))
        return Response(status=status.HTTP_202_ACCEPTED)


class AcceptInvitation(Door):
    @extend_schema(
        summary="Accept an invitation with the code",
        description=(
            "201 with tokens where the address had no account. 204 where it had one: that account has the role now, "
            "keeps its name and password, and signs in as before."
        ),
        request=serializers.AcceptInvitationSerializer,
        responses={
            201: serializers.SignedInSerializer,
            204: None,
            400: ErrorSerializer,
            409: ErrorSerializer,
            429: ErrorSerializer,
        },
        auth=[],
    )
    def post(self, request: Request) -> Response:
        given = read(serializers.AcceptInvitationSerializer, request)
        if given["username"]:
            usernames.check_rate(request._request)
        newcomer = None
        if "password" in given:
            newcomer = invitations.Newcomer(given["password"], given["full_name"], given["username"])
        accepted = invitations.accept(
            token_hash=invitations.hash_token(given["token"]), digits=given["otp"], newcomer=newcomer
        )
        if not accepted.is_new:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(signed_in(accepted.user, request), status=status.HTTP_201_CREATED)


class Username(Door):
    @extend_schema(
        summary="Whether a username is free",
        description="With up to three free ones like it where it is not. So many questions an hour from one address.",
        responses={200: serializers.UsernameSerializer, 400: ErrorSerializer, 429: ErrorSerializer},
        auth=[],
    )
    def get(self, request: Request, name: str) -> Response:
        usernames.check_rate(request._request)
        found = usernames.availability(name)
        return Response({"available": found.available, "suggestions": found.suggestions})


class Login(Door):
    @extend_schema(
        summary="Sign in, in two steps",
        description=(
            "First `{email, password}`: 202 with a challenge, and a code by mail; or 200 with tokens where this "
            "library asks readers for no code. Then `{challenge, otp}`: 200 with tokens."
        ),
        request=PolymorphicProxySerializer(
            component_name="Login",
            serializers=[serializers.LoginBeginSerializer, serializers.LoginFinishSerializer],
            resource_type_field_name=None,
        ),
        responses={
            200: serializers.SignedInSerializer,
            202: serializers.ChallengeSerializer,
            400: ErrorSerializer,
            401: ErrorSerializer,
            429: ErrorSerializer,
        },
        auth=[],
    )
    def post(self, request: Request) -> Response:
        if isinstance(request.data, Mapping) and "challenge" in request.data:
            given = read(serializers.LoginFinishSerializer, request)
            return Response(signed_in(steps.finish(challenge=given["challenge"], digits=given["otp"]), request))
        given = read(serializers.LoginBeginSerializer, request)
        begun = steps.begin(email=given["email"], password=given["password"], request=request._request)
        if begun.user is not None:
            return Response(signed_in(begun.user, request))
        return Response({"challenge": begun.challenge}, status=status.HTTP_202_ACCEPTED)


class LoginResend(Door):
    @extend_schema(
        summary="Ask for another code for a sign-in under way",
        description="The last code stops working; the challenge stays the same and ends when it would have ended.",
        request=serializers.ChallengeSerializer,
        responses={202: NOTHING, 400: ErrorSerializer, 429: ErrorSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        steps.send_again(challenge=read(serializers.ChallengeSerializer, request)["challenge"])
        return Response(status=status.HTTP_202_ACCEPTED)


class TokenRefresh(Door):
    @extend_schema(
        summary="Change a refresh token for a new pair",
        description=(
            "The token given is used up. Used a second time, it ends every token of its sign-in, for somebody may have "
            "stolen it. Within 10 seconds the same client (its address and `User-Agent`) gets the same answer again, "
            "as after a lost answer or for several requests at once; one whose address changes meanwhile is known by "
            "a secret, random `Idempotency-Key` that it sends with both requests."
        ),
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        request=serializers.RefreshSerializer,
        responses={200: serializers.TokenPairSerializer, 400: ErrorSerializer, 401: ErrorSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        arrived_at = timezone.now()
        pair = tokens.rotate(
            read(serializers.RefreshSerializer, request)["refresh"],
            retry_key=request.headers.get("Idempotency-Key", "")[:200],
            origin=sessions.origin_of(request._request),
            arrived_at=arrived_at,
        )
        return Response({"access": pair.access, "refresh": pair.refresh})


class TokenVerify(Door):
    @extend_schema(
        summary="Whether a token would be taken now",
        description="An access or a refresh token.",
        request=serializers.TokenSerializer,
        responses={200: NOTHING, 400: ErrorSerializer, 401: ErrorSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        tokens.verify(read(serializers.TokenSerializer, request)["token"])
        return Response({})


class Logout(Door):
    @extend_schema(
        summary="Sign out",
        description="Ends the refresh token and every other token of the same sign-in, at once.",
        request=serializers.RefreshSerializer,
        responses={204: None, 400: ErrorSerializer, 401: ErrorSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        tokens.revoke(read(serializers.RefreshSerializer, request)["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(summary="Who I am", responses={200: serializers.MeSerializer, 401: ErrorSerializer})
    def get(self, request: Request) -> Response:
        user = request.user
        assert not isinstance(user, AnonymousUser)
        patron = Patron.objects.select_related("user", "tier").get(pk=user.pk)
        return Response(serializers.MeSerializer(patron.user).data)
