"""A sign-in with a device that was not seen before is told to the account's owner, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models.sessions import BrowserSession, KnownDevice, TokenFamily
from accounts.sessions import known_devices, tokens
from accounts.sessions import services as sessions
from accounts.sessions.user_agents import kind_of
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver, sign_in_by_api
from library.activity.models import Activity
from library.notices import outbox
from library.notices import services as notices
from library.notices.models import Notice

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
NEWER_FIREFOX = FIREFOX.replace("130.0", "131.0")
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36"
ANDROID = "okhttp/4.9"


@pytest.fixture(autouse=True)
def clock():
    """Each sign-in asks for a code, and codes have a cool-down."""
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as travelled:
        yield travelled


def by_web(user, agent=FIREFOX, address="192.0.2.7"):
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    client.post("/accounts/sign-in/", {"email": user.email, "password": PASSWORD})
    assert client.post("/accounts/sign-in/code/", {"code": deliver()}).status_code == 302
    return client


def by_api(user, agent=ANDROID, address="192.0.2.7"):
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    assert sign_in_by_api(client, user.email).status_code == 200
    return client


WAYS = [by_web, by_api]


def told(user):
    return Notice.objects.filter(user=user, kind="signed_in_elsewhere")


def at_home(way, **values):
    """Somebody who has signed in with one device, and with no other."""
    user = make_user(**values)
    way(user, "first/1")
    assert not told(user).exists()
    return user


@pytest.mark.parametrize("way", WAYS)
def test_a_new_device_is_told_by_mail_with_its_name_address_and_time(way, clock):
    user = at_home(way, full_name="Ada Lovelace")
    clock.move_to(timezone.now().replace(year=2027, month=1, day=4, hour=9, minute=5))
    way(user, CHROME, "203.0.113.9")
    (row,) = told(user)
    assert row.created_at == timezone.now()
    outbox.send_due()
    letter = mail.outbox[-1]
    assert letter.to == [user.email]
    assert letter.subject.startswith("Somebody signed in to your account")
    for words in ("Dear Ada,", "on 4 January 2027 at 10:05", "Chrome on Windows", "203.0.113.9"):
        assert words in letter.body


@pytest.mark.parametrize("way", WAYS)
def test_each_device_is_told_of_once(way):
    user = at_home(way)
    for agent in (CHROME, CHROME, "second/1", "first/2", CHROME):
        way(user, agent)
    assert sorted(row.context["device"] for row in told(user)) == ["Chrome on Windows", "second"]


@pytest.mark.parametrize("way", WAYS)
def test_another_version_or_address_is_the_same_device(way):
    user = make_user()
    way(user, FIREFOX, "192.0.2.7")
    way(user, NEWER_FIREFOX, "198.51.100.1")
    assert not told(user).exists()


@pytest.mark.parametrize("way", WAYS)
def test_a_device_stays_known_when_its_sessions_are_gone(way):
    user = at_home(way)
    sessions.end_others(user=user, this="")
    TokenFamily.objects.all().delete()
    assert not BrowserSession.objects.filter(user=user).exists()
    way(user, "first/1")
    assert not told(user).exists()


def test_an_app_is_another_device_than_a_browser_of_the_same_name():
    user = at_home(by_web)
    by_api(user, "first/1")
    assert told(user).count() == 1


def test_others_devices_are_not_mine():
    by_web(make_user(), CHROME)
    user = at_home(by_web)
    by_web(user, CHROME)
    assert told(user).count() == 1


def test_registering_is_not_told_and_the_next_device_is():
    web, app = Client(headers={"user-agent": FIREFOX}), Client(headers={"user-agent": ANDROID})
    web.post("/accounts/register/", {"email": "eve@example.org"})
    form = {"code": deliver(), "password": PASSWORD, "full_name": "Eve", "username": "eve"}
    assert web.post("/accounts/register/confirm/", form).status_code == 302
    assert [notice.kind for notice in Notice.objects.all()] == ["welcome"]
    assert sign_in_by_api(app, "eve@example.org").status_code == 200
    assert Notice.objects.exclude(kind="welcome").get().context["device"] == "Android app"


def test_a_sign_in_that_is_not_finished_is_not_told():
    user = at_home(by_web)
    client = Client(headers={"user-agent": CHROME})
    client.post("/accounts/sign-in/", {"email": user.email, "password": PASSWORD})
    deliver()
    client.post("/accounts/sign-in/code/", {"code": "12"})
    assert KnownDevice.objects.count() == 1


def test_a_refresh_is_no_sign_in():
    user = make_user()
    pair = tokens.issue(user, origin=sessions.Origin("first/1"))
    Client(headers={"user-agent": CHROME}).post(
        "/api/v1/auth/token/refresh/", {"refresh": pair.refresh}, "application/json"
    )
    assert KnownDevice.objects.get().name == "first"
    assert not told(user).exists()


def test_where_no_letter_can_be_queued_nobody_is_signed_in(monkeypatch):
    user = at_home(by_web)
    before = Activity.objects.count(), BrowserSession.objects.filter(user=user).count(), TokenFamily.objects.count()

    def fails(**values):
        raise RuntimeError

    monkeypatch.setattr(notices, "queue", fails)
    for way in WAYS:
        with pytest.raises(RuntimeError):
            way(user, CHROME)
    now = Activity.objects.count(), BrowserSession.objects.filter(user=user).count(), TokenFamily.objects.count()
    assert now == before
    assert KnownDevice.objects.count() == 1


def test_a_device_of_a_year_ago_is_forgotten_and_new_again(clock):
    user = at_home(by_web)
    by_web(user, CHROME)
    told_before = told(user).count()
    clock.shift(timedelta(days=200))
    by_web(user, "first/1")
    clock.shift(timedelta(days=200))
    sessions.forget_ended()
    assert KnownDevice.objects.get().name == "first"
    by_web(user, CHROME)
    assert told(user).count() == told_before + 1


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        (FIREFOX, "Firefox Linux"),
        (CHROME, "Chrome Windows"),
        (ANDROID, "Android app"),
        ("Lyceum/2.1 (x)", "Lyceum"),
        ("", ""),
        ("x" * 300, "x" * 40),
    ],
)
def test_a_kind_of_device_is_its_name_and_system(agent, kind):
    assert kind_of(agent) == kind


def test_the_database_keeps_a_device_once():
    user = make_user()
    row = {"user": user, "is_browser": True, "name": "Firefox Linux", "seen_at": timezone.now()}
    KnownDevice.objects.create(**row)
    KnownDevice.objects.create(**row | {"is_browser": False})
    KnownDevice.objects.create(**row | {"user": make_user()})
    with pytest.raises(IntegrityError), transaction.atomic():
        KnownDevice.objects.create(**row)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("agents", [[CHROME] * 4, ["first/1", "second/1"]])
def test_of_many_sign_ins_at_once_each_new_device_is_told_of_once(agents):
    user = make_user()
    if len(set(agents)) == 1:
        tokens.issue(user, origin=sessions.Origin("home/1"))
    start = Barrier(len(agents))

    def run(agent):
        start.wait()
        try:
            tokens.issue(user, origin=sessions.Origin(agent, "203.0.113.9"))
        finally:
            connection.close()

    with ThreadPoolExecutor(len(agents)) as threads:
        list(threads.map(run, agents))
    # Of two very first ones at the same moment one is the first, and the other is told of.
    assert told(user).count() == 1
    assert known_devices.recognise(user=user, agent=agents[0], address="", is_browser=False, at=timezone.now())
