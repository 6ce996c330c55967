"""Usernames: free or taken, what instead, and no list of everybody for who asks often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.people import usernames
from accounts.services import people
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
FRAGMENT, REGISTER, CONFIRM = (
    reverse(f"accounts:{name}") for name in ("username-check", "register", "register-confirm")
)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def few_checks(settings):
    settings.LIMITS = settings.LIMITS | {"usernames_client": (2, 3600)}
    settings.COUNT_LOOPBACK = True


def ask(client, name, **options):
    return client.get(f"/api/v1/usernames/{name}/", **options)


def begin(client):
    client.post(REGISTER, {"email": "new@example.org"})
    return deliver()


def test_a_free_name_is_free_and_a_taken_one_is_not_whatever_its_case():
    make_user(username="Ada")
    assert usernames.availability("grace") == usernames.Availability("grace", available=True)
    for name in ("Ada", "ada", "ADA"):
        found = usernames.availability(name)
        assert (found.available, list(found.suggestions)) == (False, ["ada2", "ada3", "ada4"])


def test_suggestions_are_names_that_can_be_taken():
    for name in ("ada.l-b_", "ada.l.b", "x" * 40, "ada2", "ADA3"):
        make_user(username=name)
        found = usernames.availability(name).suggestions
        assert len(found) == 3
        for suggested in found:
            assert usernames.availability(suggested).available


def test_suggestions_for_a_name_that_many_have_go_on():
    for number in ("", *range(2, 10)):
        make_user(username=f"ada{number}")
    found = usernames.availability("ada").suggestions
    assert len(found) == 3
    assert all(name.startswith("ada") and len(name) == 9 for name in found)


@pytest.mark.parametrize("name", ["", "ab", "a b", "-ada", "ada\n", "a" * 41, "ädä", "ada\x00", "' OR 1=1"])
def test_what_is_no_username_is_invalid(name):
    with pytest.raises(InvalidInput) as refusal:
        usernames.availability(name)
    assert "username" in refusal.value.fields


def test_an_answer_takes_at_most_two_questions_to_the_database():
    make_user(username="ada")
    with CaptureQueriesContext(connection) as queries:
        usernames.availability("ada")
    assert len(queries) == 2


def test_anybody_asks_the_api(client):
    make_user(username="ada")
    assert ask(client, "grace").json() == {"available": True, "suggestions": []}
    assert ask(client, "ADA").json() == {"available": False, "suggestions": ["ada2", "ada3", "ada4"]}
    answer = ask(client, "a b")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert ask(client, "ada", headers={"Authorization": "Bearer nonsense"}).status_code == 200
    assert client.post("/api/v1/usernames/ada/").status_code == 405


def test_the_api_answers_so_often_an_hour_from_one_address(client, few_checks, time_machine):
    time_machine.move_to(NOON, tick=False)
    for _time in range(2):
        assert ask(client, "ada").status_code == 200
    answer = ask(client, "grace")
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer["Retry-After"] == "3600"
    assert ask(client, "grace", REMOTE_ADDR="203.0.113.7").status_code == 200
    assert ask(client, "grace", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 429
    time_machine.move_to(NOON + timedelta(hours=1), tick=False)
    assert ask(client, "ada").status_code == 200


def test_wrong_names_count_too(client, few_checks):
    for _time in range(2):
        assert ask(client, "a b").status_code == 400
    assert ask(client, "a b").status_code == 429


# The pages


def test_the_field_asks_while_one_types(client):
    begin(client)
    page = client.get(CONFIRM).text
    for part in (f'hx-get="{FRAGMENT}"', 'hx-trigger="input changed delay:400ms"', 'id="username-availability"'):
        assert part in page


def test_the_lines_beside_the_field_say_free_or_taken_and_offer_others(client):
    make_user(username="ada")
    assert "<b>grace</b> is free." in client.get(FRAGMENT, {"username": "grace"}, headers=HTMX).text
    taken = client.get(FRAGMENT, {"username": "ADA"}, headers=HTMX)
    assert "<b>ADA</b> is taken." in taken.text
    assert '<button class="chip" type="button" data-fill="id_username">ada2</button>' in " ".join(taken.text.split())
    assert client.get(FRAGMENT, {"username": " "}, headers=HTMX).content == b""
    wrong = client.get(FRAGMENT, {"username": "<script>"}, headers=HTMX)
    assert (wrong.status_code, "<script>" in wrong.text) == (422, False)
    assert "Use 3 to 40 plain letters" in wrong.text


def test_the_lines_come_so_often_an_hour(client, few_checks):
    for _time in range(2):
        client.get(FRAGMENT, {"username": "ada"}, headers=HTMX)
    refused = client.get(FRAGMENT, {"username": "ada"}, headers=HTMX)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert "That was too often in too short a time." in refused.text


def test_without_javascript_the_suggestions_come_with_the_refusal(client):
    make_user(username="ada")
    body = {"code": begin(client), "full_name": "Ada", "username": "ada", "password": PASSWORD}
    page = client.post(CONFIRM, body)
    assert page.status_code == 422
    for part in ("This username is taken.", "<b>ada2</b>", "<b>ada3</b>", "<b>ada4</b>"):
        assert part in page.text
    assert client.post(CONFIRM, body | {"username": "ada2"}).status_code == 302


@pytest.mark.parametrize("surface", ["web", "api"])
def test_registering_is_no_way_round_the_limit(client, settings, surface):
    """A taken name is told before the code is tried; so that, too, is counted."""
    settings.LIMITS = settings.LIMITS | {"register_try_client": (2, 3600)}
    settings.COUNT_LOOPBACK = True
    begin(client)
    body = {"code": "000000", "otp": "000000", "full_name": "A", "password": PASSWORD, "email": "new@example.org"}
    make_user(username="ada")

    def attempt():
        if surface == "web":
            return client.post(CONFIRM, body | {"username": "ada"}).text
        return client.post("/api/v1/auth/register/", body | {"username": "ada"}, "application/json").text

    for _time in range(2):
        assert "This username is taken." in attempt()
    assert "too often" in attempt()


def test_a_name_that_is_left_out_is_chosen_and_counts_nothing(client, few_checks):
    make_user(username="ada")
    for number in range(3):
        email = f"ada{number}@example.org"
        people.ask_to_register(email=email)
        body = {"email": email, "otp": deliver(), "full_name": "Ada", "password": PASSWORD}
        answer = client.post("/api/v1/auth/register/", body, "application/json")
        assert answer.status_code == 201
