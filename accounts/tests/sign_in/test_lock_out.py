"""Five wrong passwords or codes, and sign-in is closed for a while: on pages, over the API and at the admin's door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
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

from accounts import errors
from accounts.limits import services as limits
from accounts.models import LockOut, Role, Tally, User
from accounts.sign_in import steps
from accounts.tasks import sweep_limits, tell_locked_out
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from accounts.tests.helpers import deliver, other_than
from library.activity.models import Activity
from library.notices import outbox
from library.notices.models import Notice

pytestmark = pytest.mark.django_db
SIGN_IN, CODE, RESEND = (reverse(f"accounts:{name}") for name in ("sign-in", "sign-in-code", "sign-in-resend"))
LOCK_OUTS = reverse("admin:accounts_lockout_changelist")
LOGIN = "/api/v1/auth/login/"
WRONG = "wrong horse 7"
NOBODY = "nobody@example.org"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        yield clock


def by_web(email, password=WRONG):
    return Client().post(SIGN_IN, {"email": email, "password": password})


def by_api(email, password=WRONG):
    return Client().post(LOGIN, {"email": email, "password": password}, "application/json")


def by_admin(email, password=WRONG):
    """From the admin's own door to wherever it leads."""
    browser = Client()
    door = browser.get(browser.get(reverse("admin:index"))["Location"])["Location"]
    assert door.startswith(SIGN_IN)
    return browser.post(door, {"email": email, "password": password})


DOORS = pytest.mark.parametrize(("door", "refused"), [(by_web, 422), (by_api, 401), (by_admin, 422)])


def lock(email, door=by_api):
    return [door(email).status_code for _ in range(5)]


def entered(user):
    client = Client()
    client.force_login(user)
    return client


@DOORS
def test_after_five_wrong_passwords_even_the_right_one_is_refused_for_fifteen_minutes(clock, door, refused):
    user = make_librarian()
    assert lock(user.email, door) == [refused] * 5
    answer = door(user.email, PASSWORD)
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    clock.shift(899)
    assert door(user.address.upper(), PASSWORD)["Retry-After"] == "1"
    clock.shift(1)
    assert door(user.email, PASSWORD).status_code in (202, 302)


def test_what_locks_one_door_locks_all():
    user = make_librarian()
    lock(user.email, by_web)
    assert [door(user.email, PASSWORD).status_code for door in (by_web, by_api, by_admin)] == [429] * 3


def test_the_api_says_what_happened_and_when_to_come_back(clock):
    user = make_user()
    lock(user.email)
    assert by_api(user.email, PASSWORD).json() == {
        "code": "locked_out",
        "detail": "There were too many wrong passwords or codes. Signing in is possible again in 15 minutes.",
    }


def test_the_page_is_friendly_valid_and_says_when_to_come_back():
    with time_machine.travel("2026-11-16 09:00:00Z", tick=False):
        user = make_user()
        lock(user.email)
        page = by_web(user.email, PASSWORD)
    text = page.content.decode()
    assert "Come back a little later" in text
    assert "in 15 minutes" in text
    assert '<time datetime="2026-11-16T10:15:00+01:00">10:15</time>' in text
    html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


@DOORS
def test_unknown_and_known_addresses_look_the_same_byte_for_byte(clock, door, refused):
    user, gone = make_user(email="known00@example.org"), make_user(email="gone000@example.org")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    seen = []
    for email in (user.email, gone.email, "unknown@example.org"):
        answers = []
        for password in [WRONG] * 5 + [WRONG, PASSWORD]:
            answer = door(email, password)
            text = answer.content.decode().replace(email, "")
            token = str((getattr(answer, "context", None) or {}).get("csrf_token", "no token"))
            headers = {name: value for name, value in answer.items() if name != "Content-Length"}
            answers.append((answer.status_code, text.replace(token, ""), headers))
        seen.append(answers)
    assert seen[0] == seen[1] == seen[2]
    assert [answer[0] for answer in seen[0]] == [refused] * 5 + [429] * 2


def test_unknown_and_known_addresses_take_the_same_work():
    user = make_user()
    seen = []
    for email in (user.email, NOBODY):
        work = []
        for _ in range(6):
            with (
                patch.object(
                    MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode
                ) as hashed,
                CaptureQueriesContext(connection) as queries,
            ):
                by_api(email)
            work.append((hashed.call_count, [query["sql"].split(" ", 1)[0] for query in queries]))
        seen.append(work)
    assert seen[0] == seen[1]
    assert [hashed for hashed, _queries in seen[0]] == [1] * 5 + [0]


def test_the_owner_is_told_by_mail_once_and_it_is_written_down(clock):
    user = make_user()
    lock(user.email)
    by_api(user.email, PASSWORD)
    tell_locked_out()
    tell_locked_out()
    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (user, "locked_out")
    outbox.send_due()
    (letter,) = mail.outbox
    assert letter.to == [user.email]
    assert f"{timezone.localtime() + timedelta(minutes=15):%H:%M}" in letter.body
    row = Activity.objects.get(verb="account.locked_out")
    assert (row.subject, row.actor) == (user, None)


def test_each_lock_out_is_told(clock):
    user = make_user()
    for _ in range(2):
        lock(user.email)
        tell_locked_out()
        clock.shift(901)
    assert Notice.objects.count() == 2


def test_nobody_is_told_of_unknown_addresses_or_of_people_kept_out():
    gone = make_user()
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for email in (NOBODY, gone.email):
        lock(email)
    tell_locked_out()
    assert not Notice.objects.exists()
    assert not Activity.objects.filter(verb="account.locked_out").exists()
    assert LockOut.objects.filter(locked_at__isnull=False, user=None).count() == 2


def test_four_failures_lock_nothing_and_a_sign_in_forgets_them(client):
    user = make_user()
    for _ in range(2):
        for _ in range(4):
            by_web(user.email)
        assert client.post(SIGN_IN, {"email": user.email, "password": PASSWORD})["Location"] == CODE
        assert client.post(CODE, {"code": deliver()}).status_code == 302
        client.logout()
    assert not Tally.objects.filter(kind="login").exists()


def test_a_reader_who_needs_no_code_starts_anew_with_the_right_password(settings):
    settings.ACCOUNTS_OTP_FOR_LOGIN = "staff"
    user = make_user()
    for _ in range(3):
        assert [by_api(user.email).status_code for _ in range(4)] == [401] * 4
        assert by_api(user.email, PASSWORD).status_code == 200


def test_failures_a_quarter_of_an_hour_apart_lock_nothing(clock):
    user = make_user()
    for _ in range(3):
        assert [by_api(user.email).status_code for _ in range(4)] == [401] * 4
        clock.shift(900)


def test_wrong_codes_count_with_wrong_passwords_and_the_right_password_forgets_neither(client, clock):
    user = make_user()
    for _ in range(2):
        by_web(user.email)
    client.post(SIGN_IN, {"email": user.email, "password": PASSWORD})
    digits = deliver()
    assert [client.post(CODE, {"code": other_than(digits)}).status_code for _ in range(3)] == [422] * 3
    page = client.post(CODE, {"code": digits})
    assert (page.status_code, page["Retry-After"]) == (429, "900")
    assert "_auth_user_id" not in client.session
    clock.shift(61)
    assert client.post(RESEND).status_code == 429
    assert by_api(user.email, PASSWORD).json()["code"] == "locked_out"


def test_wrong_codes_over_the_api_lock_too(client):
    user = make_user()
    challenge = by_api(user.email, PASSWORD).json()["challenge"]
    digits = deliver()
    codes = [
        client.post(LOGIN, {"challenge": challenge, "otp": other_than(digits)}, "application/json") for _ in range(5)
    ]
    assert [answer.status_code for answer in codes] == [400] * 5
    refused = client.post(LOGIN, {"challenge": challenge, "otp": digits}, "application/json")
    assert (refused.status_code, refused.json()["code"], "Retry-After" in refused) == (429, "locked_out", True)


def test_a_made_up_or_ended_challenge_costs_nobody_anything(client, clock):
    user = make_user()
    challenge = by_api(user.email, PASSWORD).json()["challenge"]
    clock.shift(600)
    for made_up in (challenge, "x"):
        for _ in range(6):
            answer = client.post(LOGIN, {"challenge": made_up, "otp": "123456"}, "application/json")
            assert answer.json()["code"] == "challenge_gone"
    assert by_api(user.email, PASSWORD).status_code == 202


def test_somebody_elses_lock_out_is_not_mine():
    user, other = make_user(), make_user()
    lock(user.email)
    assert by_api(other.email, PASSWORD).status_code == 202


def test_who_is_signed_in_stays_so():
    user = make_user()
    client = entered(user)
    lock(user.email)
    assert client.get("/api/v1/me/").status_code == 200


def test_forgiving_opens_the_door_at_once():
    user = make_user()
    lock(user.email)
    limits.reset(email=user.address.upper())
    assert by_api(user.email, PASSWORD).status_code == 202


def test_the_sweep_leaves_lock_outs_that_stand(clock):
    user = make_user()
    lock(user.email)
    sweep_limits()
    assert by_api(user.email, PASSWORD).status_code == 429
    clock.shift(900)
    sweep_limits()
    assert not Tally.objects.exists()


def test_staff_see_and_lift_a_lock_out_and_it_is_written_down():
    user, librarian = make_user(), make_librarian()
    lock(user.email)
    lock(NOBODY)
    client = entered(librarian)
    page = client.get(LOCK_OUTS).content.decode()
    assert user.email in page
    assert NOBODY not in page
    row = LockOut.objects.get(user=user)
    client.post(LOCK_OUTS, {"action": "lift", "_selected_action": [row.pk]})
    assert by_api(user.email, PASSWORD).status_code == 202
    written = Activity.objects.get(verb="account.lock_out_lifted")
    assert (written.actor, written.subject) == (librarian, user)


def test_a_librarian_lifts_no_lock_out_of_staff_but_an_administrator_does():
    librarian, administrator = make_librarian(), make_user(Role.ADMINISTRATOR)
    lock(administrator.email)
    row = LockOut.objects.get(user=administrator)
    page = entered(librarian).post(LOCK_OUTS, {"action": "lift", "_selected_action": [row.pk]}, follow=True)
    assert "You may not do this." in page.content.decode()
    assert by_api(administrator.email, PASSWORD).status_code == 429
    entered(administrator).post(LOCK_OUTS, {"action": "lift", "_selected_action": [row.pk]})
    assert by_api(administrator.email, PASSWORD).status_code == 202


def test_lock_outs_are_neither_made_nor_changed_nor_deleted_by_hand():
    user = make_user()
    lock(user.email)
    client = entered(make_user(Role.ADMINISTRATOR))
    row = limits.lock_outs(timezone.now()).get()
    page = reverse("admin:accounts_lockout_change", args=[row.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"expires_at": "2020-01-01"}).status_code == 403
    assert client.get(reverse("admin:accounts_lockout_add")).status_code == 403
    assert client.post(reverse("admin:accounts_lockout_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert entered(user).get(LOCK_OUTS).status_code == 302


def test_the_list_of_lock_outs_takes_as_many_queries_for_many_as_for_two(settings):
    client, counts = entered(make_librarian()), []
    for more in (2, 12):
        for _ in range(more):
            lock(make_user().email)
        client.get(LOCK_OUTS)
        with CaptureQueriesContext(connection) as queries:
            client.get(LOCK_OUTS)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_ten_wrong_passwords_at_once_count_exactly():
    user = make_user()
    start = Barrier(10)

    def run(_number):
        start.wait()
        try:
            return by_api(user.email).status_code
        finally:
            connection.close()

    with (
        patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as tried,
        ThreadPoolExecutor(10) as threads,
    ):
        statuses = sorted(threads.map(run, range(10)))
    assert statuses == [401] * 5 + [429] * 5
    assert tried.call_count == 5
    assert Tally.objects.get(kind="login").count == 5
    assert limits.lock_outs(timezone.now()).get().user == user


def test_the_service_alone_refuses_too():
    user = make_user()
    for _ in range(5):
        with pytest.raises(errors.WrongCredentials):
            steps.begin(email=user.address, password=WRONG)
    with pytest.raises(errors.LockedOut):
        steps.begin(email=user.address, password=PASSWORD)
