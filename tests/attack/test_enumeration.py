"""Learning who has an account: by status, body and headers."""

from __future__ import annotations

import re

import pytest

from accounts.tests.factories import PASSWORD, make_user
from tests.attack.world import browser

pytestmark = pytest.mark.django_db
SECRETS = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|\b[A-Za-z0-9]{64}\b|"challenge":"[\w-]+"')
UNKNOWN = "nobody7@example.org"


def seen(answer, email):
    """All that an observer sees, but what is random in every answer, the clock and the address that was typed."""
    headers = {name: value for name, value in answer.headers.items() if name not in {"Content-Length", "X-Request-ID"}}
    headers["Expires"] = "Expires" in headers  # a second may pass between two answers
    cookies = {name: {k: v for k, v in morsel.items() if k != "expires"} for name, morsel in answer.cookies.items()}
    body = SECRETS.sub("", answer.content.decode()).replace(email, "ADDRESS")
    return answer.status_code, body, headers, cookies


@pytest.mark.parametrize("purpose", ["register", "reset"])
def test_asking_for_a_code_by_the_api_looks_the_same(purpose):
    known = make_user().email
    told = [
        seen(browser().post("/api/v1/auth/otp/", {"email": email, "purpose": purpose}, "application/json"), email)
        for email in (known, UNKNOWN)
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("page", ["register", "reset"])
def test_both_steps_of_the_pages_look_the_same(page):
    told = []
    for email in (make_user().email, UNKNOWN):
        client = browser()
        first = seen(client.post(f"/accounts/{page}/", {"email": email}), email)
        form = {"code": "000000", "password": "another horse 8", "full_name": "A B", "username": ""}
        told.append(
            (
                first,
                seen(client.get(f"/accounts/{page}/confirm/"), email),
                seen(client.post(f"/accounts/{page}/confirm/", form), email),
                seen(client.post(f"/accounts/{page}/resend/"), email),
            )
        )
    for step, (known, unknown) in enumerate(zip(*told, strict=True)):
        assert known == unknown, step


def test_signing_in_looks_the_same_until_locked_out():
    known = make_user().email
    for _ in range(7):
        told = []
        for email in (known, UNKNOWN):
            body = {"email": email, "password": "guess 1 1"}
            told.append(
                (
                    seen(browser().post("/api/v1/auth/login/", body, "application/json"), email),
                    seen(browser().post("/accounts/sign-in/", body), email),
                )
            )
        # Retry-After counts down between two requests.
        same = [[(one[0], re.sub(r"\d+", "N", one[1]), set(one[2])) for one in pair] for pair in told]
        assert same[0] == same[1]


@pytest.mark.parametrize("door", ["register", "reset"])
def test_a_guessed_code_looks_the_same(door):
    told = []
    for email in (make_user().email, UNKNOWN):
        browser().post("/api/v1/auth/otp/", {"email": email, "purpose": door}, "application/json")
        body = {"email": email, "otp": "000000", "password": "another horse 8", "full_name": "A B", "username": ""}
        told.append(seen(browser().post(f"/api/v1/auth/{door}/", body, "application/json"), email))
    assert told[0] == told[1]


def test_an_invitation_that_never_was_looks_like_one_that_is_over():
    told = {
        seen(browser().post("/api/v1/auth/invitations/", {"token": token}, "application/json"), "")[:2]
        for token in ("x" * 43, "y" * 43)
    }
    assert len(told) == 1
    page = browser().get(f"/accounts/invitation/{'x' * 43}/")
    assert page.status_code in {400, 404, 410}
    assert "@" not in page.content.decode().split("<main", 1)[-1]


def test_usernames_cannot_be_listed(settings):
    settings.LIMITS = settings.LIMITS | {"usernames_client": type(settings.LIMITS["login"])(3, 3600)}
    settings.COUNT_LOOPBACK = True
    client = browser()
    answers = [client.get(f"/api/v1/usernames/name{number}/") for number in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert client.get("/accounts/username/", {"username": "other"}).status_code == 429
    assert set(answers[0].json()) == {"available", "suggestions"}


def test_a_session_cookie_for_a_locked_address_says_nothing_more():
    user = make_user()
    answer = browser().post("/accounts/sign-in/", {"email": user.email, "password": PASSWORD + "x"})
    assert user.full_name not in answer.content.decode()
    assert user.username not in answer.content.decode().replace(user.address, "")
