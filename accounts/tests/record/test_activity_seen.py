"""Who sees the record, in the API and in the admin, and what the services write into it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Purpose, Role
from accounts.services import people
from accounts.sign_in import codes
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from accounts.tests.helpers import deliver, other_than, sign_in_by_api
from library.activity import services as activity
from library.activity.models import Activity
from library.notices import services as notices
from library.notices.models import Notice, NoticeState

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
URL = "/api/v1/activity/"
RECORD, OUTBOX = reverse("admin:activity_activity_changelist"), reverse("admin:notices_notice_changelist")


def entered(user):
    client = Client()
    client.force_login(user)
    return client


def trusted():
    user = make_librarian()
    user.user_permissions.add(Permission.objects.get(codename="view_activity"))
    return user


def seen(user, **query):
    answer = entered(user).get(URL, query)
    assert answer.status_code == 200, answer.content
    return [row for row in answer.json()["results"] if row["verb"] != "account.signed_in"]


def verbs(**filters):
    return list(Activity.objects.filter(**filters).order_by("at", "id").values_list("verb", flat=True))


# The API


def test_nobody_sees_nothing(client):
    assert client.get(URL).status_code == 401


def test_a_reader_sees_what_they_did_and_what_was_done_to_them_but_not_by_whom():
    ada, eve, librarian = make_user(), make_user(), make_librarian()
    activity.record(actor=ada, verb="deed.done", data={"old": "a"}, at=MONDAY)
    activity.record(actor=librarian, verb="deed.suffered", subject=ada, at=MONDAY + timedelta(days=1))
    activity.record(actor=eve, verb="deed.other", at=MONDAY)
    suffered, done = seen(ada)
    me = {"id": str(ada.pk), "name": str(ada)}
    assert (suffered["verb"], suffered["actor"], suffered["subject"]) == ("deed.suffered", None, me)
    assert (done["verb"], done["actor"], done["object"], done["data"]) == ("deed.done", me, "", {"old": "a"})
    assert done["at"].startswith("2026-11-16T")


@pytest.mark.parametrize("make", [make_user, make_librarian])
def test_who_has_no_permission_cannot_ask_for_what_others_did(make):
    asking, librarian = make(), make_librarian()
    activity.record(actor=librarian, verb="deed.suffered", subject=asking)
    activity.record(actor=librarian, verb="deed.other")
    assert [row["verb"] for row in seen(asking)] == ["deed.suffered"]
    assert seen(asking, actor=str(librarian.pk)) == []


@pytest.mark.parametrize("make", [trusted, lambda: make_user(Role.ADMINISTRATOR)])
def test_who_has_the_permission_sees_all_of_it(make):
    ada, eve = make_user(), make_user()
    activity.record(actor=ada, verb="deed.done", subject=eve, object=ada.patron.tier, at=MONDAY)
    (row,) = seen(make())
    assert (row["actor"]["id"], row["subject"]["id"]) == (str(ada.pk), str(eve.pk))
    assert row["object"] == f"accounts.tier {ada.patron.tier_id}"


def test_the_record_is_filtered_by_actor_verb_and_time():
    ada, eve, staff = make_user(), make_user(), trusted()
    activity.record(actor=ada, verb="deed.done", at=MONDAY)
    activity.record(actor=ada, verb="loan.opened", at=MONDAY + timedelta(days=1))
    activity.record(actor=eve, verb="deed.done", at=MONDAY + timedelta(days=2))
    assert [row["verb"] for row in seen(staff, actor=str(ada.pk))] == ["loan.opened", "deed.done"]
    assert [row["actor"]["id"] for row in seen(staff, verb="deed.done")] == [str(eve.pk), str(ada.pk)]
    assert len(seen(staff, since="2026-11-17T09:00:00Z")) == 2
    assert len(seen(staff, since="2026-11-17T09:00:00.001Z", actor=str(ada.pk))) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("actor", "me"),
        ("actor", "\x00"),
        ("verb", "a\x00"),
        ("verb", "a'--"),
        ("verb", "a" * 41),
        ("since", "today"),
        ("since", "0001-01-01T00:00:00+14:00"),
        ("since", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(name, value):
    answer = entered(make_user()).get(URL, {name: value})
    assert answer.status_code == 400
    assert name in answer.json()["fields"]


def test_the_record_comes_in_pages_and_takes_as_many_queries_for_many_rows_as_for_two():
    staff = trusted()
    client, counts = entered(staff), []
    for more in (2, 30):
        for _ in range(more):
            activity.record(actor=make_user(), verb="deed.done", subject=make_user())
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(URL).json()
        counts.append(len(queries))
    assert (answer["count"], len(answer["results"]), answer["previous"]) == (33, 20, None)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_writes_the_record_by_hand(method):
    assert getattr(entered(make_user(Role.ADMINISTRATOR)), method)(URL).status_code == 405


# What the services write


def test_registering_and_signing_in_and_out_by_the_api_is_recorded(client):
    client.post("/api/v1/auth/otp/", {"email": "ada@example.org", "purpose": "register"}, "application/json")
    given = {"email": "ada@example.org", "otp": deliver(), "password": PASSWORD, "full_name": "Ada"}
    assert client.post("/api/v1/auth/register/", given, "application/json").status_code == 201
    signed_in = sign_in_by_api(client, "ada@example.org").json()
    client.post("/api/v1/auth/logout/", {"refresh": signed_in["refresh"]}, "application/json")
    assert verbs(actor__email="ada@example.org") == [
        "account.registered",
        "account.signed_in",
        "account.signed_in",
        "account.signed_out",
    ]
    kept = str(list(Activity.objects.values()))
    for secret in (PASSWORD, given["otp"], signed_in["refresh"], signed_in["access"]):
        assert secret not in kept


def test_signing_in_and_out_in_a_browser_is_recorded(client):
    user = make_user()
    client.post(reverse("accounts:sign-in"), {"email": user.email, "password": PASSWORD})
    client.post(reverse("accounts:sign-in-code"), {"code": deliver()})
    client.post(reverse("accounts:sign-out"))
    client.post(reverse("accounts:sign-out"))
    assert verbs() == ["account.signed_in", "account.signed_out"]
    assert set(Activity.objects.values_list("actor", "data__surface")) == {(user.pk, "web")}


def test_a_change_of_role_is_recorded_once():
    user, by = make_user(), make_user(Role.ADMINISTRATOR)
    for _ in range(2):
        people.change_role(user=user, role=Role.LIBRARIAN, by=by)
    (row,) = Activity.objects.all()
    assert (row.actor, row.verb, row.subject) == (by, "account.role_changed", user)
    assert row.data == {"old": "patron", "new": "librarian"}


def test_shutting_out_and_letting_in_is_recorded_with_who_did_it():
    user, by = make_user(), make_user(Role.ADMINISTRATOR)
    for is_active in (False, False, True):
        people.change_active(user=user, is_active=is_active, by=by)
    assert verbs(actor=by, subject=user) == ["account.shut_out", "account.let_in"]


def test_a_burnt_code_is_recorded_without_the_code():
    user = make_user()
    codes.request_code(email=user.address, purpose=Purpose.LOGIN, user=user, challenge_hash="c" * 64)
    digits = deliver()
    for _ in range(7):
        codes.verify_challenge(challenge_hash="c" * 64, digits=other_than(digits))
    (row,) = Activity.objects.all()
    assert (row.actor, row.verb, row.subject, row.data) == (None, "code.burnt", user, {"purpose": "login"})
    assert digits not in str(row.data)


# The admin


@pytest.mark.parametrize("url", [RECORD, OUTBOX])
def test_only_who_has_the_permission_sees_the_lists(url):
    assert entered(make_librarian()).get(url).status_code == 403
    assert entered(make_user(Role.ADMINISTRATOR)).get(url).status_code == 200


@pytest.mark.parametrize("model", ["activity", "notice"])
def test_nothing_is_added_changed_or_deleted_in_the_admin(model):
    client, user = entered(make_user(Role.ADMINISTRATOR)), make_user()
    rows = {
        "activity": activity.record(actor=user, verb="deed.done"),
        "notice": notices.queue(user=user, kind="password_changed"),
    }
    admin = f"admin:{rows[model]._meta.app_label}_{model}"
    page = reverse(f"{admin}_change", args=[rows[model].pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"verb": "other", "kind": "other"}).status_code == 403
    assert client.get(reverse(f"{admin}_add")).status_code == 403
    assert client.post(reverse(f"{admin}_delete", args=[rows[model].pk])).status_code == 403


@pytest.mark.parametrize("url", [RECORD, OUTBOX])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_two(url):
    client, counts = entered(make_user(Role.ADMINISTRATOR)), []
    for more in (2, 20):
        for _ in range(more):
            activity.record(actor=make_user(), verb="deed.done", subject=make_user(), at=MONDAY)
            notices.queue(user=make_user(), kind="password_changed", at=MONDAY)
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_record_is_filtered_and_searched_in_the_admin():
    client, ada = entered(make_user(Role.ADMINISTRATOR)), make_user(full_name="Ada Lovelace")
    activity.record(actor=ada, verb="deed.done")
    activity.record(actor=make_user(), verb="deed.other")
    for query in ({"verb": "deed.done"}, {"q": "lovelace"}, {"q": ada.email}):
        page = client.get(RECORD, query)
        assert [row.verb for row in page.context["cl"].result_list] == ["deed.done"]


def test_the_outbox_does_not_show_what_the_letters_say():
    client = entered(make_user(Role.ADMINISTRATOR))
    row = notices.queue(to="new@example.org", kind="invitation", link="https://x.example.org/opens-a-door")
    for url in (OUTBOX, reverse("admin:notices_notice_change", args=[row.pk])):
        page = client.get(url).content.decode()
        assert "new@example.org" in page
        assert "opens-a-door" not in page


def test_an_administrator_sends_failed_notices_again():
    failed, sent = (notices.queue(user=make_user(), kind="password_changed") for _ in range(2))
    Notice.objects.filter(pk=failed.pk).update(state=NoticeState.FAILED, due_at=None)
    Notice.objects.filter(pk=sent.pk).update(state=NoticeState.SENT, due_at=None, sent_at=MONDAY)
    chosen = {"action": "send_again", "_selected_action": [str(failed.pk), str(sent.pk)]}
    viewer = make_librarian()
    viewer.user_permissions.add(Permission.objects.get(codename="view_notice"))
    entered(viewer).post(OUTBOX, chosen)
    failed.refresh_from_db()
    assert failed.state == NoticeState.FAILED
    page = entered(make_user(Role.ADMINISTRATOR)).post(OUTBOX, chosen, follow=True)
    assert "1 notice is tried again." in page.content.decode()
    failed.refresh_from_db()
    sent.refresh_from_db()
    assert (failed.state, sent.state, mail.outbox) == (NoticeState.WAITING, NoticeState.SENT, [])
