"""Signing in on pages: password, then code, in one browser."""

from __future__ import annotations

import logging
from unittest.mock import patch

import html5lib
import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import errors
from accounts.limits import services as limits
from accounts.models import OneTimeCode, User
from accounts.sign_in import steps
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from accounts.tests.helpers import deliver, other_than

pytestmark = pytest.mark.django_db
SIGN_IN, CODE, RESEND, OUT = (
    reverse(f"accounts:{name}") for name in ("sign-in", "sign-in-code", "sign-in-resend", "sign-out")
)
HOME = reverse("pages:home")


def begin(client, user, **values):
    """The first page; gives the digits that were mailed."""
    answer = client.post(SIGN_IN, {"email": user.email, "password": PASSWORD, **values})
    assert answer.status_code == 302, answer.content
    assert answer["Location"] == CODE
    return deliver()


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_a_reader_signs_in_with_password_and_code(client):
    user = make_user()
    page = client.get(SIGN_IN)
    assert b'autocomplete="email"' in page.content
    assert b'autocomplete="current-password"' in page.content
    digits = begin(client, user)
    assert not is_signed_in(client)
    page = client.get(CODE)
    assert b'autocomplete="one-time-code"' in page.content
    assert b'inputmode="numeric"' in page.content
    assert "no-store" in page["Cache-Control"]
    assert digits.encode() not in page.content
    assert client.post(CODE, {"code": digits})["Location"] == HOME
    assert is_signed_in(client)
    user.refresh_from_db()
    assert user.last_login is not None


def test_the_address_may_be_written_in_any_case(client):
    user = make_user()
    answer = client.post(SIGN_IN, {"email": f" {user.address.upper()} ", "password": PASSWORD})
    assert answer["Location"] == CODE


def test_a_wrong_password_and_an_unknown_address_look_the_same_and_cost_the_same_work(client):
    user, gone = make_user(), make_user()
    User.objects.filter(pk=gone.pk).update(is_active=False)
    tries = [(user.email, "wrong horse 7"), ("nobody@example.org", "wrong horse 7"), (gone.email, PASSWORD)]
    seen = []
    for email, password in tries:
        with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as work:
            page = client.post(SIGN_IN, {"email": email, "password": password})
        body = page.content.decode().replace(email, "")
        token = str(page.context["csrf_token"])
        seen.append((page.status_code, body.replace(token, ""), work.call_count))
    assert seen[0] == seen[1] == seen[2]
    assert (seen[0][0], seen[0][2]) == (422, 1)
    assert "This address and password do not belong together." in seen[0][1]
    assert not OneTimeCode.objects.exists()


def test_the_session_gets_a_new_key_at_each_step(client):
    user = make_user()
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    keys = [client.session.session_key]
    digits = begin(client, user)
    keys.append(client.session.session_key)
    client.post(CODE, {"code": digits})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3


def test_the_code_works_only_in_the_browser_of_the_password(client):
    user = make_user()
    digits = begin(client, user)
    other = Client()
    assert other.post(CODE, {"code": digits})["Location"] == SIGN_IN
    assert not is_signed_in(other)
    other_user = make_user()
    begin(other, other_user)
    if other.post(CODE, {"code": digits}).status_code == 302:  # one time in a million the codes are the same
        assert other.session["_auth_user_id"] == str(other_user.pk)
    assert client.post(CODE, {"code": digits})["Location"] == HOME


def test_neither_challenge_nor_code_is_kept_readable_in_the_database(client):
    digits = begin(client, make_user())
    challenge = client.session["accounts.signing_in"]["challenge"]
    row = OneTimeCode.objects.values().get()
    kept = str({name: value for name, value in row.items() if name not in {"id", "user_id"}})
    assert challenge not in kept
    assert digits not in kept.replace(row["code_hash"], "").replace(row["challenge_hash"], "")
    assert len(row["challenge_hash"]) == len(row["code_hash"]) == 64


def test_nothing_secret_is_logged(client, caplog):
    with caplog.at_level(logging.DEBUG):
        digits = begin(client, make_user())
        challenge = client.session["accounts.signing_in"]["challenge"]
        client.post(CODE, {"code": other_than(digits)})
        client.post(CODE, {"code": digits})
    for secret in (digits, challenge, PASSWORD):
        assert secret not in caplog.text


def test_a_code_works_once(client):
    user = make_user()
    digits = begin(client, user)
    pending = dict(client.session["accounts.signing_in"])
    client.post(CODE, {"code": digits})
    client.post(OUT)
    session = client.session
    session["accounts.signing_in"] = pending
    session.save()
    client.cookies["sessionid"] = session.session_key
    assert client.post(CODE, {"code": digits})["Location"] == SIGN_IN
    assert not is_signed_in(client)


def test_a_wrong_code_is_told_beside_the_field_and_the_fifth_burns_it(client):
    digits = begin(client, make_user())
    for _ in range(4):
        page = client.post(CODE, {"code": other_than(digits)})
        assert page.status_code == 422
        assert "left" in page.context["form"].errors["code"][0]
    assert "no longer works" in client.post(CODE, {"code": other_than(digits)}).context["form"].errors["code"][0]
    assert client.post(CODE, {"code": digits}).status_code == 429
    limits.reset(email=User.objects.get().address)
    assert client.post(CODE, {"code": digits}).status_code == 422
    assert not is_signed_in(client)


def test_a_sign_in_ends_after_ten_minutes(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        digits = begin(client, make_user(), next="/loans/")
        clock.shift(600)
        answer = client.post(CODE, {"code": digits})
        assert answer["Location"] == f"{SIGN_IN}?next=%2Floans%2F"
        assert not is_signed_in(client)
        assert b"took too long" in client.get(answer["Location"]).content


def test_another_code_comes_after_a_minute_and_ends_the_first(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = begin(client, make_user())
        page = client.post(RESEND)
        assert page.status_code == 422
        assert b"try again in 60 s" in page.content
        clock.shift(61)
        assert client.post(RESEND)["Location"] == CODE
        second = deliver()
        assert "9 minutes" in mail.outbox[-1].body
        if first != second:
            assert client.post(CODE, {"code": first}).status_code == 422
        assert client.post(CODE, {"code": second})["Location"] == HOME


def test_another_code_does_not_make_the_sign_in_longer(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        begin(client, make_user())
        clock.shift(580)
        client.post(RESEND)
        digits = deliver()
        clock.shift(20)
        assert client.post(CODE, {"code": digits})["Location"] == SIGN_IN


def test_who_gives_the_password_again_within_the_minute_comes_to_the_code_page(client):
    user = make_user()
    digits = begin(client, user)
    assert client.post(SIGN_IN, {"email": user.address.upper(), "password": PASSWORD})["Location"] == CODE
    assert client.post(CODE, {"code": digits})["Location"] == HOME


def test_a_second_browser_within_the_minute_is_told_to_wait(client):
    user = make_user()
    begin(client, user)
    page = Client().post(SIGN_IN, {"email": user.email, "password": PASSWORD})
    assert page.status_code == 422
    assert b"less than a minute ago" in page.content


def test_after_a_finished_sign_in_the_next_one_need_not_wait(client):
    user = make_user()
    client.post(CODE, {"code": begin(client, user)})
    client.post(OUT)
    assert client.post(CODE, {"code": begin(client, user)})["Location"] == HOME


def test_who_is_kept_out_between_the_steps_stays_out(client):
    user = make_user()
    digits = begin(client, user)
    User.objects.update(is_active=False)
    assert client.post(CODE, {"code": digits})["Location"] == SIGN_IN
    assert not is_signed_in(client)


def test_keeping_somebody_out_ends_their_session(client):
    user = make_user()
    client.force_login(user)
    assert client.get(SIGN_IN).status_code == 302
    User.objects.update(is_active=False)
    assert client.get(SIGN_IN).status_code == 200


@pytest.mark.parametrize("wanted", ["/catalogue/?q=a&page=2", "http://testserver/desk/"])
def test_the_page_that_was_wanted_comes_after_signing_in(client, wanted):
    assert client.post(CODE, {"code": begin(client, make_user(), next=wanted)})["Location"] == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\x01//evil.example",
        "http:///evil.example",
        "https://testserver@evil.example/",
        "///evil.example",
    ],
)
def test_no_page_elsewhere_comes_after_signing_in(client, wanted):
    user = make_user()
    assert client.post(CODE, {"code": begin(client, user, next=wanted)})["Location"] == HOME
    assert client.get(SIGN_IN, {"next": wanted})["Location"] == HOME


def test_the_wanted_page_goes_from_address_to_form_escaped(client):
    page = client.get(SIGN_IN, {"next": '/x"><script>'})
    assert b'value="/x&quot;&gt;&lt;script&gt;"' in page.content
    assert b"<script>" not in page.content


def test_readers_sign_in_without_a_code_where_the_library_says_so_but_staff_never(client, settings):
    settings.ACCOUNTS_OTP_FOR_LOGIN = "staff"
    reader, librarian = make_user(), make_librarian()
    begin(client, librarian)
    assert not is_signed_in(client)
    before = client.session.session_key
    assert (
        client.post(SIGN_IN, {"email": reader.email, "password": PASSWORD, "next": "//evil.example"})["Location"]
        == HOME
    )
    assert is_signed_in(client)
    assert client.session.session_key != before


def test_signing_out_is_a_post(client):
    client.force_login(make_user())
    assert client.get(OUT).status_code == 405
    assert is_signed_in(client)
    assert client.post(OUT)["Location"] == HOME
    assert not is_signed_in(client)


def test_forms_are_refused_without_their_token():
    careful = Client(enforce_csrf_checks=True)
    for url in (SIGN_IN, CODE, RESEND, OUT, reverse("accounts:register")):
        assert careful.post(url, {}).status_code == 403


def test_pages_of_signing_in_send_a_signed_in_reader_on(client):
    client.force_login(make_user())
    for url in (SIGN_IN, CODE, reverse("accounts:register"), reverse("accounts:register-confirm")):
        assert client.get(url)["Location"] == HOME


@pytest.mark.parametrize("url", [CODE, RESEND])
def test_the_second_step_leads_to_the_first_where_nothing_was_begun(client, url):
    assert client.post(url, {"code": "123456"})["Location"] == SIGN_IN


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"email": "x" * 300},
        {"email": "a@b.de\x00", "password": "\x00"},
        {"email": "a@example.org", "password": "p" * 101},
    ],
)
def test_what_cannot_be_right_is_told_beside_its_field(client, given):
    page = client.post(SIGN_IN, given)
    assert page.status_code == 422
    assert page.context["form"].errors


def test_a_made_up_challenge_is_refused():
    for challenge in ("", "x", "\x00"):
        with pytest.raises(errors.ChallengeGone):
            steps.finish(challenge=challenge, digits="123456")
        with pytest.raises(errors.ChallengeGone):
            steps.send_again(challenge=challenge)


def test_the_pages_are_valid_html_with_a_label_for_each_field(client):
    register, confirm = reverse("accounts:register"), reverse("accounts:register-confirm")
    seen = []
    for url in (SIGN_IN, register):
        seen += [client.get(url), client.post(url, {})]
    client.post(register, {"email": "new@example.org"})
    begin(client, make_user())
    for url in (confirm, CODE):
        seen += [client.get(url), client.post(url, {})]
    seen += [client.post(RESEND), client.post(reverse("accounts:register-resend"))]
    assert [page.status_code for page in seen] == [200, 422] * 4 + [422, 422]
    for page in seen:
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page.content.decode())
        fields = [field for field in tree.iter("input") if field.get("type") != "hidden" and field.get("id")]
        labelled = {label.get("for") for label in tree.iter("label")}
        assert {field.get("id") for field in fields} <= labelled
        described = {name for field in fields for name in (field.get("aria-describedby") or "").split()}
        assert described <= {element.get("id") for element in tree.iter() if element.get("id")}
