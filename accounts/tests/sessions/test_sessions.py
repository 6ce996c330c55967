"""Sessions and devices: listed, ended, and kept under a hash."""

from __future__ import annotations

from datetime import timedelta

import html5lib
import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models.sessions import BrowserSession, TokenFamily
from accounts.sessions import services as sessions
from accounts.sessions import tokens
from accounts.sessions.store import DEVICE, SessionStore, hash_key
from accounts.sessions.user_agents import in_words
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver
from library.activity.models import Activity

pytestmark = pytest.mark.django_db
PAGE, END, END_OTHERS, SIGN_IN, CODE = (
    reverse(f"accounts:{name}")
    for name in ("sessions", "sessions-end", "sessions-end-others", "sign-in", "sign-in-code")
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36"


def signed_in(user, agent=FIREFOX, address="127.0.0.1"):
    """A browser in which ``user`` went through both steps."""
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    client.post(SIGN_IN, {"email": user.email, "password": PASSWORD})
    assert client.post(CODE, {"code": deliver()}).status_code == 302
    return client


def in_turn(user, *agents):
    clients = []
    with time_machine.travel(timezone.now() - timedelta(minutes=4), tick=False) as clock:
        for agent in agents:
            clients.append(signed_in(user, agent))
            clock.shift(61)
    return clients


def is_in(client):
    return client.get(PAGE).status_code == 200


def ref_of(client):
    return hash_key(client.cookies["sessionid"].value)


def test_the_page_lists_every_browser_and_app_and_marks_this_one():
    user = make_user()
    here, there = in_turn(user, FIREFOX, CHROME)
    tokens.issue(user, origin=sessions.Origin("okhttp/4.9", "10.0.0.9"))
    signed_in(make_user(), "curl/8")
    page = here.get(PAGE)
    assert page.status_code == 200
    assert [device.name for device in page.context["devices"]] == [
        "Firefox on Linux",
        "Android app",
        "Chrome on Windows",
    ]
    assert [device.is_this for device in page.context["devices"]] == [True, False, False]
    html = page.content.decode()
    assert html.count("This one") == 1
    assert "10.0.0.9" in html
    assert "127.0.0.1" in html
    assert "no-store" in page["Cache-Control"]
    for client in (here, there):
        assert client.cookies["sessionid"].value not in html
    html5lib.HTMLParser(strict=True).parse(page.content)


def test_it_is_linked_from_the_menu_of_who_is_signed_in(client):
    assert PAGE not in client.get("/").content.decode()
    client.force_login(make_user())
    assert PAGE in client.get("/").content.decode()


def test_a_visitor_is_led_to_the_sign_in(client):
    for answer in (client.get(PAGE), client.post(END, {"device": "x"}), client.post(END_OTHERS)):
        assert answer["Location"].startswith(SIGN_IN)


def test_one_browser_is_ended():
    user = make_user()
    here, there, third = in_turn(user, FIREFOX, CHROME, "curl/8")
    assert here.post(END, {"device": ref_of(there)})["Location"] == PAGE
    assert [is_in(client) for client in (here, there, third)] == [True, False, True]
    assert Activity.objects.filter(verb="session.ended", subject=user).count() == 1


def test_one_app_is_ended_with_its_access_token(client):
    user = make_user()
    pair = tokens.issue(user)
    here = signed_in(user)
    here.post(END, {"device": str(TokenFamily.objects.get().pk)})
    assert client.get("/api/v1/me/", headers={"authorization": f"Bearer {pair.access}"}).status_code == 401
    assert len(here.get(PAGE).context["devices"]) == 1


def test_this_one_is_ended_by_signing_out():
    user = make_user()
    here, there = in_turn(user, FIREFOX, CHROME)
    assert here.post(END, {"device": ref_of(here)})["Location"] == SIGN_IN
    assert not is_in(here)
    assert is_in(there)


def test_all_others_are_ended():
    user, bystander = make_user(), make_user()
    here, *others = in_turn(user, FIREFOX, CHROME, "curl/8")
    beside = signed_in(bystander)
    pair = tokens.issue(user)
    assert b"End all others" in here.get(PAGE).content
    assert here.post(END_OTHERS)["Location"] == PAGE
    assert is_in(here)
    assert is_in(beside)
    assert not any(is_in(client) for client in others)
    answer = here.post("/api/v1/auth/token/refresh/", {"refresh": pair.refresh}, "application/json")
    assert answer.status_code == 401
    assert b"End all others" not in here.get(PAGE).content
    assert Activity.objects.filter(verb="session.others_ended", subject=user).count() == 1


def test_somebody_else_s_device_is_not_there():
    mine, theirs = make_user(), make_user()
    here, there = signed_in(mine), signed_in(theirs)
    pair = tokens.issue(theirs)
    for ref in (ref_of(there), str(TokenFamily.objects.get().pk)):
        assert here.post(END, {"device": ref}).status_code == 404
    assert is_in(there)
    assert there.get("/api/v1/me/", headers={"authorization": f"Bearer {pair.access}"}).status_code == 200


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "x",
        "\x00",
        "f" * 64,
        "F" * 64,
        "0" * 63,
        "6ad47fcb-ce6b-4703-a9f1-2167dadb9e7b",
        "'; DROP TABLE x",
        "9" * 9999,
    ],
)
def test_what_is_no_device_is_not_there(ref):
    assert signed_in(make_user()).post(END, {"device": ref}).status_code == 404


def test_ending_needs_a_post_with_a_csrf_token():
    user = make_user()
    client = signed_in(user)
    assert client.get(END).status_code == client.get(END_OTHERS).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(END_OTHERS).status_code == 403
    assert strict.post(END, {"device": ref_of(client)}).status_code == 403


def test_the_page_takes_as_many_queries_for_many_devices_as_for_two():
    user = make_user()
    here = signed_in(user)
    tokens.issue(user)
    counts = []
    for more in (0, 15):
        for _ in range(more):
            tokens.issue(user)
            Client().force_login(user)
        with CaptureQueriesContext(connection) as queries:
            here.get(PAGE)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# When and where


def test_last_seen_is_written_at_most_every_five_minutes():
    user = make_user()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(user)
        began = BrowserSession.objects.get(user=user).seen_at
        clock.shift(299)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        assert not [query for query in queries if query["sql"].startswith("UPDATE")]
        assert BrowserSession.objects.get(user=user).seen_at == began
        clock.shift(1)
        client.get(PAGE, REMOTE_ADDR="10.1.1.1")
        row = BrowserSession.objects.get(user=user)
        assert (row.seen_at - began, row.began_at, row.address) == (timedelta(minutes=5), began, "10.1.1.1")


def test_a_visitor_leaves_no_row(client):
    client.get("/")
    client.get(SIGN_IN)
    assert not BrowserSession.objects.exists()


def test_an_expired_session_is_not_listed_and_is_forgotten():
    user = make_user()
    client = signed_in(user)
    BrowserSession.objects.filter(session_key=ref_of(client)).update(expire_date=timezone.now())
    assert sessions.devices(user=user) == []
    assert not is_in(client)
    sessions.forget_ended()
    assert not BrowserSession.objects.filter(session_key=ref_of(client)).exists()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        ("", "Unknown device"),
        ("Lyceum/2 x", "Lyceum"),
        (f"{CHROME} Edg/128.0", "Edge on Windows"),
        ("curl/8.9", "curl"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/128.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17 Safari/605", "Safari on macOS"),
        ("x" * 500, "x" * 40),
        ("<script>", "<script>"),
    ],
)
def test_an_agent_in_words(agent, words):
    assert in_words(agent) == words


def test_what_a_browser_calls_itself_is_no_markup_and_no_second_line():
    user = make_user()
    client = signed_in(user, "<script>alert(1)</script>\tx\x7f" + "y" * 400)
    row = BrowserSession.objects.get(user=user)
    assert row.agent.isprintable()
    assert len(row.agent) == 300
    assert "<script>alert" not in client.get(PAGE).content.decode()


# The store


def test_the_database_never_holds_a_key():
    user = make_user()
    client = signed_in(user)
    key = client.cookies["sessionid"].value
    assert key not in str(list(BrowserSession.objects.values()))
    thief = Client()
    thief.cookies["sessionid"] = ref_of(client)
    assert not is_in(thief)


def test_a_planted_key_is_not_taken_over(client):
    planted = "a" * 32
    client.cookies["sessionid"] = planted
    user = make_user()
    client.post(SIGN_IN, {"email": user.email, "password": PASSWORD})
    between = client.cookies["sessionid"].value
    client.post(CODE, {"code": deliver()})
    keys = {planted, between, client.cookies["sessionid"].value}
    assert len(keys) == 3
    for old in (planted, between):
        thief = Client()
        thief.cookies["sessionid"] = old
        assert not is_in(thief)
    assert is_in(client)


def test_signing_out_deletes_the_row():
    user = make_user()
    client = signed_in(user)
    client.post(reverse("accounts:sign-out"))
    assert not BrowserSession.objects.filter(user=user).exists()


@pytest.mark.parametrize("key", ["", "short", "\x00" * 32, "ä" * 32, "z" * 5000, "' OR 1=1 --"])
def test_a_cookie_that_is_no_key_is_a_visitor(key):
    assert dict(SessionStore(key).items()) == {}


def test_a_session_is_changed_by_one_statement_with_all_that_it_says(django_assert_num_queries):
    user = make_user()
    client = signed_in(user)
    store = SessionStore(client.cookies["sessionid"].value)
    store["x"] = {"letters": "äöü", "number": 7}
    store.set_expiry(60)
    now = timezone.now().isoformat()
    store[DEVICE] = {"began_at": now, "seen_at": now, "agent": "A browser", "address": "192.0.2.7"}
    with django_assert_num_queries(1):
        store.save()
    again = SessionStore(client.cookies["sessionid"].value)
    assert (again["x"], again[SESSION_KEY]) == (store["x"], str(user.pk))
    row = BrowserSession.objects.get(user=user)
    assert row.expire_date < timezone.now() + timedelta(seconds=61)
    assert (row.began_at.isoformat(), row.seen_at.isoformat()) == (now, now)
    assert (row.agent, row.address) == ("A browser", "192.0.2.7")


def test_a_session_ended_during_a_request_does_not_come_back():
    user = make_user()
    client = signed_in(user)
    store = SessionStore(client.cookies["sessionid"].value)
    assert store[SESSION_KEY] == str(user.pk)
    sessions.end_one(user=user, ref=ref_of(client))
    store["x"] = 1
    with pytest.raises(UpdateError):
        store.save()
    assert not BrowserSession.objects.filter(user=user).exists()
    assert not is_in(client)


async def _walk(key: str) -> tuple[object, bool]:
    store = SessionStore(key)
    value = await store.aget("word")
    await store.aset("word", "two")
    await store.asave()
    await store.acycle_key()
    assert not await store.aexists(key)
    kept = store.session_key or ""
    assert await store.aexists(kept)
    await store.adelete()
    return value, await store.aexists(kept)


@pytest.mark.django_db(transaction=True)
def test_the_store_works_for_asynchronous_code_too():
    from asgiref.sync import async_to_sync

    store = SessionStore()
    store["word"] = "one"
    store.save()
    assert async_to_sync(_walk)(store.session_key or "") == ("one", False)
