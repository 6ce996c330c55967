"""The document as a page, from documents of a few lines; and what is said where a request fails outside any view."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.test import RequestFactory
from django.utils.safestring import SafeString

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_book, make_copy
from circulation.tests.factories import make_hold, make_loan
from library.jobs import services as jobs
from library.pages import handlers, queries
from library.pages.api_reference import Field, groups, introduction, kind_of, shapes
from library.pages.views.system import came_over_loopback
from tests.html import assert_valid

TEXT = {"type": "string"}


def document(**told: Any) -> dict[str, Any]:
    return {"info": {}, "tags": [], "paths": {}, "components": {"schemas": {}}} | told


def operation(schemas: dict[str, Any] | None = None, **told: Any) -> Any:
    whole = {"tags": ["loans"], "operationId": "lend", "summary": "Lend", "responses": {}} | told
    tags = [{"name": "loans", "description": "What is lent."}]
    made = document(tags=tags, paths={"/loans/": {"post": whole}}, components={"schemas": schemas or {}})
    ((only,),) = [group.operations for group in groups(made)]
    return only


def test_operations_stand_under_their_group_in_the_order_of_the_groups_and_of_reading_before_writing():
    def told(name: str, tag: str) -> dict[str, Any]:
        return {"tags": [tag], "operationId": name, "summary": name, "responses": {}}

    made = document(
        tags=[{"name": name, "description": f"About {name}."} for name in ("loans", "books", "empty")],
        paths={
            "/books/": {"post": told("add", "books"), "get": told("list", "books"), "parameters": []},
            "/loans/": {"delete": told("end", "loans")},
            "/books/{id}/": {"get": told("one", "books")},
        },
    )
    found = [(group.name, [one.anchor for one in group.operations]) for group in groups(made)]
    assert found == [("loans", ["end"]), ("books", ["list", "add", "one"]), ("empty", [])]
    assert groups(made)[0].words == "About loans."


@pytest.mark.parametrize(
    ("security", "needs"), [([{"jwt": []}], True), ([{"jwt": []}, {}], False), ([], True), (None, False)]
)
def test_where_somebody_has_to_sign_in_is_said(security, needs):
    told = {} if security is None else {"security": security}
    assert operation(**told).needs_sign_in is needs


def test_parameters_are_said_with_their_place_where_that_is_no_matter_of_course():
    found = operation(
        parameters=[
            {"name": "id", "in": "path", "schema": {"type": "integer"}, "required": True},
            {"name": "q", "in": "query", "schema": TEXT, "description": "Words, as `moby`."},
            {"name": "Idempotency-Key", "in": "header", "schema": TEXT, "description": "Any."},
        ]
    ).parameters
    assert found == [
        Field("id", "integer", True, SafeString("")),
        Field("q", "string", False, SafeString("Words, as <code>moby</code>.")),
        Field("Idempotency-Key", "string", False, SafeString("Header. Any.")),
    ]


LOAN = {"properties": {"copy": TEXT, "due": TEXT | {"format": "date"}}, "required": ["copy"]}


@pytest.mark.parametrize("shape", [LOAN, {"$ref": "#/components/schemas/Loan"}])
def test_fields_of_a_body_are_said_whether_it_has_a_name_or_not(shape):
    body = operation({"Loan": LOAN}, requestBody={"content": {"application/json": {"schema": shape}}}).body
    assert [(field.name, field.kind, field.is_required) for field in body] == [
        ("copy", "string", True),
        ("due", "string date", False),
    ]


def test_of_two_forms_of_a_body_the_richer_one_is_said():
    content = {
        "application/json": {"schema": {"properties": {"title": TEXT}}},
        "multipart/form-data": {"schema": {"properties": {"title": TEXT, "file": TEXT | {"format": "binary"}}}},
    }
    assert [field.name for field in operation(requestBody={"content": content}).body] == ["title", "file"]
    assert operation().body == operation(requestBody={}).body == []


def test_answers_are_said_with_the_name_of_what_comes():
    loan = {"schema": {"$ref": "#/components/schemas/Loan"}}
    found = operation(
        {"Loan": LOAN},
        responses={"200": {"description": "Lent.", "content": {"application/json": loan}}, "204": {"description": ""}},
    ).answers
    assert [(one.status, one.words, one.shape) for one in found] == [("200", "Lent.", "Loan"), ("204", "", "")]


def test_shapes_stand_by_name_and_those_without_fields_are_left_out():
    schemas = {
        "Loan": LOAN,
        "Book": {"properties": {"title": TEXT}},
        "State": {"enum": ["a"]},
        "Empty": {"properties": {}},
    }
    found = shapes(document(components={"schemas": schemas}))
    assert [(named.name, [field.name for field in named.fields]) for named in found] == [
        ("Book", ["title"]),
        ("Loan", ["copy", "due"]),
    ]


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ({}, ""),
        ({"type": "array", "items": {"type": "array", "items": TEXT}}, "list of list of string"),
        ({"type": "array"}, "list of"),
        ({"allOf": [{"$ref": "#/x/Role"}]}, "Role"),
        ({"oneOf": [{"enum": ["a"]}, {}, {"enum": [""]}]}, "one of: a or one of: “”"),
        ({"enum": [1, 2], "type": "integer"}, "one of: 1, 2"),
        ({"type": "object"}, "object"),
    ],
)
def test_any_shape_is_said_in_a_few_words(shape, words):
    assert kind_of(shape).strip() == words


def test_headings_of_the_introduction_lie_below_the_page_s_and_code_is_code():
    said = introduction(document(info={"description": "Hello ``x``.\n\n## Signing in\n\n<i>raw</i>"}))
    assert "<h3>Signing in</h3>" in said
    assert "<code>x</code>" in said
    assert "&lt;i&gt;raw&lt;/i&gt;" in said
    assert introduction(document()) == ""


# -- where a request fails outside any view


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("handler", "fault", "status", "body"),
    [
        (handlers.bad_request, ValueError(), 400, {"code": "bad_request", "detail": "The request was not understood."}),
        (
            handlers.permission_denied,
            PermissionDenied(),
            403,
            {"code": "not_allowed", "detail": "You may not do this."},
        ),
        (handlers.not_found, Http404(), 404, {"code": "not_found", "detail": "There is no such thing here."}),
    ],
)
def test_the_api_has_its_shape_and_a_browser_a_page(handler, fault, status, body):
    api, browser = (handler(RequestFactory().get(path), fault) for path in ("/api/v1/x/", "/x/"))
    assert (api.status_code, json.loads(api.content)) == (status, body)
    assert (browser.status_code, browser["Content-Type"].partition(";")[0]) == (status, "text/html")
    assert_valid(browser.content)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (OSError(28, "No space left on device"), 507),
        (OperationalError("the connection is closed"), 503),
        (psycopg.OperationalError("no answer"), 503),
        (ZeroDivisionError("hush"), 500),
    ],
)
@pytest.mark.parametrize("path", ["/books/1/", "/api/v1/books/"])
def test_what_broke_decides_what_is_said_and_its_words_are_not(fault, status, path):
    try:
        raise fault
    except (ArithmeticError, OSError, OperationalError, psycopg.Error):
        answer = handlers.server_error(RequestFactory().get(path))
    assert answer.status_code == status
    assert str(fault) not in answer.content.decode()
    if path.startswith("/api/"):
        assert set(json.loads(answer.content)) == {"code", "detail"}


# -- what waits at the desk


@pytest.mark.django_db
def test_counts_of_a_library_where_nothing_waits_are_nought():
    counts = queries.desk_counts()
    assert set(vars(counts).values()) == {0}


@pytest.mark.django_db
def test_a_loan_is_overdue_after_its_last_moment_and_not_at_it(django_assert_num_queries):
    due = datetime(2026, 11, 30, 22, 59, 59, 999999, tzinfo=UTC)
    make_loan(copy=make_copy(), checked_out_at=datetime(2026, 11, 1, tzinfo=UTC), due_at=due)
    make_hold(book=make_book(), patron=make_patron())
    jobs.enqueue(kind="test", subject=make_patron().user)
    with django_assert_num_queries(3):
        at_it = queries.desk_counts(at=due)
    after = queries.desk_counts(at=due + timedelta(microseconds=1))
    assert (at_it.lent, at_it.overdue, after.overdue) == (1, 0, 1)
    assert (at_it.requested, at_it.ready, at_it.running_jobs) == (1, 0, 1)


# -- on this very machine


@pytest.mark.parametrize(
    ("meta", "is_here"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "127.9.9.9"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::ffff:10.0.0.1"}, False),
        ({"REMOTE_ADDR": "10.0.0.1"}, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"REMOTE_ADDR": "unix:"}, False),
        ({"REMOTE_ADDR": "localhost"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": ""}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=10.0.0.1"}, False),
    ],
)
def test_only_who_asks_on_this_machine_and_through_nobody_is_here(meta, is_here):
    request = RequestFactory().get("/")
    request.META.update(meta)
    assert came_over_loopback(request) is is_here
