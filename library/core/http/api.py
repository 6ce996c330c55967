"""What every API endpoint shares: the error shape and the pages of a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.views import exception_handler as rest_framework_handler

from library.core.errors import LibraryError, Moved
from library.core.faults import outages

if TYPE_CHECKING:
    from accounts.models import User

# The codes of the REST framework that would say less than ours.
CODES = {
    "not_authenticated": "not_authenticated",
    "authentication_failed": "not_authenticated",
    "permission_denied": "not_allowed",
    "token_not_valid": "token_not_valid",
}


def user_of(request: HttpRequest | Request) -> User:
    """Who asks. For pages and endpoints that somebody has to be signed in for: for others it is a fault."""
    assert request.user.is_authenticated
    return request.user


class Pages(PageNumberPagination):
    """Numbered pages, at most a hundred rows each."""

    page_size_query_param = "page_size"
    max_page_size = 100

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        """Errors: 400 for what is no number of a page or rows, 404 for a page after the last."""
        wrong = self.wrong(request)
        if wrong:
            raise exceptions.ValidationError(wrong)
        return super().paginate_queryset(queryset, request, view)

    def wrong(self, request: Request) -> dict[str, list[str]]:
        """What is no number of a page or of rows, with a sentence for each."""
        found = {}
        for name, most in ((self.page_query_param, None), (self.page_size_query_param, self.max_page_size)):
            given = request.query_params.getlist(name)
            if given and not _is_count(given, most=most):
                limit = _("A whole number from 1 to %(most)d, once.") % {"most": most} if most else ""
                found[name] = [limit or _("A whole number from 1, once.")]
        return found

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            most = {"maximum": self.max_page_size} if parameter["name"] == self.page_size_query_param else {}
            parameter["schema"] |= {"minimum": 1} | most
        return parameters


def _is_count(given: list[str], *, most: int | None) -> bool:
    if len(given) != 1 or not re.fullmatch(r"[0-9]{1,1000}", given[0]):
        return False
    return int(given[0]) >= 1 and (most is None or int(given[0]) <= most)


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    level = serializers.ChoiceField(choices=["impossible", "overridable", "alert"])
    detail = serializers.CharField()


class ErrorSerializer(serializers.Serializer[Any]):
    """The body of every answer that is not a success."""

    code = serializers.CharField()
    detail = serializers.CharField()
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)  # type: ignore[assignment]  # the contract's own word
    reasons = ReasonSerializer(many=True, required=False)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every anticipated error as ``{"code", "detail", "fields"?, "reasons"?}``; others go on to become a plain 500."""
    exc = outages.refusal_of(exc) or exc
    if isinstance(exc, LibraryError):
        response = outages.marked(Response(exc.as_dict(), status=exc.status), exc)
        request = context.get("request")
        if isinstance(exc, Moved) and request is not None:
            address = exc.address(request.method, request.get_full_path())
            if address is not None:
                response.status_code, response["Location"] = status.HTTP_301_MOVED_PERMANENTLY, address
        return response
    response_or_none = rest_framework_handler(exc, context)
    if response_or_none is not None:
        response_or_none.data = error_body(exc)
    return response_or_none


def error_body(exc: Exception) -> dict[str, Any]:
    """A Django or REST framework exception in the contract's shape."""
    if isinstance(exc, exceptions.ValidationError):
        fields = _fields(exc.detail)
        return {"code": "invalid", "detail": next(iter(fields.values()))[0], "fields": fields}
    if isinstance(exc, Http404 | exceptions.NotFound):
        return {"code": "not_found", "detail": "There is no such thing here."}
    if isinstance(exc, PermissionDenied):
        return {"code": "not_allowed", "detail": "You may not do this."}
    if isinstance(exc, exceptions.APIException):
        codes = exc.get_codes()
        code = codes if isinstance(codes, str) else "token_not_valid" if "token" in str(codes) else "invalid"
        return {"code": CODES.get(code, code), "detail": _first_sentence(exc.detail)}
    return {"code": "error", "detail": "Something went wrong."}


def _fields(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Nested validation messages laid flat: ``authors.0`` → sentences."""
    if isinstance(detail, dict):
        flat: dict[str, list[str]] = {}
        for name, inner in detail.items():
            flat.update(_fields(inner, f"{path}.{name}" if path else str(name)))
        return flat
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        flat = {}
        for index, inner in enumerate(detail):
            if inner:
                flat.update(_fields(inner, f"{path}.{index}" if path else str(index)))
        return flat
    sentences = detail if isinstance(detail, list) else [detail]
    return {path or "non_field_errors": [str(sentence) for sentence in sentences]}


def _first_sentence(detail: Any) -> str:
    if isinstance(detail, dict):
        detail = detail.get("detail", next(iter(detail.values()), ""))
    return str(detail[0] if isinstance(detail, list) and detail else detail)


__all__ = ["ErrorSerializer", "Pages", "ReasonSerializer", "exception_handler", "status"]
