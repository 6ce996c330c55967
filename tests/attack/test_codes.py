"""Mailed codes: taken to another door, to another address, a second time, and guessed by many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Invitation, OneTimeCode, Role, User
from accounts.services import invitations
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver, post

pytestmark = pytest.mark.django_db
EVE, MALLORY = "eve@example.org", "mallory@example.org"
NEW = "another horse 8"
DOORS = {"register": "register", "invite": "invitations/accept", "reset": "reset", "login": "login"}


def send(path, body):
    return Client(raise_request_exception=False).post(f"/api/v1/auth/{path}/", body, "application/json")


def invited(email):
    """The secret of a mailed invitation."""
    invitations.invite(email=email, role=Role.LIBRARIAN, by=make_user(Role.ADMINISTRATOR))
    return post()


class Mailbox:
    """What one address may ask for; ``keys`` is what a door wants beside the code, ``codes`` what came by mail."""

    def __init__(self, email, *purposes):
        self.email, self.keys, self.codes = email, {}, {}
        for purpose in purposes:
            self.ask(purpose)
            self.codes[purpose] = deliver()
        assert all(self.codes.values())

    def ask(self, purpose):
        if purpose == "invite":
            self.keys["token"] = invited(self.email)
            answer = send("invitations", {"token": self.keys["token"]})
        elif purpose == "login":
            answer = send("login", {"email": self.email, "password": PASSWORD})
            self.keys["challenge"] = answer.json()["challenge"]
        else:
            answer = send("otp", {"email": self.email, "purpose": purpose})
        assert answer.status_code == 202

    def enter(self, door, digits):
        body = {
            "register": {"email": self.email},
            "reset": {"email": self.email},
            "login": {"challenge": self.keys.get("challenge")},
            "invite": {"token": self.keys.get("token")},
        }[door]
        newcomer = {} if door == "login" else {"password": NEW, "full_name": "Eve"}
        return send(DOORS[door], body | newcomer | {"otp": digits})


@pytest.mark.parametrize("purposes", [("register", "invite"), ("reset", "invite", "login")], ids=["new", "known"])
def test_a_code_opens_the_door_that_it_was_mailed_for_and_no_other(purposes):
    if "login" in purposes:
        make_user(email=EVE)
    mailbox = Mailbox(EVE, *purposes)
    before = list(User.objects.values("email", "role", "password"))
    for purpose, digits in mailbox.codes.items():
        for door in {*purposes, "reset", "register"} - {purpose}:
            answer = mailbox.enter(door, digits)
            assert (purpose, door, answer.status_code) == (purpose, door, 400)
            assert answer.json()["code"] in {"code_wrong", "code_spent"}
    assert list(User.objects.values("email", "role", "password")) == before
    assert not OneTimeCode.objects.filter(used_at__isnull=False).exists()
    # Each was good all the time: it opens its own door, once.
    last = purposes[-1]
    assert mailbox.enter(last, mailbox.codes[last]).status_code in {200, 201, 204}
    assert mailbox.enter(last, mailbox.codes[last]).status_code == 400


@pytest.mark.parametrize("purpose", ["register", "invite"])
def test_a_code_of_one_address_makes_no_account_of_another(purpose):
    mine, theirs = Mailbox(MALLORY, purpose), Mailbox(EVE, purpose)
    answer = theirs.enter(purpose, mine.codes[purpose])
    assert (answer.status_code, answer.json()["code"]) == (400, "code_wrong")
    # Nor does one's own code with the other's address written in another way, or beside one's own.
    for written in (EVE.upper(), f" {EVE} "):
        body = {"email": written, "otp": mine.codes[purpose], "password": NEW, "full_name": "Eve"}
        assert send("register", body).status_code == 400
    both = {"email": EVE, "token": theirs.keys.get("token", ""), "otp": mine.codes[purpose]}
    assert send("invitations/accept", both | {"password": NEW, "full_name": "Eve"}).status_code == 400
    assert not User.objects.filter(email__iexact=EVE).exists()
    assert theirs.enter(purpose, theirs.codes[purpose]).status_code == 201


@pytest.mark.parametrize("purpose", ["register", "invite"])
def test_a_code_that_made_an_account_makes_no_second_and_changes_nothing(purpose):
    mailbox = Mailbox(EVE, purpose)
    assert mailbox.enter(purpose, mailbox.codes[purpose]).status_code == 201
    for door in ("register", "reset", *(["invite"] if purpose == "invite" else [])):
        assert mailbox.enter(door, mailbox.codes[purpose]).status_code == 400
    assert User.objects.filter(email=EVE).count() == 1


def test_the_code_of_an_earlier_invitation_opens_no_later_one():
    first = Mailbox(EVE, "invite")
    invitation = Invitation.objects.get()
    invitations.revoke(invitation=invitation, by=invitation.invited_by)
    first.keys["token"] = invited(EVE)
    assert first.enter("invite", first.codes["invite"]).status_code == 400
    assert not User.objects.filter(email=EVE).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("purpose", ["reset", "invite", "register"])
def test_twelve_threads_guess_no_more_often_than_five_times_and_burn_the_code(purpose):
    if purpose == "reset":
        make_user(email=EVE)
    mailbox = Mailbox(EVE, purpose)
    right = mailbox.codes[purpose]
    start = Barrier(12)

    def guess(number):
        start.wait()
        try:
            return mailbox.enter(purpose, f"{(int(right) + 1 + number) % 10**6:06d}").json()["code"]
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        told = sorted(threads.map(guess, range(12)))
    assert told == ["code_spent"] * 8 + ["code_wrong"] * 4  # the fifth wrong one is told that the code is spent
    assert OneTimeCode.objects.get(email=EVE).attempts == 5
    refused = mailbox.enter(purpose, right)
    assert (refused.status_code, refused.json()["code"]) == (400, "code_spent")
    assert not OneTimeCode.objects.filter(used_at__isnull=False).exists()
    person = User.objects.filter(email=EVE).first()
    assert person is None or person.check_password(PASSWORD)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("purpose", ["reset", "invite"])
def test_of_many_with_the_right_code_at_once_one_gets_in(purpose):
    if purpose == "reset":
        make_user(email=EVE)
    mailbox = Mailbox(EVE, purpose)
    start = Barrier(6)

    def enter(_number):
        start.wait()
        try:
            return mailbox.enter(purpose, mailbox.codes[purpose]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        statuses = sorted(threads.map(enter, range(6)))
    assert statuses == [200 if purpose == "reset" else 201] + [400] * 5
