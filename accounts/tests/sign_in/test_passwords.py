"""New passwords: reset by a code, changed by who knows the old one; on pages and in the API."""

from __future__ import annotations

import json
import logging
from unittest.mock import patch

import html5lib
import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts import errors
from accounts.models import OneTimeCode, Purpose, User
from accounts.models.sessions import BrowserSession, Ticket, TokenFamily
from accounts.services import credentials
from accounts.services.people import check_password
from accounts.sessions import socket_tickets, tokens
from accounts.sign_in import codes, passwords, steps
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver, other_than
from library.activity.models import Activity
from library.core.errors import InvalidInput
from library.notices.models import Notice

pytestmark = pytest.mark.django_db
NEW = "another horse 8"
RESET, CONFIRM, RESEND, CHANGE, SIGN_IN, SESSIONS = (
    reverse(f"accounts:{name}")
    for name in ("reset", "reset-confirm", "reset-resend", "password", "sign-in", "sessions")
)
AUTH = "/api/v1/auth"


def post(client, path, body, **headers):
    return client.post(f"{AUTH}/{path}/", body, "application/json", headers=headers or None)


def asked(email, client=None):
    """Ask by API; gives the digits that were mailed."""
    answer = post(client or Client(), "otp", {"email": email, "purpose": "reset"})
    assert (answer.status_code, answer.content) == (202, b"")
    return deliver()


def entered(user):
    client = Client()
    client.force_login(user)
    return client


def is_in(client):
    return client.get(SESSIONS).status_code == 200


# By code, on pages


def test_a_reader_who_forgot_the_password_chooses_another(client):
    user = make_user()
    assert RESET in client.get(SIGN_IN).content.decode()
    assert client.post(RESET, {"email": user.address.upper()})["Location"] == CONFIRM
    digits = deliver()
    page = client.get(CONFIRM)
    assert b'autocomplete="new-password"' in page.content
    assert "no-store" in page["Cache-Control"]
    answer = client.post(CONFIRM, {"code": f"{digits[:3]} {digits[3:]}", "password": NEW})
    assert answer["Location"] == SIGN_IN
    assert "Sign in again." in client.get(SIGN_IN).content.decode()
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert not user.check_password(PASSWORD)
    assert client.get(CONFIRM)["Location"] == RESET


def test_the_page_says_the_same_for_known_and_unknown_addresses():
    known, gone = make_user(), make_user()
    User.objects.filter(pk=gone.pk).update(is_active=False)
    seen = []
    for email in (known.address, "nobody@example.org", gone.address):
        client = Client()
        with CaptureQueriesContext(connection) as queries:
            with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as work:
                first = client.post(RESET, {"email": email})
        page = client.get(CONFIRM)
        assert deliver() or email != known.address
        wrong = client.post(CONFIRM, {"code": "000000", "password": NEW})
        body = page.content.decode().replace(email, "").replace(str(page.context["csrf_token"]), "")
        sentence = wrong.context["form"].errors["code"]
        seen.append(
            (first.status_code, first["Location"], len(queries), work.call_count, body, wrong.status_code, sentence)
        )
    assert seen[0] == seen[1] == seen[2]


def test_an_unknown_address_is_told_that_it_has_no_account_and_no_code_works():
    row = credentials.ask_to_reset(email="nobody@example.org")
    assert deliver() == ""
    assert mail.outbox[-1].to == ["nobody@example.org"]
    assert "There is no account" in mail.outbox[-1].subject
    row.refresh_from_db()
    assert row.code_hash not in {codes.hash_code(row, f"{number:06d}") for number in range(0, 10**6, 997)}


def test_a_wrong_code_is_counted_and_the_fifth_burns_it(client):
    user = make_user()
    client.post(RESET, {"email": user.email})
    digits = deliver()
    for left in (4, 3, 2, 1):
        page = client.post(CONFIRM, {"code": other_than(digits), "password": NEW})
        assert page.status_code == 422
        assert str(left) in page.content.decode() or left == 1
    client.post(CONFIRM, {"code": other_than(digits), "password": NEW})
    assert client.post(CONFIRM, {"code": digits, "password": NEW}).status_code == 422
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_bad_password_costs_no_attempt_and_stands_beside_its_field(client):
    user = make_user()
    client.post(RESET, {"email": user.email})
    digits = deliver()
    for bad in ("short1", "onlyletters", "12345678901", "password1", "x1" * 51):
        page = client.post(CONFIRM, {"code": digits, "password": bad})
        assert page.status_code == 422
        assert page.context["form"].errors["password"]
        assert "code" not in page.context["form"].errors
        assert bad not in page.content.decode()
    assert OneTimeCode.objects.get().attempts == 0


def test_likeness_to_the_name_is_told_only_to_who_has_the_code():
    user = make_user(full_name="Wilhelmina Braithwaite")
    digits = asked(user.email)
    with pytest.raises(errors.CodeWrong):
        credentials.reset(email=user.address, digits=other_than(digits), password="Braithwaite1")
    with pytest.raises(InvalidInput):
        credentials.reset(email=user.address, digits=digits, password="Braithwaite1")
    assert credentials.reset(email=user.address, digits=digits, password=NEW) == user


def test_another_code_may_be_asked_for_after_a_minute(client):
    user = make_user()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post(RESET, {"email": user.email})
        first = deliver()
        assert client.post(RESEND).status_code == 422
        clock.shift(60)
        assert client.post(RESEND)["Location"] == CONFIRM
        second = deliver()
        if first != second:
            assert client.post(CONFIRM, {"code": first, "password": NEW}).status_code == 422
        assert client.post(CONFIRM, {"code": second, "password": NEW}).status_code == 302


def test_steps_out_of_order_lead_to_the_first(client):
    for url in (CONFIRM, RESEND):
        for answer in (client.get(url), client.post(url, {"code": "123456", "password": NEW})):
            assert answer["Location"] == RESET


def test_who_is_signed_in_has_no_use_for_the_reset():
    assert entered(make_user()).get(RESET).status_code == 302


def test_the_new_password_signs_in_with_a_code_and_the_old_one_does_not(client):
    user = make_user()
    credentials.reset(email=user.address, digits=asked(user.address), password=NEW)
    assert post(client, "login", {"email": user.email, "password": PASSWORD}).status_code == 401
    assert post(client, "login", {"email": user.email, "password": NEW}).status_code == 202


# By code, in the API


def test_a_client_resets_a_password(client):
    user = make_user()
    digits = asked(user.email)
    answer = post(client, "reset", {"email": user.email, "otp": digits, "password": NEW})
    assert (answer.status_code, answer.json()) == (200, {})
    user.refresh_from_db()
    assert user.check_password(NEW)
    again = post(client, "reset", {"email": user.email, "otp": digits, "password": NEW + "x"})
    assert (again.status_code, again.json()["code"]) == (400, "code_spent")


def test_the_api_answers_the_same_for_known_and_unknown_addresses(client):
    make_user(email="known@example.org")
    seen = []
    for email in ("known@example.org", "unknown@example.org"):
        with CaptureQueriesContext(connection) as asking:
            first = post(client, "otp", {"email": email, "purpose": "reset"})
        deliver()
        with CaptureQueriesContext(connection) as trying:
            wrong = post(client, "reset", {"email": email, "otp": "000000", "password": NEW})
        again = post(client, "otp", {"email": email, "purpose": "reset"})
        seen.append(
            (
                first.status_code,
                first.content,
                len(asking),
                wrong.status_code,
                wrong.json(),
                len(trying),
                again.status_code,
                again.json()["code"],
            )
        )
    assert seen[0] == seen[1]


def test_asking_walks_the_same_statements_for_known_and_unknown_addresses():
    make_user(email="known@example.org")
    walked = []
    for email in ("known@example.org", "nobody@example.org"):
        with CaptureQueriesContext(connection) as queries:
            credentials.ask_to_reset(email=email)
        walked.append([query["sql"].split("'")[0].split(' "s1')[0] for query in queries])
    assert walked[0] == walked[1]


def test_a_code_opens_nothing_for_another_purpose_or_address(client):
    one, two = make_user(), make_user()
    reset_code = asked(one.email)
    assert post(client, "reset", {"email": two.email, "otp": reset_code, "password": NEW}).status_code == 400
    registering = {"email": one.email, "otp": reset_code, "password": NEW, "full_name": "X Y"}
    assert post(client, "register", registering).status_code == 400
    challenge = post(client, "login", {"email": two.email, "password": PASSWORD}).json()["challenge"]
    login_code = deliver()
    assert post(client, "reset", {"email": two.email, "otp": login_code, "password": NEW}).status_code == 400
    if login_code != reset_code:
        assert post(client, "login", {"challenge": challenge, "otp": reset_code}).status_code == 400
    new = post(client, "otp", {"email": "new@example.org", "purpose": "register"})
    assert new.status_code == 202
    assert post(client, "reset", {"email": "new@example.org", "otp": deliver(), "password": NEW}).status_code == 400
    assert {user.check_password(PASSWORD) for user in User.objects.all()} == {True}


def test_a_code_ends_after_ten_minutes():
    user = make_user()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        digits = asked(user.email)
        clock.shift(600)
        with pytest.raises(errors.CodeSpent):
            credentials.reset(email=user.address, digits=digits, password=NEW)


def test_who_was_kept_out_meanwhile_gets_no_new_password():
    user = make_user()
    digits = asked(user.email)
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(errors.CodeSpent):
        credentials.reset(email=user.address, digits=digits, password=NEW)
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"otp": 123456}, "otp"),
        ({"otp": "12345"}, "otp"),
        ({"otp": None}, "otp"),
        ({"password": 7}, "password"),
        ({"password": "short1"}, "password"),
        ({"password": "a1\x00aaaaaa"}, "password"),
        ({"password": "a1" * 51}, "password"),
        ({"email": "nobody"}, "email"),
        ({"email": ["a@b.de"]}, "email"),
        ({"email": "a\r\nBcc: x@example.org"}, "email"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field(client, values, field):
    user = make_user()
    body = {"email": user.email, "otp": asked(user.email), "password": NEW} | values
    answer = client.post(f"{AUTH}/reset/", json.dumps(body), "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert set(answer.json()["fields"]) == {field}
    assert OneTimeCode.objects.get().attempts == 0


def test_nothing_else_of_the_account_can_be_set_along(client):
    user = make_user()
    body = {"email": user.email, "otp": asked(user.email), "password": NEW, "role": "administrator", "is_staff": True}
    assert post(client, "reset", body).status_code == 200
    user.refresh_from_db()
    assert (user.role, user.is_staff) == ("patron", False)


def test_nothing_secret_is_logged(client, caplog):
    user = make_user()
    with caplog.at_level(logging.DEBUG):
        digits = asked(user.email)
        post(client, "reset", {"email": user.email, "otp": digits, "password": NEW})
        entered(User.objects.get()).post(CHANGE, {"old_password": NEW, "password": PASSWORD})
    for secret in (digits, NEW, PASSWORD):
        assert secret not in caplog.text


# By the old one


def test_a_reader_changes_the_password_and_stays_signed_in_here_alone():
    user = make_user()
    here, there = entered(user), entered(user)
    before = here.cookies["sessionid"].value
    assert here.get(CHANGE).status_code == 200
    answer = here.post(CHANGE, {"old_password": PASSWORD, "password": NEW})
    assert answer["Location"] == SESSIONS
    assert is_in(here)
    assert not is_in(there)
    assert here.cookies["sessionid"].value != before
    assert BrowserSession.objects.filter(user=user).count() == 1
    planted = Client()
    planted.cookies["sessionid"] = before
    assert not is_in(planted)


def test_changing_asks_for_the_old_password(client):
    assert client.get(CHANGE).status_code == 302
    user = make_user()
    client = entered(user)
    for body, field in [
        ({"old_password": "wrong horse 7", "password": NEW}, "old_password"),
        ({"password": NEW}, "old_password"),
        ({"old_password": PASSWORD, "password": "short1"}, "password"),
        ({"old_password": PASSWORD, "password": user.email}, "password"),
        ({"old_password": PASSWORD, "password": PASSWORD}, "password"),
        ({"old_password": PASSWORD}, "password"),
    ]:
        page = client.post(CHANGE, body)
        assert page.status_code == 422
        assert set(page.context["form"].errors) == {field}
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert not Notice.objects.exists()


def test_a_client_changes_the_password_and_gets_new_tokens(client):
    user = make_user()
    pair, other = tokens.issue(user), tokens.issue(user)
    answer = post(
        client, "password", {"old_password": PASSWORD, "password": NEW}, authorization=f"Bearer {pair.access}"
    )
    assert answer.status_code == 200
    for old in (pair, other):
        assert client.get("/api/v1/me/", headers={"authorization": f"Bearer {old.access}"}).status_code == 401
        assert post(client, "token/refresh", {"refresh": old.refresh}).status_code == 401
    new = answer.json()
    assert client.get("/api/v1/me/", headers={"authorization": f"Bearer {new['access']}"}).status_code == 200
    assert post(client, "token/refresh", {"refresh": new["refresh"]}).status_code == 200


def test_a_client_with_a_session_changes_the_password_and_keeps_it():
    user = make_user()
    here, there = entered(user), entered(user)
    answer = post(here, "password", {"old_password": PASSWORD, "password": NEW})
    assert (answer.status_code, answer.content) == (204, b"")
    assert is_in(here)
    assert not is_in(there)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = here.cookies
    assert post(strict, "password", {"old_password": NEW, "password": PASSWORD}).status_code == 403


def test_the_api_says_what_is_wrong_with_a_change(client):
    assert post(client, "password", {"old_password": PASSWORD, "password": NEW}).status_code == 401
    client = entered(make_user())
    wrong = post(client, "password", {"old_password": "wrong horse 7", "password": NEW})
    assert (wrong.status_code, wrong.json()["code"], set(wrong.json()["fields"])) == (
        400,
        "password_wrong",
        {"old_password"},
    )
    bad = post(client, "password", {"old_password": PASSWORD, "password": "short1"})
    assert (bad.status_code, set(bad.json()["fields"])) == (400, {"password"})


# What follows


def signed_in_everywhere(user):
    return [entered(user), entered(user)], [tokens.issue(user), tokens.issue(user)]


@pytest.mark.parametrize("way", ["reset", "change"])
def test_a_new_password_ends_everything_and_tells_the_owner(client, way):
    user, bystander = make_user(), make_user()
    browsers, pairs = signed_in_everywhere(user)
    begun = steps.begin(email=user.address, password=PASSWORD)
    login_code = deliver()
    socket_tickets.issue(user=user)
    elsewhere = tokens.issue(bystander)
    if way == "reset":
        credentials.reset(email=user.address, digits=asked(user.address), password=NEW)
    else:
        credentials.change_password(user=user, old_password=PASSWORD, password=NEW)
    assert not any(is_in(browser) for browser in browsers)
    for pair in pairs:
        assert client.get("/api/v1/me/", headers={"authorization": f"Bearer {pair.access}"}).status_code == 401
        assert post(client, "token/verify", {"token": pair.access}).status_code == 401
        assert post(client, "token/refresh", {"refresh": pair.refresh}).status_code == 401
    with pytest.raises(errors.ChallengeGone):
        steps.finish(challenge=begun.challenge, digits=login_code)
    assert not Ticket.objects.exists()
    assert not TokenFamily.objects.filter(user=user, ended_at=None).exists()
    assert client.get("/api/v1/me/", headers={"authorization": f"Bearer {elsewhere.access}"}).status_code == 200
    assert [(notice.user, notice.kind) for notice in Notice.objects.all()] == [(user, "password_changed")]
    assert Activity.objects.filter(verb="account.password_changed", subject=user, actor=user).count() == 1


def test_who_proved_the_old_password_a_moment_ago_begins_no_sign_in():
    user = make_user()

    def overtake(**_credentials):
        stale = User.objects.get(pk=user.pk)
        credentials.change_password(user=user, old_password=PASSWORD, password=NEW)
        return stale

    with patch("accounts.sign_in.steps.authenticate", lambda _request, **given: overtake(**given)):
        with pytest.raises(errors.WrongCredentials):
            steps.begin(email=user.address, password=PASSWORD)
    assert not OneTimeCode.objects.filter(purpose=Purpose.LOGIN).exists()


def test_a_notice_that_cannot_be_written_changes_no_password():
    user = make_user()
    with patch("library.notices.services.queue", side_effect=RuntimeError), pytest.raises(RuntimeError):
        credentials.change_password(user=user, old_password=PASSWORD, password=NEW)
    user.refresh_from_db()
    assert (user.check_password(PASSWORD), user.token_epoch) == (True, 0)


# The rules


def test_every_page_for_a_new_password_lists_its_rules_without_javascript(client):
    user = make_user()
    client.post(RESET, {"email": user.email})
    pages = [client.get(CONFIRM), entered(user).get(CHANGE)]
    client.post(reverse("accounts:register"), {"email": "new@example.org"})
    pages.append(client.get(reverse("accounts:register-confirm")))
    for page in pages:
        html = page.content.decode()
        for rule in passwords.rules():
            assert rule.sentence in html
        assert 'aria-describedby="id_password_helptext"' in html
        assert 'id="id_password_helptext"' in html
        assert "js/password.js" in html
        html5lib.HTMLParser(strict=True).parse(page.content)


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("abcdef 7", True),
        ("abcde 7", False),
        ("äöü-ßéñ7", True),
        ("q" * 99 + "7", True),
        ("q" * 100 + "7", False),
        ("zwölf zwölf", False),
        ("4711 4711 08", False),
    ],
)
def test_the_rules_that_are_shown_are_those_that_decide(password, is_good):
    shown = {
        "shortest": lambda rule: len(password) >= rule.number,
        "longest": lambda rule: len(password) <= rule.number,
        "letter": lambda rule: any(sign.isalpha() for sign in password),
        "digit": lambda rule: any(sign.isdecimal() for sign in password),
    }
    assert all(shown[rule.check](rule) for rule in passwords.rules() if rule.check) is is_good
    if is_good:
        check_password(password, User())
    else:
        with pytest.raises(InvalidInput):
            check_password(password, User())


# Hostile input


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(
    body=st.dictionaries(
        st.sampled_from(["email", "otp", "password", "old_password", "refresh", "token", "purpose"]),
        st.one_of(
            st.text(max_size=40), st.integers(), st.none(), st.lists(st.text(max_size=3), max_size=2), st.booleans()
        ),
    )
)
def test_no_body_is_a_fault_of_the_server(client, body):
    for path in ("otp", "reset", "password", "token/refresh", "token/verify", "logout", "ticket"):
        answer = client.post(f"{AUTH}/{path}/", json.dumps(body), "application/json")
        assert answer.status_code in {400, 401, 202, 429}, (path, body, answer.content)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(text=st.text(max_size=200))
def test_no_form_is_a_fault_of_the_server(text):
    sent = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    visitor = Client()
    session = visitor.session
    session["accounts.resetting"] = "nobody@example.org"
    session.save()
    assert visitor.post(RESET, {"email": sent}).status_code in {302, 422}
    assert visitor.post(CONFIRM, {"code": sent, "password": sent}).status_code in {302, 422}


# Limits


def test_guessing_the_present_password_locks_sign_in_and_counts_together_with_it(settings):
    user = make_user()
    client = entered(user)
    most, _seconds = settings.LIMITS["login"]
    for _ in range(most):
        assert client.post(CHANGE, {"old_password": "wrong horse 7", "password": NEW}).status_code == 422
    page = client.post(CHANGE, {"old_password": PASSWORD, "password": NEW})
    assert page.status_code == 429
    assert int(page["Retry-After"]) > 0
    answer = post(client, "password", {"old_password": PASSWORD, "password": NEW})
    assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")
    assert post(Client(), "login", {"email": user.email, "password": PASSWORD}).status_code == 429
    assert User.objects.get().check_password(PASSWORD)


def test_a_reset_opens_a_locked_account(client, settings):
    user = make_user()
    for _ in range(settings.LIMITS["login"][0]):
        post(client, "login", {"email": user.email, "password": "wrong horse 7"})
    assert post(client, "login", {"email": user.email, "password": PASSWORD}).status_code == 429
    credentials.reset(email=user.address, digits=asked(user.address), password=NEW)
    assert post(client, "login", {"email": user.email, "password": NEW}).status_code == 202


def test_a_password_that_breaks_a_rule_is_no_failed_sign_in(settings):
    user = make_user()
    client = entered(user)
    for _ in range(settings.LIMITS["login"][0] + 1):
        assert client.post(CHANGE, {"old_password": PASSWORD, "password": "short1"}).status_code == 422
    assert client.post(CHANGE, {"old_password": PASSWORD, "password": NEW}).status_code == 302


def test_asking_for_codes_is_limited_by_client_address(settings):
    settings.COUNT_LOOPBACK = True
    settings.LIMITS = settings.LIMITS | {"reset_client": (2, 3600)}
    answers = [
        post(Client(), "otp", {"email": f"nobody{number}@example.org", "purpose": "reset"}) for number in range(3)
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    page = Client().post(RESET, {"email": "nobody9@example.org"})
    assert (page.status_code, int(page["Retry-After"]) > 0) == (429, True)
