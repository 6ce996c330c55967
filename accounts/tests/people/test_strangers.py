"""What strangers try with somebody's address does not shut its owner out; nor does a clock that was set back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.test import Client

from accounts import errors
from accounts.limits import services as limits
from accounts.models import OneTimeCode, Purpose, User
from accounts.services import credentials
from accounts.sessions.device_cookies import COOKIE
from accounts.sign_in import codes, steps
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver, digits_in, other_than

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
STRANGER, OWNER = "203.0.113.5", "198.51.100.7"
NEW = "other horse 8"


@pytest.fixture
def owner() -> User:
    return make_user(email="ada@example.org")


def ask(client, minute=0, device=""):
    at = MONDAY + timedelta(minutes=minute)
    row = credentials.ask_to_reset(email="ada@example.org", client=client, device=device, at=at)
    assert codes.send(code_id=row.pk, at=at)
    return digits_in(str(mail.outbox[-1].body))


def reset(digits, client, minute, device=""):
    at = MONDAY + timedelta(minutes=minute)
    return credentials.reset(email="ada@example.org", digits=digits, password=NEW, client=client, device=device, at=at)


def test_five_requests_of_a_stranger_leave_the_owner_theirs(owner):
    for minute in range(5):
        ask(STRANGER, minute)
    with pytest.raises(errors.RateLimited):
        ask(STRANGER, 5)
    assert reset(ask(OWNER, 5), OWNER, 6) == owner


def test_a_code_lives_on_whatever_strangers_ask_for_after_it_and_the_cool_down_is_each_one_s_own(owner):
    digits = ask(OWNER, 0)
    for minute in range(3):
        ask(STRANGER, minute)
    with pytest.raises(errors.CodeTooSoon):
        ask(OWNER, 0.5)
    assert reset(digits, OWNER, 4) == owner


def test_the_last_code_lives_on_when_no_other_is_given(owner):
    digits = [ask(OWNER, minute) for minute in range(5)][-1]
    with pytest.raises(errors.RateLimited):
        ask(OWNER, 5)
    assert reset(digits, OWNER, 6) == owner


def test_a_stranger_cannot_use_up_the_attempts_of_the_owner_s_code(owner, settings):
    digits = ask(OWNER)
    for _ in range(settings.LIMITS["otp_stray"][0]):
        with pytest.raises(errors.CodeWrong):
            reset(other_than(digits), STRANGER, 1)
    with pytest.raises(errors.RateLimited):
        reset(other_than(digits), STRANGER, 1)
    assert OneTimeCode.objects.get().attempts == 0
    assert reset(digits, OWNER, 2) == owner


def test_a_code_is_good_from_another_network_than_it_was_asked_in(owner):
    assert reset(ask(OWNER), "192.0.2.77", 1) == owner


def test_a_used_code_ends_all_others_of_the_address(owner):
    of_stranger = ask(STRANGER)
    reset(ask(OWNER, 1), OWNER, 2)
    with pytest.raises(errors.CodeSpent):
        reset(of_stranger, STRANGER, 3)


def test_a_crowd_of_strangers_fills_no_mailbox_and_a_known_browser_is_heard_all_the_same(owner, settings):
    settings.LIMITS = settings.LIMITS | {"otp_strangers": (3, 3600)}
    for number in range(3):
        ask(f"203.0.113.{number}", number)
    with pytest.raises(errors.RateLimited):
        ask("203.0.113.9", 4)
    assert reset(ask(OWNER, 5, device="d" * 32), OWNER, 6, device="d" * 32) == owner


def sign_in_at(client, email, password=PASSWORD):
    return client.post("/accounts/sign-in/", {"email": email, "password": password})


def signed_in(client, user):
    assert sign_in_at(client, user.email)["Location"] == "/accounts/sign-in/code/"
    return client.post("/accounts/sign-in/code/", {"code": deliver()})


@pytest.mark.django_db
def test_a_browser_that_knows_the_account_signs_in_while_strangers_are_locked_out(owner, settings):
    known, stranger = Client(), Client()
    signed_in(known, owner)
    known.post("/accounts/sign-out/")
    OneTimeCode.objects.update(created_at=MONDAY)  # not a minute ago
    for _ in range(settings.LIMITS["login"][0]):
        assert sign_in_at(stranger, owner.email, "wrong horse 7").status_code == 422
    assert sign_in_at(stranger, owner.email).status_code == 429

    assert signed_in(known, owner).status_code == 302
    assert known.get("/accounts/sessions/").status_code == 200
    # and proving it there gives strangers no further tries
    assert sign_in_at(stranger, owner.email).status_code == 429


def test_a_known_browser_is_locked_out_too_when_it_guesses(owner, settings):
    known = Client()
    signed_in(known, owner)
    known.post("/accounts/sign-out/")
    for _ in range(settings.LIMITS["login"][0]):
        assert sign_in_at(known, owner.email, "wrong horse 7").status_code == 422
    assert sign_in_at(known, owner.email).status_code == 429


def test_a_browser_knows_one_account_alone_and_a_made_up_cookie_none(owner, rf):
    from accounts.sessions.device_cookies import device_of

    known, other = Client(), make_user()
    cookie = signed_in(known, owner).cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert owner.email not in cookie.value
    for value, email, is_known in (
        (cookie.value, owner.address.upper(), True),
        (cookie.value, other.email, False),
        (cookie.value[:-1] + "x", owner.email, False),
        ("", owner.email, False),
        ("a:b:c", owner.email, False),
    ):
        request = rf.get("/", headers={"cookie": f'{COOKIE}="{value}"'})
        assert bool(device_of(request, str(email))) is is_known


# A clock that was set back by an hour: what was counted is an hour ahead.


def test_nobody_waits_longer_for_a_code_than_the_cool_down(owner):
    codes.request_code(email=owner.address, purpose=Purpose.RESET, at=MONDAY)
    codes.request_code(email=owner.address, purpose=Purpose.RESET, at=MONDAY - timedelta(hours=1))
    with pytest.raises(errors.CodeTooSoon) as told:
        codes.request_code(email=owner.address, purpose=Purpose.RESET, at=MONDAY - timedelta(minutes=59, seconds=50))
    assert told.value.retry_after <= 60


@pytest.mark.parametrize("kind", [kind for kind in limits.LimitKind if kind != "questions"])
def test_nobody_waits_longer_at_any_limit_than_its_window(kind, settings):
    settings.LIMITS = dict.fromkeys(settings.LIMITS, (2, 600))
    settings.LOCK_OUT = timedelta(seconds=900)
    longest = 900 if kind == "login" else 600
    for _ in range(2):
        limits.hit(kind, "ada@example.org", at=MONDAY)
    with pytest.raises(errors.RateLimited) as told:  # clocks of two machines differ: it is the same window
        limits.hit(kind, "ada@example.org", at=MONDAY - timedelta(seconds=30))
    assert told.value.retry_after <= longest
    limits.hit(kind, "ada@example.org", at=MONDAY - timedelta(hours=1))


def test_no_lock_out_outlasts_its_length_by_a_clock_that_was_set_back(settings):
    settings.LIMITS = settings.LIMITS | {"login": (1, 600)}
    settings.LOCK_OUT = timedelta(seconds=900)
    limits.hit(limits.LimitKind.LOGIN, "ada@example.org", at=MONDAY)
    limits.record_failure("ada@example.org", at=MONDAY)
    with pytest.raises(errors.LockedOut) as told:
        limits.check_not_locked_out("ada@example.org", at=MONDAY - timedelta(seconds=30))
    assert told.value.retry_after == 900
    limits.check_not_locked_out("ada@example.org", at=MONDAY - timedelta(hours=1))
    with pytest.raises(errors.WrongCredentials):
        steps.begin(email="ada@example.org", password="wrong horse 7", at=MONDAY - timedelta(hours=1))
