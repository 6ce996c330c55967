"""Staff have one request of pages or of the API measured, by session or by token."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.sessions import tokens
from accounts.tests.factories import make_librarian, make_user
from library.core.measuring import profiles

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path) -> Path:
    settings.VAR = tmp_path
    return Path(tmp_path)


def test_a_librarian_measures_a_page(client):
    client.force_login(make_librarian())

    response = client.get("/catalogue/?profile=1")

    assert response.status_code == 200
    (kept,) = profiles.kept()
    assert response["X-Profile"] == kept.name
    assert "-catalog-list-" in kept.name
    assert "book_list" in profiles.hot_spots(kept, by="whole", top=200)


def test_a_librarians_program_measures_the_api(client):
    bearer = {"Authorization": f"Bearer {tokens.issue(make_librarian()).access}", "X-Profile": "1"}

    response = client.post("/api/v1/rag/search/", {"query": "cells"}, content_type="application/json", headers=bearer)

    assert response["X-Profile"] == profiles.kept()[0].name


@pytest.mark.parametrize("sent", ["Bearer rubbish", "Basic eDp5", None])
def test_readers_and_strangers_measure_nothing(client, sent):
    sent = sent or f"Bearer {tokens.issue(make_user()).access}"

    response = client.get("/api/v1/books/?profile=1", headers={"Authorization": sent, "X-Profile": "1"})
    client.force_login(make_user())
    page = client.get("/catalogue/?profile=1")

    assert "X-Profile" not in response
    assert (page.status_code, "X-Profile" in page) == (200, False)
    assert profiles.kept() == []
