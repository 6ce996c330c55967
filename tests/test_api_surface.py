"""What holds for every endpoint."""

from __future__ import annotations

import pytest

from accounts.tests.factories import make_librarian

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/v1/books/", "/api/v1/loans/", "/api/v1/auth/login/"])
def test_options_is_no_way_in(client, path):
    client.force_login(make_librarian())
    answer = client.options(path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_document_is_read_without_and_with_a_bad_token(client):
    assert client.get("/api/schema/").status_code == 200
    assert client.get("/api/schema/", headers={"Authorization": "Bearer nonsense"}).status_code == 200
