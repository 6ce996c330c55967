"""Another site that makes a signed-in browser send something."""

from __future__ import annotations

import pytest

from accounts.models import User
from tests.attack.world import NOBODYS, browser, filled, operations, pages

pytestmark = pytest.mark.django_db


BY_SECRET = "/mail/events/<slug:service>/"  # a mail service has no session: it is heard by its secret alone


def test_no_page_takes_a_post_without_the_token(world):
    client = browser(world.administrator, enforce_csrf_checks=True)
    assert client.post(filled(BY_SECRET, world)).status_code == 404  # nobody is heard where there is no secret
    for route in set(pages()) - {BY_SECRET}:
        answer = client.post(filled(route, world), {"device": "x", "role": "patron", "_save": "1"})
        assert (route, answer.status_code) == (route, 403)


def test_no_page_takes_a_foreign_origin_even_with_the_token(world):
    client = browser(world.administrator, enforce_csrf_checks=True)
    client.get("/accounts/password/")
    token = client.cookies["csrftoken"].value
    answer = client.post(
        "/accounts/sessions/end-others/", {"csrfmiddlewaretoken": token}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert client.post("/accounts/sessions/end-others/", {"csrfmiddlewaretoken": token}).status_code == 302


def test_no_operation_takes_a_session_without_the_token(world):
    client = browser(world.administrator, enforce_csrf_checks=True)
    tried = 0
    for operation in operations():
        if operation.method != "GET" and operation.name not in NOBODYS:
            for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
                answer = operation.call(client, world, {}, content_type=kind)
                assert (operation.name, answer.status_code) == (operation.name, 403)
            tried += 1
    assert tried > 10


@pytest.mark.parametrize("path", ["/accounts/sign-out/", "/accounts/sessions/end-others/", "/holds/"])
def test_a_link_changes_nothing(world, path):
    assert browser(world.reader).get(path).status_code == 405


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override"])
def test_the_method_cannot_be_written_over(world, header):
    before = User.objects.count()
    client = browser(world.librarian)
    client.get(f"/api/v1/books/{world.book.pk}/", headers={header: "DELETE"})
    assert client.post(f"/api/v1/books/{world.book.pk}/", {"_method": "DELETE"}).status_code == 405
    world.book.refresh_from_db()
    assert User.objects.count() == before
