"""The limits by client address and of codes, on pages and over the API."""

from __future__ import annotations

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import OneTimeCode, Tally, User
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver
from library.core.config.model import Limit

pytestmark = pytest.mark.django_db
REGISTER, CONFIRM, SIGN_IN = (reverse(f"accounts:{name}") for name in ("register", "register-confirm", "sign-in"))
SCHOOL, OTHER = "198.51.100.7", "198.51.100.8"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        yield clock


@pytest.fixture
def few(settings):
    """Small limits: the numbers themselves are tested beside the settings."""
    settings.LIMITS = dict.fromkeys(settings.LIMITS, Limit(3, 900))
    return settings


def sign_in_web(email, peer=SCHOOL, password="wrong horse 7", **headers):
    body = {"email": email, "password": password}
    return Client(REMOTE_ADDR=peer).post(SIGN_IN, body, headers=headers)


def sign_in_api(email, peer=SCHOOL, password="wrong horse 7", **headers):
    body = {"email": email, "password": password}
    return Client(REMOTE_ADDR=peer).post("/api/v1/auth/login/", body, "application/json", headers=headers)


def ask_web(email, peer=SCHOOL):
    return Client(REMOTE_ADDR=peer).post(REGISTER, {"email": email})


def ask_api(email, peer=SCHOOL):
    body = {"email": email, "purpose": "register"}
    return Client(REMOTE_ADDR=peer).post("/api/v1/auth/otp/", body, "application/json")


def register_api(peer=SCHOOL, **values):
    body = {"email": "a@example.org", "otp": "123456", "password": PASSWORD, "full_name": "Ada"} | values
    return Client(REMOTE_ADDR=peer).post("/api/v1/auth/register/", body, "application/json")


@pytest.mark.parametrize("door", [sign_in_web, sign_in_api])
def test_sign_ins_from_one_address_are_limited_for_everybody_there_and_nobody_else(few, clock, door):
    few.LIMITS["login"] = Limit(100, 900)
    user = make_user()
    for number in range(3):
        assert door(f"person{number}@example.com").status_code in (401, 422)
    refused = door(user.email, password=PASSWORD)
    assert (refused.status_code, refused["Retry-After"]) == (429, "900")
    assert door(user.email, password=PASSWORD, **{"x-forwarded-for": OTHER}).status_code == 429
    assert door(user.email, OTHER, PASSWORD).status_code in (202, 302)
    clock.shift(900)
    assert door("late@example.com").status_code in (401, 422)


def test_a_refusal_by_client_address_is_no_lock_out_and_is_said_in_the_apis_words(few, clock):
    for number in range(3):
        sign_in_api(f"person{number}@example.com")
    assert sign_in_api("x@example.com").json() == {
        "code": "rate_limited",
        "detail": "That was too often in too short a time. It is possible again in 15 minutes.",
    }
    assert not Tally.objects.filter(locked_at__isnull=False).exists()


@pytest.mark.parametrize("door", [ask_web, ask_api])
def test_letters_to_new_addresses_are_limited_by_client(few, clock, door):
    for number in range(3):
        assert door(f"person{number}@example.com").status_code in (202, 302)
    refused = door("fourth@example.com")
    assert (refused.status_code, refused["Retry-After"]) == (429, "900")
    assert OneTimeCode.objects.count() == 3
    assert door("fourth@example.com", OTHER).status_code in (202, 302)


def test_another_letter_to_the_same_address_counts_as_well(few, clock):
    browser = Client(REMOTE_ADDR=SCHOOL)
    browser.post(REGISTER, {"email": "ada@example.com"})
    resend = reverse("accounts:register-resend")
    for expected in (302, 302, 429):
        clock.shift(61)
        assert browser.post(resend).status_code == expected


def test_tries_to_register_are_limited_so_that_usernames_cannot_be_listed_by_them(few):
    make_user(username="taken")
    for _ in range(3):
        assert register_api(username="taken").json()["code"] == "username_taken"
    refused = register_api(username="taken")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert register_api(OTHER, username="taken").status_code == 409


def test_the_registration_page_has_the_same_limit(few):
    browser = Client(REMOTE_ADDR=SCHOOL)
    browser.post(REGISTER, {"email": "ada@example.com"})
    body = {"code": "123456", "full_name": "Ada", "password": PASSWORD}
    assert [browser.post(CONFIRM, body).status_code for _ in range(4)] == [422] * 3 + [429]
    assert not User.objects.exists()


@pytest.mark.parametrize("door", [sign_in_web, sign_in_api])
def test_loopback_is_not_counted_in_embedded_mode_and_is_elsewhere(few, door):
    few.LIMITS["login"] = Limit(100, 900)
    assert not few.COUNT_LOOPBACK
    for number in range(6):
        assert door(f"person{number}@example.com", "127.0.0.1").status_code in (401, 422)
    assert not Tally.objects.filter(kind="login_client").exists()
    few.COUNT_LOOPBACK = True
    statuses = [door(f"person{number}@example.com", "127.0.0.1").status_code for number in range(4)]
    assert statuses[-1] == 429
    assert 429 not in statuses[:3]


def test_behind_a_trusted_proxy_each_client_is_counted_apart(few):
    few.HTTPS = True
    few.LIMITS["login"] = Limit(100, 900)
    for number in range(4):
        answer = sign_in_api("a@example.com", "10.0.0.1", **{"x-forwarded-for": f"192.0.2.{number}, {SCHOOL}"})
    assert answer.status_code == 429
    assert sign_in_api("a@example.com", "10.0.0.1", **{"x-forwarded-for": OTHER}).status_code == 401


@pytest.mark.parametrize("email", ["known@example.org", "unknown@example.org"])
def test_five_codes_an_hour_for_one_address_known_or_not(clock, email):
    make_user(email="known@example.org")
    for _ in range(5):
        assert ask_api(email, "127.0.0.1").status_code == 202
        clock.shift(61)
    refused = ask_api(email.upper(), "127.0.0.1")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused["Retry-After"] == str(3600 - 5 * 61)
    page = ask_web(email, "127.0.0.1")
    assert (page.status_code, "Come back a little later" in page.content.decode()) == (429, True)
    assert ask_api("another@example.org", "127.0.0.1").status_code == 202
    clock.shift(3600)
    assert ask_api(email, "127.0.0.1").status_code == 202


def test_codes_that_were_used_are_not_counted(client, clock):
    user = make_user()
    for _ in range(7):
        client.post(SIGN_IN, {"email": user.email, "password": PASSWORD})
        assert client.post(reverse("accounts:sign-in-code"), {"code": deliver()}).status_code == 302
        client.logout()
    assert len(mail.outbox) == 7


def test_codes_to_sign_in_that_nobody_uses_are_limited(clock):
    user = make_user()
    for _ in range(5):
        assert sign_in_api(user.email, password=PASSWORD).status_code == 202
        clock.shift(61)
    refused = sign_in_api(user.email, password=PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")


def test_asking_to_register_does_not_use_up_the_codes_to_sign_in(clock):
    user = make_user()
    for _ in range(6):
        ask_api(user.email)
        clock.shift(61)
    assert sign_in_api(user.email, password=PASSWORD).status_code == 202


def test_a_page_in_part_gets_the_friendly_page_in_part(few):
    for number in range(4):
        page = sign_in_web(f"person{number}@example.com", **{"hx-request": "true"})
    assert page.status_code == 429
    assert "<html" not in page.content.decode()
