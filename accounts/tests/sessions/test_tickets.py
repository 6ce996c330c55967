"""Tickets for sockets: a minute, once, and no longer than the sign-in that they come from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts import errors
from accounts.models import User
from accounts.models.sessions import Ticket
from accounts.sessions import services as sessions
from accounts.sessions import socket_tickets, tokens
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/ticket/"
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def test_a_client_with_a_token_gets_a_ticket_that_lets_it_in_once(client):
    user = make_user()
    answer = client.post(URL, headers={"authorization": f"Bearer {tokens.issue(user).access}"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"ticket", "expires_in"}
    assert answer.json()["expires_in"] == 60
    ticket = answer.json()["ticket"]
    assert socket_tickets.redeem(ticket=ticket) == user
    with pytest.raises(errors.TicketNotValid):
        socket_tickets.redeem(ticket=ticket)


def test_nobody_gets_none(client):
    assert client.post(URL).status_code == 401
    assert client.get(URL).status_code == 401


def test_a_ticket_ends_after_a_minute():
    user = make_user()
    ticket = socket_tickets.issue(user=user, at=MONDAY)
    with pytest.raises(errors.TicketNotValid):
        socket_tickets.redeem(ticket=ticket, at=MONDAY + timedelta(seconds=60))
    assert socket_tickets.redeem(ticket=ticket, at=MONDAY + timedelta(seconds=59)) == user


def test_only_a_hash_is_kept():
    ticket = socket_tickets.issue(user=make_user())
    assert ticket not in str(Ticket.objects.values().get())
    with pytest.raises(errors.TicketNotValid):
        socket_tickets.redeem(ticket=Ticket.objects.get().ticket_hash)


def test_who_is_kept_out_or_has_ended_everything_is_not_let_in():
    user, other = make_user(), make_user()
    gone, ended = socket_tickets.issue(user=user), socket_tickets.issue(user=other)
    stale = User.objects.get(pk=other.pk)
    User.objects.filter(pk=user.pk).update(is_active=False)
    sessions.end_others(user=other, this="")
    for ticket in (gone, ended, socket_tickets.issue(user=stale)):
        with pytest.raises(errors.TicketNotValid):
            socket_tickets.redeem(ticket=ticket)


@pytest.mark.parametrize("ticket", ["", "x", "x" * 43, "\x00" * 43, "\ud800", "ä" * 43, "x" * 10_000])
def test_what_is_no_ticket_lets_nobody_in(ticket):
    with pytest.raises(errors.TicketNotValid):
        socket_tickets.redeem(ticket=ticket)


def test_old_tickets_are_forgotten():
    user = make_user()
    socket_tickets.issue(user=user, at=MONDAY)
    socket_tickets.issue(user=user, at=MONDAY + timedelta(minutes=2))
    assert Ticket.objects.count() == 1
    sessions.forget_ended(at=MONDAY + timedelta(minutes=4))
    assert not Ticket.objects.exists()


def test_the_database_refuses_a_use_after_its_time():
    socket_tickets.issue(user=make_user(), at=MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.update(used_at=MONDAY + timedelta(seconds=60))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_show_one_ticket_at_once_one_is_let_in():
    ticket = socket_tickets.issue(user=make_user())
    start = Barrier(2)

    def run(_number):
        start.wait()
        try:
            return str(socket_tickets.redeem(ticket=ticket))
        except errors.TicketNotValid:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(bool(name) for name in threads.map(run, range(2))) == [False, True]


def test_a_session_gets_a_ticket_too():
    client = Client()
    user = make_user()
    client.force_login(user)
    assert socket_tickets.redeem(ticket=client.post(URL).json()["ticket"]) == user
