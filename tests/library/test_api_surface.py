"""What holds for every endpoint."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/v1/books/", "/api/v1/loans/", "/api/v1/auth/login/"])
def test_options_is_no_way_in(client, path):
    client.force_login(make_librarian())
    answer = client.options(path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("role", [None, *Role])
def test_everybody_reads_the_same_whole_document(client, role):
    whole = Client().get("/api/schema/").content
    if role is not None:
        client.force_login(make_user(role))
    answer = client.get("/api/schema/")
    assert answer.status_code == 200
    assert answer.content == whole
    assert b"/api/v1/auth/login/" in whole
    assert b"/api/v1/pick-list/" in whole  # the staff's too: the document is no secret, the permission is
    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_document_is_only_read(client, method):
    client.force_login(make_librarian())
    answer = getattr(client, method)("/api/schema/", "{}", "application/json")
    assert answer.status_code == 405


def test_document_is_read_without_and_with_a_bad_token(client):
    assert client.get("/api/schema/").status_code == 200
    assert client.get("/api/schema/", headers={"Authorization": "Bearer nonsense"}).status_code == 200
