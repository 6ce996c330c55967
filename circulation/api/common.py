"""What the endpoints of lending share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Tier
from catalog.api.fields import ID_OR_CODE, NamedField
from library.core.http.api import ErrorSerializer
from library.core.http.idempotency import HEADER, KEY_LENGTH

REFUSED = OpenApiResponse(ErrorSerializer, description="Refused, with every reason.")
INVALID = OpenApiResponse(ErrorSerializer, description="Input that can never be right.")
FORBIDDEN = OpenApiResponse(ErrorSerializer, description="The permission is missing.")
ABSENT = OpenApiResponse(ErrorSerializer, description="There is none, or it is another's.")
REUSED = OpenApiResponse(ErrorSerializer, description="The Idempotency-Key came with another request before.")
REPEATABLE = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": f"^[!-~]{{1,{KEY_LENGTH}}}$"},
    OpenApiParameter.HEADER,
    description=f"1 to {KEY_LENGTH} characters of the client's choice. The same request with the same key within a "
    "day is answered as the first was, with `Idempotent-Replayed: true`, and changes nothing. Refusals are not kept.",
)


def verb_schema(
    request: Any, response: Any, *, code: int = 200, may_be_forbidden: bool = False
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """How the document describes a verb on one loan or hold, which may be sent again with its key."""
    forbidden = {403: FORBIDDEN} if may_be_forbidden else {}
    answers = {code: response, 400: INVALID, **forbidden, 404: ABSENT, 409: REFUSED, 422: REUSED}
    return extend_schema(parameters=[REPEATABLE], request=request, responses=answers)


@extend_schema_field(ID_OR_CODE)
class TierField(NamedField):
    model = Tier


def read(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body in the shape of ``kind``; 400 where it is not."""
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    return cast(dict[str, Any], body.validated_data)
