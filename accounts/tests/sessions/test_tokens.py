"""Families of tokens: what ends them, and what does not. docs/adr/0009-tokens.md says why."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts import errors
from accounts.models import User
from accounts.models.sessions import TokenFamily
from accounts.sessions import services as sessions
from accounts.sessions import tokens
from accounts.tests.factories import PASSWORD, make_user
from library.activity.models import Activity

pytestmark = pytest.mark.django_db
AUTH = "/api/v1/auth"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as travelled:
        yield travelled


def refreshed(token, key="", client=None):
    headers = {"idempotency-key": key} if key else None
    return (client or Client()).post(f"{AUTH}/token/refresh/", {"refresh": token}, "application/json", headers=headers)


def verified(token):
    return Client().post(f"{AUTH}/token/verify/", {"token": token}, "application/json").status_code


def logged_out(token):
    return Client().post(f"{AUTH}/logout/", {"refresh": token}, "application/json").status_code


def me(access, client=None):
    return (client or Client()).get("/api/v1/me/", headers={"authorization": f"Bearer {access}"})


def test_a_refresh_token_used_twice_ends_the_whole_family(clock):
    user = make_user()
    first = tokens.issue(user)
    second = refreshed(first.refresh).json()
    clock.shift(1)
    assert refreshed(first.refresh).json()["code"] == "token_not_valid"
    assert refreshed(second["refresh"]).status_code == 401
    for token in (first.access, second["access"], second["refresh"]):
        assert verified(token) == 401
    assert me(second["access"]).status_code == 401
    assert Activity.objects.filter(verb="token.reused", subject=user).count() == 1


def test_a_token_from_further_back_ends_the_family_too(clock):
    pair = first = tokens.issue(make_user())
    for _ in range(3):
        clock.shift(1800)
        body = refreshed(pair.refresh).json()
        pair = tokens.Pair(**body)
    assert refreshed(first.refresh).status_code == 401
    assert refreshed(pair.refresh).status_code == 401


def test_other_families_live_on(clock):
    user = make_user()
    stolen, other = tokens.issue(user), tokens.issue(user)
    refreshed(stolen.refresh)
    clock.shift(1)
    refreshed(stolen.refresh)
    assert me(other.access).status_code == 200
    assert refreshed(other.refresh).status_code == 200


def test_who_lost_the_answer_gets_the_same_refresh_token_with_the_same_key(clock):
    first = tokens.issue(make_user())
    lost = refreshed(first.refresh, key="k-1").json()
    clock.shift(10)
    again = refreshed(first.refresh, key="k-1")
    assert again.status_code == 200
    assert again.json()["refresh"] == lost["refresh"]
    assert me(again.json()["access"]).status_code == 200
    assert refreshed(again.json()["refresh"]).status_code == 200


@pytest.mark.parametrize(("key", "again", "seconds"), [("k-1", "k-2", 1), ("k-1", "", 1), ("", "", 1), ("k", "k", 11)])
def test_without_the_key_or_too_late_it_is_a_reuse(clock, key, again, seconds):
    first = tokens.issue(make_user())
    second = refreshed(first.refresh, key=key).json()
    clock.shift(seconds)
    assert refreshed(first.refresh, key=again).status_code == 401
    assert refreshed(second["refresh"]).status_code == 401


def test_the_key_helps_no_more_once_the_successor_was_used(clock):
    first = tokens.issue(make_user())
    second = refreshed(first.refresh, key="k-1").json()
    refreshed(second["refresh"], key="k-2")
    clock.shift(1)
    assert refreshed(first.refresh, key="k-1").status_code == 401
    assert not TokenFamily.objects.filter(ended_at=None).exists()


APP: Any = {"headers": {"user-agent": "okhttp/4.9"}, "REMOTE_ADDR": "10.0.0.7"}


def test_the_same_client_gets_the_same_token_again_for_some_seconds(clock):
    first = tokens.issue(make_user())
    second = refreshed(first.refresh, key="k-1", client=Client(**APP)).json()
    clock.shift(10)
    for key in ("k-2", ""):
        assert refreshed(first.refresh, key=key, client=Client(**APP)).json()["refresh"] == second["refresh"]
    assert Activity.objects.filter(verb="token.reused").count() == 0
    clock.shift(1)
    assert refreshed(first.refresh, client=Client(**APP)).status_code == 401
    assert refreshed(second["refresh"], client=Client(**APP)).status_code == 401


@pytest.mark.parametrize(
    "other",
    [
        {"headers": {"user-agent": "curl/8"}, "REMOTE_ADDR": "10.0.0.7"},
        {"headers": {"user-agent": "okhttp/4.9"}, "REMOTE_ADDR": "10.0.0.8"},
        {"headers": {"user-agent": ""}, "REMOTE_ADDR": "10.0.0.7"},
    ],
)
def test_from_another_client_it_is_a_reuse_at_once(clock, other):
    first = tokens.issue(make_user())
    second = refreshed(first.refresh, client=Client(**APP)).json()
    clock.shift(1)
    assert refreshed(first.refresh, client=Client(**other)).status_code == 401
    assert refreshed(second["refresh"], client=Client(**APP)).status_code == 401


def test_a_token_of_two_refreshes_ago_has_no_grace(clock):
    first = tokens.issue(make_user())
    second = refreshed(first.refresh, client=Client(**APP)).json()
    refreshed(second["refresh"], client=Client(**APP))
    assert refreshed(first.refresh, client=Client(**APP)).status_code == 401
    assert not TokenFamily.objects.filter(ended_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_eight_refreshes_of_one_client_at_once_all_get_the_same_token_and_it_works():
    first, start = tokens.issue(make_user()), Barrier(8)

    def run(_number):
        start.wait()
        try:
            return refreshed(first.refresh, client=Client(**APP)).json()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(run, range(8)))
    assert len({answer["refresh"] for answer in answers}) == 1
    assert me(answers[-1]["access"]).status_code == 200
    assert refreshed(answers[0]["refresh"]).status_code == 200


def test_a_clock_that_was_set_back_a_little_breaks_no_refresh(clock):
    first = tokens.issue(make_user())
    TokenFamily.objects.update(
        began_at=timezone.now() + timedelta(seconds=1), seen_at=timezone.now() + timedelta(seconds=1)
    )
    assert refreshed(first.refresh).status_code == 200


def test_the_key_is_not_kept_readable():
    first = tokens.issue(make_user())
    refreshed(first.refresh, key="only-mine-47")
    assert "only-mine-47" not in str(TokenFamily.objects.values().get())


def test_one_that_was_sent_before_the_other_was_answered_is_only_refused():
    first = tokens.issue(make_user())
    arrived_at = timezone.now()
    second = tokens.rotate(first.refresh)
    with pytest.raises(errors.TokenNotValid):
        tokens.rotate(first.refresh, arrived_at=arrived_at)
    assert refreshed(second.refresh).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_refreshes_at_once_one_wins_and_its_tokens_work():
    first = tokens.issue(make_user())
    start, arrived_at = Barrier(4), timezone.now()

    def run(_number):
        start.wait()
        try:
            return tokens.rotate(first.refresh, arrived_at=arrived_at)
        except errors.TokenNotValid:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        (won,) = [pair for pair in threads.map(run, range(4)) if pair]
    assert me(won.access).status_code == 200
    assert refreshed(won.refresh).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_family_that_is_being_refreshed_elsewhere_is_left_alone():
    first = tokens.issue(make_user())

    def run():
        try:
            return refreshed(first.refresh).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        TokenFamily.objects.select_for_update().get()
        assert threads.submit(run).result(timeout=20) == 401
    assert refreshed(first.refresh).status_code == 200


def test_signing_out_ends_the_family_and_its_access_tokens_at_once():
    user = make_user()
    pair, other = tokens.issue(user), tokens.issue(user)
    assert logged_out(pair.refresh) == 204
    assert me(pair.access).json()["code"] == "token_not_valid"
    assert verified(pair.access) == verified(pair.refresh) == 401
    assert refreshed(pair.refresh).status_code == 401
    assert me(other.access).status_code == 200


def test_signing_out_with_an_old_token_is_a_reuse():
    first = tokens.issue(make_user())
    second = refreshed(first.refresh).json()
    assert logged_out(first.refresh) == 401
    assert refreshed(second["refresh"]).status_code == 401


def test_verifying_an_old_refresh_token_says_no_and_ends_nothing():
    first = tokens.issue(make_user())
    second = refreshed(first.refresh).json()
    assert verified(first.refresh) == 401
    assert verified(second["refresh"]) == 200


def test_a_new_epoch_ends_all_tokens(clock):
    user = make_user()
    pairs = [tokens.issue(user), tokens.issue(user)]
    stale = User.objects.get(pk=user.pk)
    sessions.end_others(user=user, this="")
    for pair in pairs:
        assert me(pair.access).status_code == 401
        assert refreshed(pair.refresh).status_code == 401
        assert verified(pair.access) == 401
    late = tokens.issue(stale)  # a sign-in that had read the user before
    assert me(late.access).status_code == 401
    assert refreshed(late.refresh).status_code == 401
    assert me(tokens.issue(User.objects.get(pk=user.pk)).access).status_code == 200


@pytest.mark.parametrize("left_out", ["family", "epoch", "user_id"])
def test_a_token_without_a_claim_is_refused(left_out):
    pair = tokens.issue(make_user())
    for token, path in ((pair.access, "token/verify"), (pair.refresh, "token/refresh")):
        payload = jwt.decode(token, options={"verify_signature": False})
        del payload[left_out]
        changed = jwt.encode(payload, django_settings.SECRET_KEY, "HS256")
        answer = Client().post(f"{AUTH}/{path}/", {"refresh": changed, "token": changed}, "application/json")
        assert answer.status_code == 401
        assert me(changed).status_code == 401


def test_the_library_s_own_tokens_and_those_of_another_user_s_family_are_refused():
    user, other = make_user(), make_user()
    assert me(AccessToken.for_user(user)).status_code == 401
    assert refreshed(str(RefreshToken.for_user(user))).status_code == 401
    payload = jwt.decode(tokens.issue(other).access, options={"verify_signature": False}) | {"user_id": str(user.pk)}
    assert me(jwt.encode(payload, django_settings.SECRET_KEY, "HS256")).status_code == 401


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_signed_otherwise_is_refused(algorithm):
    payload = jwt.decode(tokens.issue(make_user()).access, options={"verify_signature": False})
    key = None if algorithm == "none" else "another key of the right length, 32+"
    assert me(jwt.encode(payload, key, algorithm)).status_code == 401


def test_a_bearer_costs_one_query(django_assert_num_queries):
    access = tokens.issue(make_user()).access
    with django_assert_num_queries(1):
        assert tokens.user_of(jwt.decode(access, options={"verify_signature": False})) is not None


def test_refreshing_takes_few_queries(django_assert_num_queries):
    first = tokens.issue(make_user())
    with django_assert_num_queries(4):  # savepoint, lock, write, release
        refreshed(first.refresh)


def test_the_family_knows_where_it_was_used_last():
    user = make_user()
    client = Client(headers={"user-agent": "okhttp/4.9\r\n<b>", "x-forwarded-for": "6.6.6.6"}, REMOTE_ADDR="10.0.0.7")
    refreshed(tokens.issue(user).refresh, client=client)
    family = TokenFamily.objects.get()
    assert (family.agent, family.address) == ("okhttp/4.9<b>", "10.0.0.7")


def test_the_database_refuses_a_family_that_makes_no_sense():
    tokens.issue(make_user())
    row = TokenFamily.objects.get()
    for values in (
        {"expires_at": row.seen_at},
        {"began_at": row.seen_at + timedelta(seconds=1)},
        {"used_jti": row.newest_jti},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            TokenFamily.objects.filter(pk=row.pk).update(**values)


# Bearer and session


def post_ticket(client, **headers):
    return client.post("/api/v1/auth/ticket/", content_type="application/json", headers=headers or None)


def test_a_session_without_a_csrf_token_is_refused_and_with_one_let_in():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    refused = post_ticket(client)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    client.get("/accounts/password/")
    assert post_ticket(client, **{"x-csrftoken": client.cookies["csrftoken"].value}).status_code == 201
    assert post_ticket(client, **{"x-csrftoken": "x" * 64}).status_code == 403


def test_a_bearer_needs_no_csrf_token():
    client = Client(enforce_csrf_checks=True)
    access = tokens.issue(make_user()).access
    assert post_ticket(client, authorization=f"Bearer {access}").status_code == 201


def test_of_both_the_bearer_counts_and_a_bad_one_is_not_helped_by_the_session():
    client = Client(enforce_csrf_checks=True)
    in_session, with_token = make_user(), make_user()
    client.force_login(in_session)
    access = tokens.issue(with_token).access
    assert me(access, client).json()["id"] == str(with_token.pk)
    assert post_ticket(client, authorization=f"Bearer {access}").status_code == 201
    for header in ("Bearer nonsense", "Bearer", "Bearer a b"):
        answer = client.get("/api/v1/me/", headers={"authorization": header})
        assert answer.status_code == 401, header
        client.get("/accounts/password/")
        csrf = client.cookies["csrftoken"].value
        assert post_ticket(client, authorization=header, **{"x-csrftoken": csrf}).status_code == 401


def test_a_token_opens_no_page_and_gives_no_session(client):
    pair = tokens.issue(make_user())
    answer = client.get("/accounts/sessions/", headers={"authorization": f"Bearer {pair.access}"})
    assert answer.status_code == 302
    me(pair.access, client)
    assert "sessionid" not in client.cookies
    assert PASSWORD not in str(client.cookies)
