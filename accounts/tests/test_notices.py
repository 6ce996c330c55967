"""Notices: written with their cause, never in its way, each with a real letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from accounts import notices, outbox
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
LINK = "https://library.example.org/invited/x"
LETTERS = {
    "locked_out": ({"until": MONDAY + timedelta(minutes=15)}, "Your account was locked", "10:15"),
    "password_changed": ({}, "Your password was changed", "16 November 2026 at 10:00"),
    "invitation": ({"link": LINK, "role": "librarian", "invited_by": "Ada Lovelace"}, "You are invited", LINK),
    "signed_in_elsewhere": ({"device": "Firefox on Linux"}, "Somebody signed in", "Firefox on Linux"),
}


def queued(kind="password_changed", **values):
    if "to" not in values:
        values.setdefault("user", make_user())
    return notices.queue(**({"kind": kind, "at": MONDAY} | values))


@pytest.mark.parametrize("kind", LETTERS)
def test_each_kind_has_a_letter(kind):
    context, subject, words = LETTERS[kind]
    whom = {"to": "new@example.org"} if kind == "invitation" else {"user": make_user(full_name="Ann O'Neil <b>")}
    queued(kind, **whom, **context)
    assert outbox.send_due(at=MONDAY) == 1
    (letter,) = mail.outbox
    assert letter.subject.startswith(subject)
    assert letter.subject.endswith(" · Lyceum")
    assert words in letter.body
    assert subject not in letter.body
    assert ("Dear Ann," in letter.body) is (kind != "invitation")
    assert "&#" not in letter.body
    assert "\n\n\n" not in letter.body
    assert letter.content_subtype == "plain"
    assert letter.to == [whom.get("to") or whom["user"].email]


def test_every_template_of_a_notice_is_tested_here(settings):
    folder = settings.BASE_DIR / "templates" / "accounts" / "mail"
    assert {path.stem.removeprefix("notice_") for path in folder.glob("notice_*.txt")} == set(LETTERS)


def test_an_address_is_that_of_the_moment_of_sending():
    user = make_user()
    queued(user=user)
    user.email = "moved@example.org"
    user.save()
    outbox.send_due(at=MONDAY)
    assert mail.outbox[0].to == ["moved@example.org"]
