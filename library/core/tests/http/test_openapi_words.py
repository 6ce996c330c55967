"""What the document says of every operation alike, on documents of a few lines."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest

from library.core.http.openapi import ANY_TEXT, SOME_TEXT, say_everything

TEXT = {"type": "string"}


def said(schemas: dict[str, Any] | None = None, **operations: dict[str, Any]) -> dict[str, Any]:
    """The finished document of one address with these operations."""
    methods = {method: {"responses": {"200": {"description": ""}}} | told for method, told in operations.items()}
    document = {"components": {"schemas": deepcopy(schemas or {})}, "paths": {"/api/v1/things/": methods}}
    return say_everything(document, None, None, True)


def operation(method: str = "get", **told: Any) -> dict[str, Any]:
    found: dict[str, Any] = said(**{method: told})["paths"]["/api/v1/things/"][method]
    return found


def schema(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    schemas = said({name: {"type": "object", "properties": properties}})["components"]["schemas"]
    found: dict[str, Any] = schemas[name]["properties"]
    return found


def query(name: str = "branch", **told: Any) -> dict[str, Any]:
    return {"in": "query", "name": name, "schema": dict(TEXT)} | told


# -- text


def test_text_that_is_sent_has_no_nul_and_where_something_must_stand_more_than_blanks():
    fields = {"title": {"type": "string", "minLength": 1}, "note": dict(TEXT), "year": {"type": "integer"}}
    found = schema("BookRequest", fields)
    assert (found["title"]["pattern"], found["note"]["pattern"]) == (SOME_TEXT, ANY_TEXT)
    assert "pattern" not in found["year"]


@pytest.mark.parametrize("own", [{"enum": ["a"]}, {"pattern": "^x$"}, {"format": "date"}])
def test_text_of_a_form_of_its_own_keeps_it(own):
    assert schema("BookRequest", {"code": TEXT | own})["code"] == TEXT | own


def test_lists_and_shapes_within_are_held_to_it_as_well():
    authors = {"type": "array", "items": {"type": "object", "properties": {"name": dict(TEXT)}}}
    found = schema("BookRequest", {"authors": authors, "words": {"type": "array", "items": dict(TEXT)}})
    assert found["authors"]["items"]["properties"]["name"]["pattern"] == ANY_TEXT
    assert found["words"]["items"]["pattern"] == ANY_TEXT


def test_what_is_only_answered_is_not_held_to_it():
    assert "pattern" not in schema("Book", {"title": dict(TEXT)})["title"]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (ANY_TEXT, "", True),
        (ANY_TEXT, "two\nlines", True),
        (ANY_TEXT, "a\x00b", False),
        (SOME_TEXT, "כ", True),
        (SOME_TEXT, "  x  ", True),
        (SOME_TEXT, "", False),
        (SOME_TEXT, " \n\t", False),
        (SOME_TEXT, "x\x00", False),
        (SOME_TEXT, "\x00", False),
    ],
)
def test_the_patterns_say_what_the_database_takes(pattern, text, fits):
    assert bool(re.search(pattern, text)) is fits


def test_any_text_may_be_searched_for_and_no_other_parameter_has_a_nul():
    found = operation(parameters=[query("q"), query("branch"), query("page", schema={"type": "integer"})])
    assert [one["schema"].get("pattern") for one in found["parameters"]] == [None, ANY_TEXT, None]


# -- refusals


@pytest.mark.parametrize(
    ("method", "told", "statuses"),
    [
        ("get", {}, set()),
        ("get", {"security": []}, set()),
        ("get", {"security": [{"jwt": []}]}, {"401", "403"}),
        ("get", {"security": [{}, {"jwt": []}]}, {"401", "403"}),
        ("get", {"parameters": [query()]}, {"400"}),
        ("get", {"parameters": [query("page")]}, {"400", "404"}),
        ("get", {"parameters": [query(**{"in": "path"})]}, {"404"}),
        ("get", {"parameters": [query(**{"in": "header"})]}, set()),
        ("post", {}, {"415"}),
        ("post", {"requestBody": {}}, {"400", "415"}),
        ("delete", {"parameters": [query(**{"in": "path"})], "security": [{"jwt": []}]}, {"401", "403", "404", "415"}),
    ],
)
def test_refusals_follow_from_what_an_operation_takes(method, told, statuses):
    responses = operation(method, **told)["responses"]
    assert set(responses) == {"200", *statuses}
    for status in statuses:
        assert responses[status]["description"]
        body = responses[status]["content"]["application/json"]["schema"]
        assert body == {"$ref": "#/components/schemas/Error"}


def test_what_a_view_says_of_a_refusal_stays_and_all_stand_in_their_order():
    own = {"404": {"description": "No such book."}, "201": {"description": "Made."}}
    found = operation("post", responses=own, parameters=[query(**{"in": "path"})])["responses"]
    assert list(found) == ["201", "404", "415"]
    assert found["404"] == {"description": "No such book."}


# -- summaries


@pytest.mark.parametrize(
    ("description", "summary", "rest"),
    [
        ("One sentence.", "One sentence", ""),
        ("First of\n   two. And more\nof it.", "First of two", "And more\nof it."),
        ("Version 1.2 of it. Rest.", "Version 1.2 of it", "Rest."),
        ("كتاب. بقية.", "كتاب", "بقية."),
    ],
)
def test_the_first_sentence_is_the_summary(description, summary, rest):
    found = operation(description=description)
    assert (found["summary"], found["description"]) == (summary, rest)


@pytest.mark.parametrize("description", ["", "no end to it", "?"])
def test_words_without_a_sentence_are_left_as_they_are(description):
    found = operation(description=description)
    assert "summary" not in found
    assert found["description"] == description


# -- files


FILES = {
    "CoverRequest": {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "title": {"type": "string", "nullable": True},
            "year": {"type": "integer", "nullable": True},
        },
        "required": ["title"],
    }
}


def body(name: str) -> dict[str, Any]:
    shape = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    return {"requestBody": {"content": {"application/json": dict(shape), "multipart/form-data": dict(shape)}}}


def test_a_body_with_a_file_has_a_shape_for_json_and_one_for_forms():
    found = said(FILES, post=body("CoverRequest"))
    schemas = found["components"]["schemas"]
    assert set(schemas["CoverRequestJson"]["properties"]) == {"title", "year"}
    assert schemas["CoverRequestJson"]["properties"]["title"]["nullable"]
    assert set(schemas["CoverRequest"]["properties"]) == {"file", "title", "year"}
    assert not any("nullable" in told for told in schemas["CoverRequest"]["properties"].values())
    assert schemas["CoverRequest"]["required"] == schemas["CoverRequestJson"]["required"] == ["title"]
    content = found["paths"]["/api/v1/things/"]["post"]["requestBody"]["content"]
    assert content["application/json"]["schema"]["$ref"].endswith("/CoverRequestJson")
    assert content["multipart/form-data"]["schema"]["$ref"].endswith("/CoverRequest")


def test_other_bodies_keep_their_one_shape():
    plain = {"BookRequest": {"type": "object", "properties": {"title": TEXT | {"nullable": True}}}}
    found = said(FILES | plain, post=body("BookRequest"), put=body("CoverRequest"))
    assert "BookRequestJson" not in found["components"]["schemas"]
    assert found["components"]["schemas"]["BookRequest"]["properties"]["title"]["nullable"]
    content = found["paths"]["/api/v1/things/"]["post"]["requestBody"]["content"]
    assert content["application/json"]["schema"]["$ref"].endswith("/BookRequest")
