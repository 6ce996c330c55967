"""What a cache may keep: nothing that somebody is shown, at any address of the library."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from accounts.tests.helpers import sign_in_by_api
from tests.attack.world import bearer, browser, filled, operations, pages

pytestmark = pytest.mark.django_db
# Views that say themselves how long, each for a reason.
SAID = {
    "/catalogue/suggest/": "private, max-age=",  # what a reader types ahead, for a minute in their own browser
    "/loans/calendar.ics": "private, no-cache",  # calendar programs ask with the tag of what they have
    "/books/<int:pk>/file/": "private, no-cache",
    "/catalogue/books/<int:pk>/cover.svg": "private, no-cache",  # drawn anew only where the record changed
}
FOR_ALL = {"/api/schema/", "/api/docs/", "/api/reference/"}  # the same for everybody


def kept_by(answer):
    return {part.strip() for part in answer.get("Cache-Control", "").split(",")}


def is_said(route, answer):
    told = next((start for said, start in SAID.items() if route == said), None)
    return told is not None and answer["Cache-Control"].startswith(told)


@pytest.mark.parametrize("who", ["reader", "librarian", "administrator"])
def test_no_page_of_somebody_who_is_signed_in_is_kept_anywhere(world, who):
    seen, session = 0, browser(getattr(world, who)).cookies[settings.SESSION_COOKIE_NAME].value
    for route in pages():
        client = browser()
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        answer = client.get(filled(route, world))
        if answer.streaming:
            b"".join(answer)  # a file that is made for one answer goes with its last byte
        if route in FOR_ALL or is_said(route, answer):
            continue
        assert {"no-store", "private"} <= kept_by(answer), (route, answer.status_code)
        seen += 1
    assert seen > 60
    client = browser()
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    assert client.get("/accounts/sessions/").status_code == 200  # nobody was signed out on the way


def test_no_answer_of_the_api_to_a_token_or_a_session_is_kept_anywhere(world):
    for way in (bearer, browser):
        for operation in operations():
            client = way(world.librarian)
            if operation.method == "GET" and not operation.path.startswith("/api/schema"):
                answer = operation.call(client, world)
                assert {"no-store", "private"} <= kept_by(answer), operation.name


def test_tokens_and_refusals_are_not_kept_either(world):
    client = Client()
    for answer in (
        sign_in_by_api(client, world.reader.email),
        client.post("/api/v1/auth/login/", {"email": "x@example.org", "password": "wrong horse 7"}, "application/json"),
        bearer(world.reader).get("/api/v1/nothing/"),
        browser(world.reader).get("/nothing/"),
    ):
        assert "private" in kept_by(answer)
        assert kept_by(answer) & {"no-store", "no-cache"}


def test_what_a_visitor_sees_no_shared_cache_keeps(world):
    for route in pages():
        answer = Client(raise_request_exception=False).get(filled(route, world))
        if route not in FOR_ALL:
            assert "private" in kept_by(answer), (route, answer.status_code)
            assert "public" not in kept_by(answer)
