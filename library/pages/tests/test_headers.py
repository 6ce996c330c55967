from __future__ import annotations

import json
import re

import pytest

from library.pages.tests.factories import make_digital_book

pytestmark = pytest.mark.django_db
EVERYWHERE = [
    "/",
    "/catalogue/",
    "/accounts/sign-in/",
    "/accounts/register/",
    "/healthz",
    "/nothing/",
    "/desk/",
    "/admin/",
    "/api/v1/books/",
    "/api/schema/",
]
STAFF = [
    "/",
    "/books/{}/",
    "/books/{}/study/",
    "/books/{}/ask/",
    "/desk/",
    "/pick-list/",
    "/loans/",
    "/admin/",
    "/admin/catalog/book/{}/change/",
]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_the_strict_policy_and_the_security_headers(client, path):
    response = client.get(path)

    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("path", STAFF)
def test_the_pages_of_the_staff_keep_to_it_too(librarian_client, path):
    response = librarian_client.get(path.format(make_digital_book().pk))

    assert response.status_code == 200
    assert "unsafe" not in response["Content-Security-Policy"]


def test_the_documentation_of_the_api_needs_no_weaker_policy(client):
    page, script = client.get("/api/docs/"), client.get("/api/docs/?script=")

    assert "unsafe" not in page["Content-Security-Policy"]
    assert "<script>" not in page.text
    assert "<style" not in page.text
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.text


def test_htmx_is_set_up_for_the_policy(client):
    meta = re.search(r"name=\"htmx-config\"\s+content='([^']+)'", client.get("/").text)
    assert meta
    config = json.loads(meta[1])

    assert config["allowEval"] is config["allowScriptTags"] is config["includeIndicatorStyles"] is False
    assert config["historyCacheSize"] == 0  # no page of a reader stays in the browser's storage
    rules = config["responseHandling"]
    swaps = {
        status: next(rule["swap"] for rule in rules if re.fullmatch(rule["code"], status))
        for status in ["200", "204", "403", "422", "500"]
    }
    assert swaps == {"200": True, "204": False, "403": True, "422": True, "500": False}
