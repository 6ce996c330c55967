"""The pages of a list, and the one shape of every refusal: what no list of our own reaches by chance."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken

from library.core.errors import InvalidInput, Level, LibraryError, Moved, Reason, ServiceUnavailable
from library.core.http.api import Pages, error_body, exception_handler
from library.core.http.permissions import requires

ROWS = list(range(1, 251))
ONCE = "A whole number from 1, once."
UP_TO = "A whole number from 1 to 100, once."


def page(query: str, rows: list[int] = ROWS) -> dict[str, Any]:
    pages = Pages()
    request = Request(APIRequestFactory().get(f"/things/?{query}"))
    found = pages.paginate_queryset(rows, request)
    assert found is not None
    return dict(pages.get_paginated_response(found).data)


def wrong(query: str) -> dict[str, Any]:
    with pytest.raises(exceptions.ValidationError) as refusal:
        page(query)
    return dict(refusal.value.detail)  # type: ignore[arg-type]


def test_a_list_comes_in_pages_of_twenty_that_lead_to_each_other():
    first, last = page("q=whale"), page("q=whale&page=13")
    assert (first["count"], first["results"], first["previous"]) == (250, ROWS[:20], None)
    assert first["next"].endswith("/things/?page=2&q=whale")
    assert (last["results"], last["next"]) == (ROWS[240:], None)


@pytest.mark.parametrize(("size", "rows"), [(1, ROWS[:1]), (99, ROWS[:99]), (100, ROWS[:100])])
def test_as_many_rows_as_are_asked_for_up_to_a_hundred(size, rows):
    assert page(f"page_size={size}")["results"] == rows


@pytest.mark.parametrize(
    "size", ["0", "101", "1000", "-1", "x", "", "1.5", "1e1", "٥", "²", " 5", "5%20", "+5", "5&page_size=6"]
)
def test_what_is_no_number_of_rows_is_refused_and_not_guessed(size):
    assert wrong(f"page_size={size}") == {"page_size": [UP_TO]}


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "1.0", "last", "१", "1%00", "1&page=1", "9" * 1001])
def test_what_is_no_number_of_a_page_is_refused(number):
    assert wrong(f"page={number}") == {"page": [ONCE]}


def test_both_faults_are_told_at_once():
    assert wrong("page=0&page_size=0") == {"page": [ONCE], "page_size": [UP_TO]}


@pytest.mark.parametrize("number", ["14", "999999999999", "9" * 1000])
def test_a_page_after_the_last_is_not_found_however_far(number):
    with pytest.raises(exceptions.NotFound):
        page(f"page={number}")


def test_the_first_page_of_nothing_is_empty_and_there_is_no_second():
    assert page("", [])["results"] == []
    with pytest.raises(exceptions.NotFound):
        page("page=2", [])


@given(st.integers(0, 130), st.integers(1, 100))
def test_whatever_the_size_every_row_is_on_one_page(number, size):
    rows, found = list(range(number)), []
    for place in range(1, max(1, -(-number // size)) + 1):
        found += page(f"page_size={size}&page={place}", rows)["results"]
    assert found == rows


# -- refusals


class Gone(LibraryError):
    code = "gone"
    message = "{title} has gone."


def answered(exc: Exception, method: str = "get", path: str = "/api/v1/books/7/?full=1") -> Any:
    request = Request(getattr(APIRequestFactory(), method)(path))
    return exception_handler(exc, {"request": request})


@pytest.mark.parametrize("method", ["get", "head"])
def test_who_reads_what_has_moved_is_led_there_with_the_rest_of_the_address(method):
    answer = answered(Moved(old="/books/7/", new="/books/3/"), method)
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/books/3/?full=1")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_who_writes_to_what_has_moved_is_told(method):
    answer = answered(Moved(old="/books/7/", new="/books/3/"), method)
    assert (answer.status_code, answer.data["code"]) == (404, "moved")
    assert "Location" not in answer


def test_an_address_without_the_part_that_moved_leads_nowhere():
    answer = answered(Moved(old="/books/8/", new="/books/3/"), path="/api/v1/books/7/?next=/books/8/")
    assert (answer.status_code, "Location" in answer) == (404, False)


def test_only_the_first_of_two_like_parts_is_another():
    assert Moved(old="/7/", new="/3/").address("GET", "/a/7/b/7/?c=/7/") == "/a/3/b/7/?c=/7/"


def test_when_to_come_back_is_said_and_otherwise_nothing():
    assert answered(ServiceUnavailable())["Retry-After"] == "10"
    assert answered(ServiceUnavailable(retry_after=0))["Retry-After"] == "0"
    assert "Retry-After" not in answered(Gone(title="Silas Marner"))


def test_a_refusal_says_where_and_why_and_leaves_out_what_there_is_not():
    plain = answered(Gone(title="דברים")).data
    assert plain == {"code": "gone", "detail": "דברים has gone."}
    whole = Gone("Said otherwise.", fields={"title": ("Too long.",)}, reasons=[Reason("r", Level.ALERT, "Because.")])
    assert answered(whole).data == {
        "code": "r",
        "detail": "Said otherwise.",
        "reasons": [{"code": "r", "level": "alert", "detail": "Because."}],
        "fields": {"title": ["Too long."]},
    }
    assert whole.sentences == ["Because."]
    assert InvalidInput().sentences == ["Some of this cannot be right."]


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        (["Both."], {"non_field_errors": ["Both."]}),
        ("One.", {"non_field_errors": ["One."]}),
        ({"a": ["x", "y"]}, {"a": ["x", "y"]}),
        ({"a": {"b": {"c": ["deep"]}}}, {"a.b.c": ["deep"]}),
        ({"a": [{}, {}, {"b": ["x"]}]}, {"a.2.b": ["x"]}),
        ({"a": [["x"], ["y"]]}, {"a.0": ["x"], "a.1": ["y"]}),
    ],
)
def test_faults_of_fields_are_laid_flat_and_the_first_is_the_sentence(wrong, fields):
    body = error_body(exceptions.ValidationError(wrong))
    assert body == {"code": "invalid", "detail": next(iter(fields.values()))[0], "fields": fields}


@pytest.mark.parametrize(
    ("exc", "code", "detail"),
    [
        (exceptions.NotFound("Of the framework's own."), "not_found", "There is no such thing here."),
        (exceptions.AuthenticationFailed(), "not_authenticated", "Incorrect authentication credentials."),
        (InvalidToken("Over."), "token_not_valid", "Over."),
        (exceptions.Throttled(wait=5), "throttled", "Request was throttled. Expected available in 5 seconds."),
        (
            exceptions.UnsupportedMediaType("text/x"),
            "unsupported_media_type",
            'Unsupported media type "text/x" in request.',
        ),
        (PermissionDenied("hush"), "not_allowed", "You may not do this."),
        (ZeroDivisionError("hush"), "error", "Something went wrong."),
    ],
)
def test_every_fault_has_a_code_and_a_sentence_of_ours(exc, code, detail):
    assert error_body(exc) == {"code": code, "detail": detail}


# -- who may call


class Somebody:
    def __init__(self, *permissions: str, is_authenticated: bool = True) -> None:
        self.permissions, self.is_authenticated = set(permissions), is_authenticated

    def has_perms(self, wanted: Any) -> bool:
        return set(wanted) <= self.permissions


@pytest.mark.parametrize(
    ("user", "is_let_in"),
    [
        (None, False),
        (Somebody(is_authenticated=False), False),
        (Somebody("a.b", "c.d", is_authenticated=False), False),
        (Somebody(), False),
        (Somebody("a.b"), False),
        (Somebody("a.b", "c.d"), True),
        (Somebody("a.b", "c.d", "e.f"), True),
    ],
)
def test_whoever_calls_has_to_have_every_permission(user, is_let_in):
    request: Any = RequestFactory().get("/")
    request.user = user
    assert requires("a.b", "c.d")().has_permission(request, APIView()) is is_let_in


def test_an_endpoint_without_a_permission_still_wants_somebody():
    request: Any = RequestFactory().get("/")
    request.user = Somebody(is_authenticated=False)
    assert not requires()().has_permission(request, APIView())
    request.user = Somebody()
    assert requires()().has_permission(request, APIView())


def test_the_document_says_the_bounds_of_pages():
    said = {one["name"]: one["schema"] for one in Pages().get_schema_operation_parameters(APIView())}
    assert (said["page"]["minimum"], said["page_size"]["minimum"], said["page_size"]["maximum"]) == (1, 1, 100)
    assert "maximum" not in said["page"]
