"""Guessing, replaying and forging what opens the door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import jwt
import pytest
from django.conf import settings as live
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import OneTimeCode, Role, User
from accounts.services import credentials, people
from accounts.sessions import tokens
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver, other_than
from tests.attack.world import bearer, browser

pytestmark = pytest.mark.django_db
AUTH = "/api/v1/auth"
NEW = "another horse 8"


def send(path, body, client=None):
    return (client or Client(raise_request_exception=False)).post(f"{AUTH}/{path}/", body, "application/json")


def begun(user):
    return send("login", {"email": user.email, "password": PASSWORD}).json()["challenge"]


def test_passwords_one_after_the_other_end_in_a_lock_out_at_every_door():
    user = make_user()
    statuses = [send("login", {"email": user.email, "password": f"guess {n} 1"}).status_code for n in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    assert send("login", {"email": user.email, "password": PASSWORD}).status_code == 429
    page = browser().post("/accounts/sign-in/", {"email": user.email, "password": PASSWORD})
    assert page.status_code == 429


@pytest.mark.parametrize("spelling", [str.upper, str.title, " {} ".format])
def test_spelling_the_address_otherwise_gives_no_more_guesses(spelling):
    user = make_user()
    for number in range(5):
        send("login", {"email": user.email, "password": f"guess {number} 1"})
    assert send("login", {"email": spelling(user.email), "password": PASSWORD}).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_ten_threads_try_no_more_passwords_and_codes_than_one():
    user, coded = make_user(), make_user()
    challenge = begun(coded)
    wrong = other_than(deliver())
    start = Barrier(10)

    def guess(body):
        start.wait()
        try:
            return send("login", body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        passwords = list(threads.map(guess, [{"email": user.email, "password": f"guess {n} 1"} for n in range(10)]))
        codes = list(threads.map(guess, [{"challenge": challenge, "otp": wrong}] * 10))
    assert sorted(passwords) == [401] * 5 + [429] * 5
    assert set(codes) <= {400, 429}
    assert OneTimeCode.objects.get(email=coded.email).attempts <= 5


def test_a_code_of_one_purpose_opens_no_other():
    user = make_user()
    send("otp", {"email": user.email, "purpose": "reset"})
    reset_code = deliver()
    challenge = begun(user)
    login_code = deliver()
    assert reset_code
    assert login_code
    if reset_code != login_code:
        assert send("login", {"challenge": challenge, "otp": reset_code}).status_code == 400
        assert send("reset", {"email": user.email, "otp": login_code, "password": NEW}).status_code == 400
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_a_code_of_one_address_opens_no_other():
    mine, theirs = make_user(), make_user()
    send("otp", {"email": mine.email, "purpose": "reset"})
    code = deliver()
    assert send("reset", {"email": theirs.email, "otp": code, "password": NEW}).status_code == 400
    send("otp", {"email": theirs.email, "purpose": "reset"})
    other = deliver()
    if code != other:
        assert send("reset", {"email": theirs.email, "otp": code, "password": NEW}).status_code == 400
    assert User.objects.get(pk=theirs.pk).check_password(PASSWORD)


def test_a_code_answers_neither_another_challenge_nor_twice():
    mine, theirs = make_user(), make_user()
    my_challenge = begun(mine)
    my_code = deliver()
    their_challenge = begun(theirs)
    if my_code != deliver():
        assert send("login", {"challenge": their_challenge, "otp": my_code}).status_code == 400
    assert send("login", {"challenge": my_challenge, "otp": my_code}).status_code == 200
    assert send("login", {"challenge": my_challenge, "otp": my_code}).status_code == 400


def test_a_code_mailed_for_one_browser_opens_no_other():
    user = make_user()
    owner, thief = browser(), browser()
    owner.post("/accounts/sign-in/", {"email": user.email, "password": PASSWORD})
    code = deliver()
    thief.post("/accounts/sign-in/", {"email": user.email, "password": "guess 1 1"})
    assert thief.post("/accounts/sign-in/code/", {"code": code})["Location"].startswith("/accounts/sign-in/")
    assert "_auth_user_id" not in thief.session
    assert owner.post("/accounts/sign-in/code/", {"code": code}).status_code == 302
    assert "_auth_user_id" in owner.session


def forged(payload, key=None, algorithm="HS256", headers=None):
    return jwt.encode(payload, live.SECRET_KEY if key is None else key, algorithm=algorithm, headers=headers)


def test_no_forged_token_is_taken():
    reader, administrator = make_user(), make_user(Role.ADMINISTRATOR)
    pair = tokens.issue(reader)
    claims = jwt.decode(pair.access, options={"verify_signature": False})
    head, body, sign = pair.access.split(".")
    swapped = jwt.encode(claims | {"user_id": str(administrator.pk)}, "x" * 32).split(".")[1]
    far = int((timezone.now() + timedelta(days=999)).timestamp())
    for token in (
        forged(claims, key="", algorithm="none"),
        forged(claims | {"exp": far}, key="", algorithm="none"),
        forged(claims, key="secret" * 8),
        forged(claims, headers={"kid": "../../dev/null"}, key="\0" * 32),
        f"{head}.{swapped}.{sign}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{sign[:-4]}AAAA",
        # Signed with the right key, as if it had leaked from elsewhere, but of claims that the database does not bear out:
        forged(claims | {"user_id": str(administrator.pk)}),
        forged(claims | {"epoch": 99}),
        forged({**claims, "family": "x"}),
        forged({**claims, "user_id": "x"}),
        forged({**claims, "user_id": None}),
        forged({**claims, "family": [1]}),
        forged({**claims, "epoch": "x"}),
        forged({**claims, "epoch": 10**30}),
        forged({**claims, "exp": 1}),
        pair.refresh,
        "",
        "null",
        forged(claims | {"token_type": "refresh"}),  # the last: it counts as a reuse and ends the family
    ):
        client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
        assert client.get("/api/v1/me/").status_code == 401, token
        if token != pair.refresh:
            assert send("token/verify", {"token": token}).status_code in {400, 401}, token
            assert send("token/refresh", {"refresh": token}).status_code in {400, 401}, token


def test_claims_of_role_and_staff_in_a_token_mean_nothing():
    pair = tokens.issue(make_user())
    claims = jwt.decode(pair.access, options={"verify_signature": False})
    token = forged(claims | {"role": "administrator", "is_staff": True, "is_superuser": True})
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get("/api/v1/me/").json()["role"] == "patron"
    assert client.get("/api/v1/pick-list/").status_code == 403


def test_a_token_stolen_before_the_password_changed_opens_nothing():
    user = make_user()
    client, pair = bearer(user), tokens.issue(user)
    credentials.change_password(user=user, old_password=PASSWORD, password=NEW)
    assert client.get("/api/v1/me/").status_code == 401
    assert send("token/refresh", {"refresh": pair.refresh}).status_code == 401


def test_a_token_and_a_session_of_somebody_demoted_or_shut_out_have_no_rights():
    administrator, librarian = make_user(Role.ADMINISTRATOR), make_user(Role.LIBRARIAN)
    by_token, by_page, pair = bearer(librarian), browser(librarian), tokens.issue(librarian)
    assert by_token.get("/api/v1/pick-list/").status_code == 200
    people.change_role(user=librarian, role=Role.PATRON, by=administrator)
    assert by_token.get("/api/v1/pick-list/").status_code in {401, 403}
    assert by_page.get("/pick-list/").status_code in {302, 403}
    people.change_active(user=librarian, is_active=False, by=administrator)
    assert by_token.get("/api/v1/me/").status_code == 401
    assert by_page.get("/loans/").status_code == 302
    assert send("token/refresh", {"refresh": pair.refresh}).status_code == 401


def test_a_session_cookie_kept_from_before_signing_out_opens_nothing():
    user = make_user()
    client = browser(user)
    kept = client.cookies["sessionid"].value
    client.post("/accounts/sign-out/")
    thief = browser()
    thief.cookies["sessionid"] = kept
    assert thief.get("/loans/").status_code == 302
    assert thief.get("/api/v1/me/").status_code == 401


def test_a_session_planted_before_signing_in_is_not_signed_in():
    user = make_user()
    victim = browser()
    victim.post("/accounts/reset/", {"email": "nobody@example.org"})
    planted = victim.cookies["sessionid"].value
    victim.post("/accounts/sign-in/", {"email": user.email, "password": PASSWORD})
    middle = victim.cookies["sessionid"].value
    victim.post("/accounts/sign-in/code/", {"code": deliver()})
    assert victim.get("/loans/").status_code == 200
    for key in (planted, middle):
        thief = browser()
        thief.cookies["sessionid"] = key
        assert thief.get("/loans/").status_code == 302
