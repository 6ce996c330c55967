from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_book

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong", ["page=0", "page=last", "page_size=null", "page_size=101", "page_size=0", "page=1&page=2"]
)
def test_what_is_no_number_of_a_page_is_refused_by_name(wrong: str) -> None:
    response = APIClient().get(f"/api/v1/books/?{wrong}")
    assert response.status_code == 400
    assert list(response.json()["fields"]) == [wrong.split("=")[0]]


def test_a_page_after_the_last_is_not_found() -> None:
    assert APIClient().get(f"/api/v1/books/?page={10**30}").status_code == 404


def test_a_branch_with_a_nul_is_refused() -> None:
    client = APIClient()
    client.force_authenticate(make_patron().user)
    response = client.post("/api/v1/holds/", {"book": make_book().pk, "branch": "a\0"}, format="json")
    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["branch"]
