"""What the endpoints share that let people in: open to all, a body that is checked, tokens at the end."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import OpenApiResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.api import serializers
from accounts.models import User
from accounts.sessions import services as sessions
from accounts.sessions import tokens

NOTHING = OpenApiResponse(description="No body.")


class Door(APIView):
    """An endpoint for who has no token yet: what stands in the header is not looked at, only the body counts."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """So that a refusal of credentials is a 401."""
        return 'Bearer realm="api"'


def read(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """The checked body. Errors: ``ValidationError``, which the handler answers with 400."""
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    return cast(dict[str, Any], body.validated_data)


def signed_in(user: User, request: Request) -> dict[str, Any]:
    """The body for somebody who has just proven who they are: the first tokens of a new family, and who it is."""
    pair = tokens.issue(user, origin=sessions.origin_of(request._request))
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "user": serializers.SignedInUserSerializer(user).data,
    }
