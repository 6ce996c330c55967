"""Sockets: who may open one, what it tells and goes on from, what ends it, and how little it takes from anybody."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import httpx
import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from accounts.models.sessions import BrowserSession, Ticket, TokenFamily
from accounts.services import people
from accounts.sessions import services as sessions
from accounts.sessions import socket_tickets, tokens
from accounts.tests.factories import make_librarian, make_user
from library.jobs import services as jobs
from library.live import sockets, switchboard
from tests.library.live.conftest import SAID, heard, say, session_of
from tests.stack import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader():
    return make_user(password="Correct-horse-9")


@pytest.fixture
def browser(client, reader):
    client.force_login(reader)
    return session_of(client)


def refused(open_it):
    """Status and code of a socket that is refused."""
    with pytest.raises(InvalidStatus) as answer:
        open_it()
    response = answer.value.response
    return response.status_code, json.loads(response.body)["code"]


def is_prompt(socket, user):
    """Whether nudges arrive by now, and not the clock alone wakes it."""
    began = time.monotonic()
    say(user, "are you there")
    heard(socket)
    return time.monotonic() - began < 0.3


def ending(socket, *, seconds=10):
    """The code by which the library closes it, after what it says before."""
    last = {}
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            last = json.loads(socket.recv(timeout=seconds))
    return closed.value.rcvd.code if closed.value.rcvd else None, last.get("code")


# -- who may ---------------------------------------------------------------------------------------------------------


def test_nobody_who_is_not_signed_in(server, reader):
    for cookies in ("", "sessionid=", "sessionid=nonsense", "sessionid=" + "a" * 500, ";;==;", "é=é"):
        assert refused(lambda cookies=cookies: server.open("scribble/", cookies=cookies)) == (401, "not_signed_in")


def test_no_other_website_with_the_cookies_of_its_visitors(server, browser):
    for page in (
        "https://evil.example",
        "null",
        "",
        f"http://127.0.0.1.evil.example:{server.port}",
        "http://127.0.0.1",
    ):
        answer = refused(lambda page=page: server.open("scribble/", cookies=browser, origin=page))
        assert answer == (403, "origin_refused")
    with server.open("scribble/", cookies=browser) as socket:
        assert heard(socket)["type"] == "welcome"


def test_unknown_address_is_no_socket(server, browser):
    for path in ("", "nothing/", "jobs/1/", "scribble"):
        assert refused(lambda path=path: server.open(path, cookies=browser)) == (404, "not_found")


def test_page_and_socket_stand_beside_each_other(server):
    assert httpx.get(f"http://{server.url}/healthz").status_code == 200
    assert httpx.get(f"http://{server.url}/ws/scribble/").status_code == 404


def test_ticket_opens_one_socket_without_an_origin(server, reader):
    ticket = socket_tickets.issue(user=reader)
    with server.open("scribble/", ticket=ticket) as socket:
        assert heard(socket)["type"] == "welcome"
    for used in (ticket, "nonsense", "a" * 43):
        assert refused(lambda used=used: server.open("scribble/", ticket=used)) == (401, "not_signed_in")


def test_ticket_that_api_clients_ask_for_is_of_their_tokens(server, reader):
    pair = tokens.issue(reader)
    headers = {"Authorization": f"Bearer {pair.access}"}
    ticket = httpx.post(f"http://{server.url}/api/v1/auth/ticket/", headers=headers).json()["ticket"]
    assert Ticket.objects.get().family == TokenFamily.objects.get()
    with server.open("scribble/", ticket=ticket) as socket:
        assert heard(socket)["type"] == "welcome"


def test_ticket_of_a_session_that_ended_meanwhile_opens_nothing(server, reader, browser, client):
    ticket = client.post("/api/v1/auth/ticket/").json()["ticket"]
    assert Ticket.objects.get().session == BrowserSession.objects.get().pk
    BrowserSession.objects.all().delete()
    assert refused(lambda: server.open("scribble/", ticket=ticket)) == (401, "not_signed_in")


# -- what it tells ---------------------------------------------------------------------------------------------------


def test_it_tells_what_is_new_and_goes_on_after_the_last_that_the_client_has(server, reader, browser):
    SAID.extend(["one", "two", "three", "four"])
    with server.open("scribble/?after=1", cookies=browser) as socket:
        assert heard(socket)["type"] == "welcome"
        assert [heard(socket)["word"] for _number in range(3)] == ["two", "three", "four"]
        say(reader, "five")
        assert heard(socket) == {"type": "entry", "id": "5", "word": "five"}
    say(reader, "six")
    with server.open("scribble/?after=5", cookies=browser) as socket:
        assert [heard(socket)["type"], heard(socket)["word"]] == ["welcome", "six"]


def test_more_than_it_tells_at_once_is_told_in_order(server, browser):
    SAID.extend(str(number) for number in range(10))
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        assert [heard(socket)["word"] for _number in range(10)] == [str(number) for number in range(10)]


def test_nothing_is_told_before_it_is_committed_and_nothing_of_what_is_taken_back(server, reader, browser):
    job = jobs.enqueue(kind="nothing", subject=reader)
    with server.open(f"jobs/{job.pk}/", cookies=browser) as socket:
        heard(socket), heard(socket)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            jobs.claim(job_id=job.pk)
            raise ZeroDivisionError
        with transaction.atomic():
            jobs.claim(job_id=job.pk)
            with pytest.raises(TimeoutError):
                socket.recv(timeout=1.5)
        told = heard(socket)["job"]
        assert (told["state"], told["done"]) == ("running", 0)


def test_nudge_that_got_lost_is_made_up_for(server, browser, monkeypatch):
    """The layer between the processes drops what a slow one does not read; the table has it all the same."""
    monkeypatch.setattr(switchboard, "LOOK_EVERY", 0.5)
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        SAID.append("without a nudge")
        assert heard(socket)["word"] == "without a nudge"


def test_others_are_not_woken(server, reader, monkeypatch):
    monkeypatch.setattr(switchboard, "LOOK_EVERY_DEAF", 60.0)
    other = make_user()
    with server.open("scribble/", ticket=socket_tickets.issue(user=other)) as socket:
        heard(socket)
        eventually(lambda: is_prompt(socket, other), seconds=20)
        with pytest.raises(TimeoutError):  # whatever woke it late has been looked at
            while True:
                socket.recv(timeout=1)
        say(reader, "mine")
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1)


def test_feed_that_ends_closes_the_socket_and_one_that_refuses_says_why(server, reader, browser):
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        say(reader, "the end")
        assert heard(socket)["word"] == "the end"
        assert ending(socket) == (sockets.DONE, None)
    SAID.clear()
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        say(reader, "gone")
        assert ending(socket) == (sockets.REFUSED, "gone")
    assert refused(lambda: server.open("scribble/", cookies=browser)) == (404, "gone")


def test_progress_of_a_job_until_its_end(server, reader, browser):
    job = jobs.enqueue(kind="nothing", subject=reader)
    with server.open(f"jobs/{job.pk}/", cookies=browser) as socket:
        heard(socket)
        assert heard(socket)["job"]["state"] == "queued"
        held = jobs.claim(job_id=job.pk)
        assert held is not None
        assert heard(socket)["job"]["state"] == "running"
        with transaction.atomic():
            jobs.progress(held=jobs.lock_held(held), done=3, total=4, message="Page 3")
        told = heard(socket)
        assert told["job"] | {"id": str(job.pk)} == told["job"]
        assert (told["job"]["done"], told["job"]["total"], told["job"]["message"]) == (3, 4, "Page 3")
        jobs.finish(job=held)
        assert heard(socket)["job"]["state"] == "done"
        assert ending(socket)[0] == sockets.DONE
    with server.open(f"jobs/{job.pk}/?after={told['id']}", cookies=browser) as socket:
        assert [heard(socket)["type"], heard(socket)["job"]["state"]] == ["welcome", "done"]


def test_job_that_there_is_not(server, browser):
    path = "jobs/0198f000-0000-7000-8000-000000000000/"
    assert refused(lambda: server.open(path, cookies=browser)) == (404, "not_found")


# -- what ends it ----------------------------------------------------------------------------------------------------


def sign_out(client, reader):
    client.post("/accounts/sign-out/")


def end_here(client, reader):
    sessions.end_one(user=reader, ref=BrowserSession.objects.get().pk)


def another_password(client, reader):
    reader.set_password("Another-horse-9")
    reader.save()


def by_command(client, reader):
    type(reader).objects.filter(pk=reader.pk).update(password="md5$x$y")


def close_account(client, reader):
    get_user_model().objects.filter(pk=reader.pk).update(is_active=False)


def another_epoch(client, reader):
    with transaction.atomic():
        sessions.end_all(user=reader, at=timezone.now())


def run_out(client, reader):
    BrowserSession.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def change_role(client, reader):
    from accounts.models import Role

    people.change_role(user=reader, role=Role.LIBRARIAN, by=make_user(Role.ADMINISTRATOR))


ENDINGS = [sign_out, end_here, another_password, by_command, close_account, another_epoch, run_out, change_role]


@pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.__name__)
def test_socket_ends_with_the_sign_in_that_it_came_by(server, client, reader, browser, end):
    """On a machine of the library the next visitor must not read what is for the one before."""
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        end(client, reader)
        began = time.monotonic()
        assert ending(socket) == (sockets.SIGNED_OUT, "signed_out")
        assert time.monotonic() - began < 5
    say(reader, "ready for you")
    assert refused(lambda: server.open("scribble/", cookies=browser)) == (401, "not_signed_in")


def test_socket_of_another_session_goes_on(server, client, reader, browser):
    family = tokens.issue(reader)
    ticket = socket_tickets.issue(user=reader, family=TokenFamily.objects.get().pk)
    with server.open("scribble/", ticket=ticket) as other, server.open("scribble/", cookies=browser) as socket:
        heard(other), heard(socket)
        sign_out(client, reader)
        assert ending(socket)[0] == sockets.SIGNED_OUT
        say(reader, "still here")
        assert heard(other)["word"] == "still here"
        tokens.revoke(family.refresh)
        assert ending(other)[0] == sockets.SIGNED_OUT


def test_line_that_is_half_open_is_found(server, reader, browser, monkeypatch):
    """A machine that was switched off says nothing: whoever does not answer a ping is no longer counted."""
    monkeypatch.setattr(switchboard, "SOCKETS_EACH", 1)
    dead = server.open("scribble/", cookies=browser)
    dead.protocol.send_pong = lambda *given: None
    monkeypatch.setattr(dead.protocol, "recv_frame", lambda frame: None)
    assert refused(lambda: server.open("scribble/", cookies=browser)) == (429, "too_many_sockets")
    for _attempt in range(50):
        time.sleep(0.2)
        try:
            server.open("scribble/", cookies=browser).close()
            break
        except InvalidStatus:
            continue
    else:
        pytest.fail("the dead line is still counted")
    with pytest.raises(ConnectionClosedError):
        dead.send("x" * 10)
        time.sleep(0.5)
        dead.send("x")


# -- what it takes ---------------------------------------------------------------------------------------------------


def test_beat_is_answered_and_so_is_what_the_feed_takes(server, browser):
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        socket.send('{"type": "beat"}')
        assert heard(socket) == {"type": "beat"}
        socket.send('{"type": "shout", "word": "ready"}')
        assert heard(socket) == {"type": "answer", "word": "READY"}


def test_silence_is_broken_now_and_then(server, browser, monkeypatch):
    monkeypatch.setattr(sockets, "BEAT", 0.3)
    with server.open("scribble/", cookies=browser) as socket:
        assert heard(socket) == {"type": "welcome", "beat": 0.3}
        assert heard(socket, seconds=2) == {"type": "beat"}


@pytest.mark.parametrize(
    "message",
    ["", "nonsense", "[]", "null", '"beat"', "{}", '{"type": 1}', '{"type": "steal"}', '{"type": "__init__"}', b"beat"],
)
def test_unknown_message_is_answered_and_closes(server, browser, message):
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        socket.send(message)
        assert ending(socket) == (sockets.WRONG_MESSAGE, "unknown_message")


def test_long_message_closes(server, browser):
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        socket.send(json.dumps({"type": "shout", "word": "é" * 2500}, ensure_ascii=False))
        assert ending(socket) == (sockets.REFUSED, "message_too_long")
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        socket.send("x" * 20_000)
        assert ending(socket)[0] == 1009


def test_flood_closes(server, browser):
    with server.open("scribble/", cookies=browser) as socket:
        heard(socket)
        for _number in range(sockets.BURST + 2):
            socket.send('{"type": "beat"}')
        assert ending(socket) == (sockets.TOO_MANY, "too_many_messages")


def test_each_user_has_so_many_and_all_together_too(server, reader, browser, monkeypatch):
    monkeypatch.setattr(switchboard, "SOCKETS_EACH", 2)
    with server.open("scribble/", cookies=browser) as first, server.open("scribble/", cookies=browser) as second:
        heard(first), heard(second)
        assert refused(lambda: server.open("scribble/", cookies=browser)) == (429, "too_many_sockets")
        other = make_librarian()
        server.open("scribble/", ticket=socket_tickets.issue(user=other)).close()
        first.close()
        opened = []
        for _attempt in range(50):
            try:
                opened.append(server.open("scribble/", cookies=browser))
                break
            except InvalidStatus:
                time.sleep(0.1)
        opened[0].close()
    monkeypatch.setattr(switchboard, "SOCKETS_IN_ALL", 0)
    assert refused(lambda: server.open("scribble/", cookies=browser)) == (503, "too_many_sockets")


def test_forgotten_expired_sessions_do_not_open(server, browser):
    run_out(None, None)
    call_command("clearsessions")
    assert refused(lambda: server.open("scribble/", cookies=browser)) == (401, "not_signed_in")


def test_whether_sign_ins_hold_is_one_question_of_each_kind(reader, client, django_assert_num_queries):
    from accounts.sessions.sockets import enter, still_in

    visitors = []
    for _number in range(3):
        client.cookies.clear()
        client.force_login(reader)
        visitors.append(enter({"sessionid": client.cookies["sessionid"].value}, ""))
        tokens.issue(reader)
    tickets = [socket_tickets.issue(user=reader, family=family.pk) for family in TokenFamily.objects.all()]
    visitors += [enter({}, ticket) for ticket in [*tickets, socket_tickets.issue(user=reader)]]
    logins = {visitor.login for visitor in visitors if visitor is not None}
    assert len(logins) == 7
    with django_assert_num_queries(3):
        assert still_in(logins) == logins
    with django_assert_num_queries(0):
        assert still_in([]) == set()
