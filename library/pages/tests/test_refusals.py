from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from library.pages import handlers
from tests.html import assert_valid

pytestmark = pytest.mark.django_db


def test_an_unknown_address_is_a_page_that_leads_on(client):
    response = client.get("/no/such/thing/")

    assert response.status_code == 404
    assert 'href="/catalogue/"' in response.text
    assert_valid(response.content)


def test_an_unknown_address_of_the_api_answers_in_its_error_shape(client):
    response = client.get("/api/v1/no-such-thing/")

    assert response.status_code == 404
    assert response.json() == {"code": "not_found", "detail": "There is no such thing here."}


def test_a_form_without_its_token_is_asked_for_once_more(reader):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reader)

    response = strict.post("/accounts/sign-out/")

    assert response.status_code == 403
    assert "once more" in response.text
    assert_valid(response.content)


def test_a_host_that_is_not_ours_gets_a_400_page(client):
    response = client.get("/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert_valid(response.content)


@pytest.mark.parametrize(("path", "kind"), [("/books/1/", "text/html"), ("/api/v1/books/", "application/json")])
def test_a_fault_of_ours_needs_neither_session_nor_database(path, kind, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = handlers.server_error(RequestFactory().get(path))

    assert response.status_code == 500
    assert response["Content-Type"].startswith(kind)
    if kind == "text/html":
        assert_valid(response.content)


def test_a_crash_shows_no_trace(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("library.pages.queries.newest_books", lambda user: 1 / 0)

    response = client.get("/")

    assert response.status_code == 500
    assert "ZeroDivision" not in response.text
    assert "Content-Security-Policy" in response
    assert_valid(response.content)


def test_htmx_is_told_of_a_refusal_without_a_second_frame(reader_client):
    response = reader_client.get("/books/999999/", headers={"HX-Request": "true"})

    assert response.status_code == 404
    assert "<html" not in response.text
    assert_valid(response.content, fragment=True)
