"""One shape for every refusal."""

from __future__ import annotations

import errno

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions

from library.core.errors import Level, LibraryError, NotFound, Reason
from library.core.http.api import exception_handler
from library.core.http.middleware import RefusalMiddleware


class CopyRefused(LibraryError):
    code = "copy_refused"
    message = "Copy {barcode} cannot be lent."


REASONS = [
    Reason("copy_in_transit", Level.ALERT, "It is on its way."),
    Reason("copy_damaged", Level.OVERRIDABLE, "It is damaged."),
    Reason("copy_withdrawn", Level.IMPOSSIBLE, "It was withdrawn."),
    Reason("no_rule_defined", Level.IMPOSSIBLE, "No rule says how long."),
]


def answer(exc):
    response = exception_handler(exc, {})
    assert response is not None
    return response.status_code, response.data


def test_all_reasons_are_told_in_order_and_the_first_gravest_names_the_refusal():
    status, body = answer(CopyRefused(barcode="C-1", reasons=REASONS))
    assert status == 409
    assert body["code"] == "copy_withdrawn"
    assert body["detail"] == "Copy C-1 cannot be lent."
    assert body["reasons"] == [
        {"code": "copy_in_transit", "level": "alert", "detail": "It is on its way."},
        {"code": "copy_damaged", "level": "overridable", "detail": "It is damaged."},
        {"code": "copy_withdrawn", "level": "impossible", "detail": "It was withdrawn."},
        {"code": "no_rule_defined", "level": "impossible", "detail": "No rule says how long."},
    ]


def test_nested_validation_is_laid_flat():
    wrong = exceptions.ValidationError({"title": ["Too long."], "authors": [{}, {"name": ["Empty."]}]})
    fields = {"title": ["Too long."], "authors.1.name": ["Empty."]}
    assert answer(wrong) == (400, {"code": "invalid", "detail": "Too long.", "fields": fields})


@pytest.mark.parametrize(
    ("exc", "status", "code"),
    [
        (NotFound(), 404, "not_found"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "not_allowed"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.PermissionDenied(), 403, "not_allowed"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.ParseError(), 400, "parse_error"),
        (OSError(errno.ENOSPC, "No space left on device"), 507, "storage_full"),
        (OSError(errno.EDQUOT, "Quota exceeded"), 507, "storage_full"),
    ],
)
def test_every_anticipated_error_has_code_and_detail(exc, status, code):
    found, body = answer(exc)
    assert (found, body["code"]) == (status, code)
    assert body["detail"]


def test_what_nobody_anticipated_is_left_to_become_a_plain_500():
    assert exception_handler(ZeroDivisionError(), {}) is None


@pytest.mark.django_db
def test_refusal_that_no_view_caught_becomes_a_page():
    middleware = RefusalMiddleware(lambda request: None)  # type: ignore[arg-type,return-value]
    request = RequestFactory().get("/")
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.messages.storage.fallback import FallbackStorage

    request.user = AnonymousUser()
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    page = middleware.process_exception(request, CopyRefused(barcode="C-1", reasons=REASONS))
    assert page is not None
    assert page.status_code == 409
    assert all(reason.detail in page.content.decode() for reason in REASONS)
    full = middleware.process_exception(request, OSError(errno.ENOSPC, "No space left on device"))
    assert full is not None
    assert full.status_code == 507
    assert middleware.process_exception(request, ZeroDivisionError()) is None
