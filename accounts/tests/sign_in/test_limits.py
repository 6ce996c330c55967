"""Tallies: each hit counts once, many at once count exactly, a window ends when it says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.conf import settings as conf
from django.db import IntegrityError, connection, transaction
from pydantic import ValidationError

from accounts import errors
from accounts.limits import services as limits
from accounts.limits.services import LimitKind
from accounts.models import Tally, Tier
from accounts.tests.factories import make_user
from library.core.config.model import Config, Limit
from library.core.errors import NotAllowed, ServiceUnavailable

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
THREE = Limit(3, 600)


def spend(key="k", kind=LimitKind.OTP, limit=THREE, after=0):
    limits.hit(kind, key, limit=limit, at=MONDAY + timedelta(seconds=after))


def read_config():
    return Config(_env_file=None)  # type: ignore[call-arg]  # pydantic's own argument


def test_as_many_hits_pass_as_the_limit_says_and_the_next_is_told_when():
    for second in (0, 1, 2):
        spend(after=second)
    with pytest.raises(errors.RateLimited) as refused:
        spend(after=10)
    assert (refused.value.code, refused.value.status, refused.value.retry_after) == ("rate_limited", 429, 590)
    assert "10 minutes" in refused.value.detail
    assert Tally.objects.get().count == 3


def test_the_window_opens_with_the_first_hit_and_ends_on_time():
    for second in (0, 1, 2):
        spend(after=second)
    with pytest.raises(errors.RateLimited) as refused:
        spend(after=599.5)
    assert refused.value.retry_after == 1
    spend(after=600)
    tally = Tally.objects.get()
    assert (tally.count, tally.opened_at) == (1, MONDAY + timedelta(seconds=600))


def test_kinds_and_keys_are_counted_apart_and_case_makes_no_difference():
    for _ in range(3):
        spend("Ada@example.org")
    for other in ("eve@example.org", "ada@example.com"):
        spend(other)
    spend("ada@example.org", kind=LimitKind.LOGIN_CLIENT)
    with pytest.raises(errors.RateLimited):
        spend(" ADA@EXAMPLE.ORG ")


def test_nobody_is_counted_for_an_empty_key():
    for _ in range(10):
        spend("")
    limits.undo(LimitKind.OTP, "")
    assert not Tally.objects.exists()


def test_a_refund_takes_back_one_hit_and_never_more_than_there_were():
    spend()
    for _ in range(3):
        limits.undo(LimitKind.OTP, "k")
    assert Tally.objects.get().count == 0
    for _ in range(3):
        spend()
    with pytest.raises(errors.RateLimited):
        spend()


def test_the_table_shows_neither_addresses_nor_clients(settings):
    spend("ada@example.org")
    spend("198.51.100.7", kind=LimitKind.LOGIN_CLIENT)
    kept = str(list(Tally.objects.values()))
    assert "ada" not in kept.lower()
    assert "198.51" not in kept
    before = limits.hash_key(LimitKind.OTP, "ada@example.org")
    settings.SECRET_KEY = "another" * 12
    assert limits.hash_key(LimitKind.OTP, "ada@example.org") != before


def test_what_has_ended_is_swept_and_the_rest_stays():
    spend("old")
    spend("new", after=1)
    assert limits.sweep(at=MONDAY + timedelta(seconds=600)) == 1
    assert Tally.objects.get().key == limits.hash_key(LimitKind.OTP, "new")


def test_a_hit_is_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        spend()
    with django_assert_num_queries(1):
        spend()


@pytest.mark.parametrize(
    "values",
    [{"kind": "otp", "locked_at": MONDAY}, {"kind": "login", "told_at": MONDAY}, {"expires_at": MONDAY}, {"count": -1}],
)
def test_the_database_refuses_what_cannot_be(values):
    row = {"kind": "login", "key": "k", "count": 1, "opened_at": MONDAY, "expires_at": MONDAY + timedelta(minutes=1)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Tally.objects.create(**(row | values))
    Tally.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tally.objects.create(**row)


def test_the_limits_are_those_of_the_requirements():
    assert {kind: tuple(conf.LIMITS[kind]) for kind in ("login", "login_client", "otp", "register_client")} == {
        "login": (5, 900),
        "login_client": (100, 900),
        "otp": (5, 3600),
        "register_client": (20, 3600),
    }
    assert set(conf.LIMITS) == set(LimitKind) - {LimitKind.QUESTIONS}
    assert timedelta(minutes=15) == conf.LOCK_OUT


def test_every_limit_is_a_setting(monkeypatch):
    monkeypatch.setenv("LYCEUM_LIMIT_LOGIN", "7/30m")
    monkeypatch.setenv("LYCEUM_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::1")
    config = read_config()
    assert config.limit_login == (7, 1800)
    assert [str(network) for network in config.trusted_proxies] == ["10.0.0.0/8", "2001:db8::1/128"]


@pytest.mark.parametrize("written", ["5", "5/15", "0/1h", "-1/1h", "5/0m", "five/1h", "5/15m extra", "٥/1h"])
def test_a_limit_that_cannot_be_read_is_told_at_the_start(monkeypatch, written):
    monkeypatch.setenv("LYCEUM_LIMIT_OTP", written)
    with pytest.raises(ValidationError, match="LYCEUM_LIMIT_OTP"):
        read_config()


def test_a_proxy_that_is_no_address_is_told_at_the_start(monkeypatch):
    monkeypatch.setenv("LYCEUM_TRUSTED_PROXIES", "10.0.0.0/8, proxy")
    with pytest.raises(ValidationError, match="proxy"):
        read_config()


def test_questions_are_counted_by_the_readers_tier():
    user, other = make_user(), make_user()
    Tier.objects.update(questions_per_hour=2)
    for who in (user, user, other):
        with limits.question_of(who, at=MONDAY):
            pass
    with pytest.raises(errors.RateLimited) as refused, limits.question_of(user, at=MONDAY + timedelta(minutes=20)):
        pass
    assert refused.value.retry_after == 2400


@pytest.mark.parametrize("most", [None, -1])
def test_a_tier_without_a_number_may_ask_without_end(most):
    user = make_user()
    Tier.objects.update(questions_per_hour=most)
    for _ in range(5):
        with limits.question_of(user):
            pass
    assert not Tally.objects.exists()


def test_a_tier_that_may_not_ask_is_told_so():
    user = make_user()
    Tier.objects.update(questions_per_hour=0)
    with pytest.raises(NotAllowed), limits.question_of(user):
        pass


def test_a_question_that_fails_costs_nothing():
    user = make_user()
    Tier.objects.update(questions_per_hour=1)
    for _ in range(3):
        with pytest.raises(ServiceUnavailable), limits.question_of(user):
            raise ServiceUnavailable
    with limits.question_of(user):
        pass


@pytest.mark.django_db(transaction=True)
def test_of_many_hits_at_once_exactly_as_many_pass_as_may():
    start = Barrier(10)

    def run(_number):
        start.wait()
        try:
            spend(limit=Limit(4, 600))
        except errors.RateLimited:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        passed = list(threads.map(run, range(10)))
    assert (sum(passed), Tally.objects.get().count) == (4, 4)


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_counted_is_not_allowed(client):
    user = make_user()
    body = {"email": user.email, "password": "wrong horse 7"}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_tally RENAME TO accounts_tally_away")
        try:
            answer = client.post("/api/v1/auth/login/", body, "application/json")
        finally:
            cursor.execute("ALTER TABLE accounts_tally_away RENAME TO accounts_tally")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
