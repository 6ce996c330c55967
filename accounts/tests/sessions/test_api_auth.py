"""Registering, signing in and tokens for API clients."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from unittest.mock import patch

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.limits import services as limits
from accounts.models import OneTimeCode, Role, User
from accounts.models.sessions import TokenFamily
from accounts.sessions import tokens
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from accounts.tests.helpers import deliver, other_than, sign_in_by_api

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.org"
AUTH = "/api/v1/auth"


def post(client, path, body, **headers):
    return client.post(f"{AUTH}/{path}/", body, "application/json", headers=headers or None)


def me(client, access):
    return client.get("/api/v1/me/", headers={"authorization": f"Bearer {access}"})


def asked(client, email=ADDRESS):
    answer = post(client, "otp", {"email": email, "purpose": "register"})
    assert (answer.status_code, answer.content) == (202, b"")
    return deliver()


def given(**values):
    return {"email": ADDRESS, "password": PASSWORD, "full_name": "Ada Lovelace"} | values


def signed_in(client, **values):
    user = make_user(**values)
    return user, sign_in_by_api(client, user.address).json()


def test_a_client_registers_and_is_signed_in(client):
    digits = asked(client)
    answer = post(client, "register", given(otp=digits, username="ada"))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    user = User.objects.get()
    assert set(body) == {"access", "refresh", "user"}
    assert body["user"] == {"id": str(user.pk), "email": ADDRESS, "username": "ada", "role": "patron"}
    assert me(client, body["access"]).json() == {
        "id": str(user.pk),
        "email": ADDRESS,
        "username": "ada",
        "full_name": "Ada Lovelace",
        "role": "patron",
        "card_number": user.patron.card_number,
        "tier": "reader",
        "tier_id": user.patron.tier_id,
        "credits": 0,
    }


def test_the_answer_to_asking_is_the_same_for_known_and_unknown_addresses(client):
    make_user(email="known@example.org")
    seen = []
    for email in ("known@example.org", "unknown@example.org"):
        with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as work:
            first = post(client, "otp", {"email": email, "purpose": "register"})
        deliver()
        wrong = post(client, "register", given(email=email, otp="123456"))
        again = post(client, "otp", {"email": email, "purpose": "register"})
        headers = {name: value for name, value in first.items() if name != "Content-Security-Policy"}
        seen.append(
            (
                first.status_code,
                first.content,
                headers,
                work.call_count,
                wrong.status_code,
                wrong.json(),
                again.status_code,
                again.json()["code"],
            )
        )
    assert seen[0] == seen[1]
    assert len(mail.outbox) == 2


def test_asking_runs_the_same_queries_for_known_and_unknown_addresses(client, django_assert_num_queries):
    make_user(email="known@example.org")
    for email in ("known@example.org", "unknown@example.org"):
        with django_assert_num_queries(7):
            post(client, "otp", {"email": email, "purpose": "register"})


def test_asking_again_within_a_minute_says_when(client):
    asked(client)
    answer = post(client, "otp", {"email": ADDRESS, "purpose": "register"})
    assert (answer.status_code, answer.json()["code"]) == (429, "code_too_soon")
    assert 0 < int(answer["Retry-After"]) <= 60


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        7,
        {},
        {"email": ADDRESS},
        {"email": ADDRESS, "purpose": "login"},
        {"purpose": "register"},
        {"email": 7, "purpose": "register"},
        {"email": ["a@b.de"], "purpose": "register"},
        {"email": "a@b.de\x00", "purpose": "register"},
        {"email": "a" * 300 + "@example.org", "purpose": "register"},
        {"email": ADDRESS, "purpose": ["register"]},
        {"email": ADDRESS, "purpose": {"a": 1}},
        {"email": ADDRESS, "purpose": "delete"},
    ],
)
def test_what_is_no_request_for_a_code_is_refused(client, body):
    answer = client.post(f"{AUTH}/otp/", json.dumps(body), "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not OneTimeCode.objects.exists()


@pytest.mark.parametrize("path", ["otp", "register"])
def test_half_a_pair_of_surrogates_is_no_text_anywhere(client, path):
    digits = asked(client)
    body = given(otp=digits, full_name="\ud800") | {"purpose": "register"}
    answer = client.post(f"{AUTH}/{path}/", json.dumps(body), "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert OneTimeCode.objects.get().attempts == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"otp": 123456}, "otp"),
        ({"otp": "12345"}, "otp"),
        ({"otp": "1" * 500}, "otp"),
        ({"otp": None}, "otp"),
        ({"password": 12345678}, "password"),
        ({"password": "a1" * 51}, "password"),
        ({"password": "a1\x00aaaaaa"}, "password"),
        ({"password": "short1"}, "password"),
        ({"password": ["correct horse 7"]}, "password"),
        ({"full_name": ""}, "full_name"),
        ({"full_name": "x" * 121}, "full_name"),
        ({"full_name": "a\nb"}, "full_name"),
        ({"full_name": {"a": 1}}, "full_name"),
        ({"username": "a b"}, "username"),
        ({"username": "äöü"}, "username"),
        ({"username": True}, "username"),
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field_and_costs_no_attempt(client, values, field):
    digits = asked(client)
    body = given(otp=digits) | values
    answer = client.post(f"{AUTH}/register/", json.dumps(body), "application/json")
    assert answer.status_code == 400, answer.content
    assert set(answer.json()["fields"]) == {field}
    assert OneTimeCode.objects.get().attempts == 0


def test_a_wrong_code_is_refused_and_counted(client):
    digits = asked(client)
    answer = post(client, "register", given(otp=other_than(digits)))
    assert answer.status_code == 400
    assert answer.json()["code"] == "code_wrong"
    assert "4 attempts" in answer.json()["fields"]["otp"][0]
    assert OneTimeCode.objects.get().attempts == 1
    for _ in range(4):
        answer = post(client, "register", given(otp=other_than(digits)))
    assert answer.json()["code"] == "code_spent"
    assert post(client, "register", given(otp=digits)).json()["code"] == "code_spent"


def test_a_taken_username_is_a_conflict(client):
    make_user(username="Ada")
    answer = post(client, "register", given(otp=asked(client), username="ada"))
    assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")
    assert "username" in answer.json()["fields"]


def test_a_client_signs_in_in_two_steps(client):
    user = make_librarian()
    begun = post(client, "login", {"email": user.address.upper(), "password": PASSWORD})
    assert begun.status_code == 202
    assert set(begun.json()) == {"challenge"}
    digits = deliver()
    assert digits not in begun.content.decode()
    ended = post(client, "login", {"challenge": begun.json()["challenge"], "otp": digits})
    assert ended.status_code == 200
    assert ended.json()["user"] == {
        "id": str(user.pk),
        "email": user.email,
        "username": user.username,
        "role": "librarian",
    }
    assert me(client, ended.json()["access"]).json()["role"] == "librarian"
    assert "sessionid" not in client.cookies
    replay = post(client, "login", {"challenge": begun.json()["challenge"], "otp": digits})
    assert (replay.status_code, replay.json()["code"]) == (400, "challenge_gone")


def test_wrong_password_unknown_address_and_a_person_kept_out_look_the_same(client):
    user, gone = make_user(), make_user()
    User.objects.filter(pk=gone.pk).update(is_active=False)
    seen = []
    for email, password in [(user.email, "no"), ("nobody@example.org", PASSWORD), (gone.email, PASSWORD)]:
        with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as work:
            answer = post(client, "login", {"email": email, "password": password})
        seen.append((answer.status_code, answer.json(), work.call_count))
    assert seen[0] == seen[1] == seen[2]
    assert (seen[0][0], seen[0][1]["code"], seen[0][2]) == (401, "wrong_credentials", 1)


def test_an_old_token_in_the_header_does_not_stand_in_the_way_of_signing_in(client):
    user = make_user()
    answer = post(client, "login", {"email": user.email, "password": PASSWORD}, authorization="Bearer old")
    assert answer.status_code == 202


def test_a_wrong_code_leaves_the_challenge_and_the_fifth_asks_for_a_new_code(client):
    user = make_user()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = post(client, "login", {"email": user.email, "password": PASSWORD}).json()["challenge"]
        digits = deliver()
        codes = [post(client, "login", {"challenge": challenge, "otp": other_than(digits)}).json() for _ in range(5)]
        assert [body["code"] for body in codes] == ["code_wrong"] * 4 + ["code_spent"]
        assert post(client, "login", {"challenge": challenge, "otp": digits}).json()["code"] == "locked_out"
        limits.reset(email=user.address)
        assert post(client, "login", {"challenge": challenge, "otp": digits}).status_code == 400
        too_soon = post(client, "login/resend", {"challenge": challenge})
        assert (too_soon.status_code, too_soon["Retry-After"]) == (429, "60")
        clock.shift(60)
        assert post(client, "login/resend", {"challenge": challenge}).status_code == 202
        assert post(client, "login", {"challenge": challenge, "otp": deliver()}).status_code == 200


def test_a_challenge_ends_after_ten_minutes(client):
    user = make_user()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = post(client, "login", {"email": user.email, "password": PASSWORD}).json()["challenge"]
        digits = deliver()
        clock.shift(600)
        for path, body in (
            ("login", {"challenge": challenge, "otp": digits}),
            ("login/resend", {"challenge": challenge}),
        ):
            answer = post(client, path, body)
            assert (answer.status_code, answer.json()["code"]) == (400, "challenge_gone")


def test_a_code_answers_only_the_challenge_that_it_was_mailed_for(client):
    one, two = make_user(), make_user()
    first = post(client, "login", {"email": one.email, "password": PASSWORD}).json()["challenge"]
    digits = deliver()
    second = post(client, "login", {"email": two.email, "password": PASSWORD}).json()["challenge"]
    if deliver() != digits:
        assert post(client, "login", {"challenge": second, "otp": digits}).status_code == 400
    assert post(client, "login", {"challenge": first, "otp": digits}).json()["user"]["id"] == str(one.pk)


def test_a_registration_code_signs_nobody_in(client):
    user = make_user()
    challenge = post(client, "login", {"email": user.email, "password": PASSWORD}).json()["challenge"]
    digits = deliver()
    answer = post(client, "register", given(email=user.email, otp=digits))
    assert answer.json()["code"] == "code_spent"
    assert post(client, "login", {"challenge": challenge, "otp": digits}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        [1],
        {"email": ADDRESS},
        {"password": "x"},
        {"challenge": "x"},
        {"challenge": 7, "otp": "123456"},
        {"challenge": "x\x00", "otp": "123456"},
        {"challenge": "x" * 500, "otp": "123456"},
        {"challenge": "", "otp": "1"},
        {"challenge": None, "otp": "123456"},
        {"challenge": "ä", "otp": "123456"},
        {"email": ADDRESS, "password": "p" * 9999},
        {"email": {"$ne": ""}, "password": "x"},
        {"email": ADDRESS, "password": "\x00"},
        {"otp": "123456"},
    ],
)
def test_what_is_no_sign_in_is_refused(client, body):
    assert client.post(f"{AUTH}/login/", json.dumps(body), "application/json").status_code == 400


def test_what_is_no_json_is_refused(client):
    for path in ("otp", "register", "login", "login/resend", "token/refresh", "token/verify", "logout"):
        for raw in (b"{", b"\xff\xfe", b'{"email": NaN}'):
            answer = client.post(f"{AUTH}/{path}/", raw, "application/json")
            assert answer.status_code == 400, (path, raw, answer.content)
            assert {"code", "detail"} <= set(answer.json())


def test_readers_get_tokens_at_once_where_the_library_says_so_but_staff_do_not(client, settings):
    settings.ACCOUNTS_OTP_FOR_LOGIN = "staff"
    reader, librarian = make_user(), make_librarian()
    answer = post(client, "login", {"email": reader.email, "password": PASSWORD})
    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh", "user"}
    assert post(client, "login", {"email": librarian.email, "password": PASSWORD}).status_code == 202


def test_a_refresh_token_works_once_and_gives_a_new_pair(client):
    _user, body = signed_in(client)
    answer = post(client, "token/refresh", {"refresh": body["refresh"]})
    assert answer.status_code == 200
    pair = answer.json()
    assert set(pair) == {"access", "refresh"}
    assert pair["refresh"] != body["refresh"]
    assert me(client, pair["access"]).status_code == 200
    again = post(client, "token/refresh", {"refresh": body["refresh"]})
    assert (again.status_code, again.json()["code"]) == (401, "token_not_valid")


def test_signing_out_ends_the_refresh_token(client):
    _user, body = signed_in(client)
    answer = post(client, "logout", {"refresh": body["refresh"]})
    assert (answer.status_code, answer.content) == (204, b"")
    for path, sent in (("token/refresh", "refresh"), ("logout", "refresh"), ("token/verify", "token")):
        assert post(client, path, {sent: body["refresh"]}).status_code == 401


def test_verify_tells_a_good_token_from_others(client):
    user, body = signed_in(client)
    for token in (body["access"], body["refresh"]):
        assert post(client, "token/verify", {"token": token}).status_code == 200
    for token in (body["access"][:-3] + "abc", "x", "a.b.c", "ä" * 10):
        assert post(client, "token/verify", {"token": token}).json()["code"] == "token_not_valid"
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert post(client, "token/verify", {"token": body["access"]}).status_code == 401


@pytest.mark.parametrize("path", ["token/refresh", "logout"])
def test_an_access_token_is_no_refresh_token_and_bad_input_is_no_token(client, path):
    _user, body = signed_in(client)
    assert post(client, path, {"refresh": body["access"]}).status_code == 401
    for value in ("", 7, None, "x\x00", ["x"], "x" * 5000):
        assert post(client, path, {"refresh": value}).status_code == 400
    assert me(client, body["refresh"]).status_code == 401


def test_tokens_end_after_their_time(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        _user, body = signed_in(client)
        clock.shift(timedelta(minutes=29, seconds=59))
        assert me(client, body["access"]).status_code == 200
        clock.shift(2)
        expired = me(client, body["access"])
        assert (expired.status_code, expired.json()["code"]) == (401, "token_not_valid")
        clock.shift(timedelta(days=7))
        assert post(client, "token/refresh", {"refresh": body["refresh"]}).status_code == 401


def test_who_is_kept_out_cannot_use_tokens(client):
    user, body = signed_in(client)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert me(client, body["access"]).status_code == 401
    assert post(client, "token/refresh", {"refresh": body["refresh"]}).status_code == 401
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert post(client, "token/refresh", {"refresh": body["refresh"]}).status_code == 200


def test_a_token_of_somebody_who_is_gone_is_refused(client):
    user, body = signed_in(client)
    user.patron.delete()
    OneTimeCode.objects.all().delete()
    user.delete()
    assert me(client, body["access"]).status_code == 401
    assert post(client, "token/refresh", {"refresh": body["refresh"]}).status_code == 401
    assert post(client, "token/verify", {"token": body["access"]}).status_code == 401


def test_no_token_can_be_read_from_the_database(client):
    _user, body = signed_in(client)
    post(client, "token/refresh", {"refresh": body["refresh"]})
    kept = str(list(TokenFamily.objects.values()))
    for token in body.values():
        assert str(token) not in kept
        assert str(token).split(".")[-1] not in kept


def test_me_needs_a_token_and_takes_a_session_too(client):
    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    for header in ("Bearer", "Bearer x y", "Bearer \xff", "Basic abc"):
        assert client.get("/api/v1/me/", headers={"authorization": header}).status_code == 401
    client.force_login(make_user())
    assert client.get("/api/v1/me/").json()["role"] == "patron"


def test_me_takes_few_queries(client, django_assert_num_queries):
    access = tokens.issue(make_user()).access
    with django_assert_num_queries(2):
        assert me(client, access).status_code == 200


def test_every_role_has_its_word(client):
    for role in Role.values:
        _user, body = signed_in(client, role=Role(role))
        assert body["user"]["role"] == role


@pytest.mark.django_db(transaction=True)
def test_of_two_refreshes_with_one_token_at_once_one_wins():
    _user, body = signed_in(Client())
    start = Barrier(2)

    def run(_number):
        start.wait()
        try:
            return post(Client(), "token/refresh", {"refresh": body["refresh"]}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(run, range(2))) == [200, 401]


@pytest.mark.django_db(transaction=True)
def test_of_two_right_codes_for_one_challenge_at_once_one_wins():
    user = make_user()
    challenge = post(Client(), "login", {"email": user.email, "password": PASSWORD}).json()["challenge"]
    digits = deliver()
    start = Barrier(2)

    def run(_number):
        start.wait()
        try:
            return post(Client(), "login", {"challenge": challenge, "otp": digits}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(run, range(2))) == [200, 400]
