"""The OpenAPI document as it is served, and as a page to read."""

from __future__ import annotations

import re

import pytest
import yaml
from django.test import Client

from library.core.http.openapi import _summarise
from library.core.http.openapi_text import TAGS
from library.pages.api_reference import groups, kind_of

pytestmark = pytest.mark.django_db
OPERATIONS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def served(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> dict:
    document: dict = yaml.safe_load(Client().get("/api/schema/").content)
    return document


def operations(served: dict) -> list[dict]:
    return [path[method] for path in served["paths"].values() for method in OPERATIONS if method in path]


def test_every_operation_says_in_a_line_what_it_does(served: dict) -> None:
    summaries = [operation.get("summary", "") for operation in operations(served)]

    assert [line for line in summaries if not 5 < len(line) <= 100 or line.endswith(".") or "\n" in line] == []
    assert len(set(summaries)) == len(summaries)


def test_every_group_is_explained_and_none_is_empty(served: dict) -> None:
    assert {operation["tags"][0] for operation in operations(served)} == set(TAGS)


def test_the_document_says_how_to_sign_in(served: dict) -> None:
    words = served["info"]["description"]

    assert "## Signing in" in words
    for path in ("auth/login/", "auth/token/refresh/", "auth/logout/"):
        assert path in words
        assert f"/api/v1/{path}" in served["paths"]


@pytest.mark.parametrize(
    ("told", "summary", "rest"),
    [
        ("Lend a copy. Readers lend to themselves.", "Lend a copy", "Readers lend to themselves."),
        ("One line.", "One line", ""),
        ("Over\ntwo lines.\n\nMore.", "Over two lines", "More."),
    ],
)
def test_the_first_sentence_of_a_view_is_its_summary(told: str, summary: str, rest: str) -> None:
    operation = {"description": told}
    _summarise(operation)

    assert operation == {"summary": summary, "description": rest}


def test_a_summary_of_a_views_own_stays() -> None:
    operation = {"description": "Long words. More.", "summary": "Short"}
    _summarise(operation)

    assert operation == {"description": "Long words. More.", "summary": "Short"}


def test_the_document_is_made_once_and_not_sent_twice(client: Client) -> None:
    first = client.get("/api/schema/")
    again = client.get("/api/schema/", headers={"if-none-match": first["ETag"]})

    assert first.status_code == 200
    assert again.status_code == 304
    assert again.content == b""


def test_the_document_comes_as_json_too(client: Client) -> None:
    as_json = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"})

    assert as_json.json()["info"]["title"] == "Lyceum"
    assert as_json["ETag"] != client.get("/api/schema/")["ETag"]


def test_the_page_shows_every_operation_under_its_group(client: Client, served: dict) -> None:
    page = client.get("/api/reference/").text

    for operation in operations(served):
        assert f'id="{operation["operationId"]}"' in page
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors


def test_words_of_the_document_are_never_markup(client: Client) -> None:
    document = {
        "tags": [{"name": "loans", "description": ""}],
        "components": {"schemas": {}},
        "paths": {
            "/": {
                "get": {
                    "tags": ["loans"],
                    "operationId": "x",
                    "summary": "s",
                    "description": "<b>bold</b> `code`",
                    "responses": {},
                }
            }
        },
    }
    [group] = groups(document)

    assert group.operations[0].words == "<p>&lt;b&gt;bold&lt;/b&gt; <code>code</code></p>\n"


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ({"type": "string", "format": "date"}, "string date"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Copy"}}, "list of Copy"),
        ({"enum": ["a", ""]}, "one of: a, “”"),
        ({"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "integer"}]}, "A or integer"),
    ],
)
def test_a_shape_is_said_in_a_few_words(shape: dict, words: str) -> None:
    assert kind_of(shape) == words
