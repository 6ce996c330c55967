"""Notices: written with their cause, never in its way, each with a real letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from django.core import mail
from django.db import IntegrityError, transaction

from accounts.tests.factories import make_user
from library.core.background import schedule
from library.core.errors import InvalidInput, NotFound
from library.notices import kinds, outbox, preferences
from library.notices import services as notices
from library.notices.models import Notice, NoticeState
from library.notices.tasks import send_notices

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
LINK = "https://library.example.org/invited/x"
LENT = {"loan": str(UUID(int=7)), "title": "Cat's & Dog's", "barcode": "B-7", "branch": "Central", "due": MONDAY}
LOAN: dict[str, Any] = {**LENT, "is_hourly": False}
SHELF: dict[str, Any] = {"title": "The cell", "hold": "7", "branch": "North", "until": MONDAY}
WISH: dict[str, Any] = {"title": "The cell", "hold": "7", "reason": ""}
LETTERS: dict[str, tuple[dict[str, Any], str, str]] = {  # the words, the subject, something of the body
    "locked_out": ({"until": MONDAY + timedelta(minutes=15)}, "Your account was locked", "10:15"),
    "loan_not_renewed": (
        {"title": "The cell", "due": MONDAY},
        "A loan of yours was not renewed",
        "“The cell” was due on 16 November 2026",
    ),
    "receipt": (
        {"number": 7, "amount": "3.00 EUR", "paid_back": False, "day": MONDAY, "lines": "fee: 3.00 EUR"},
        "Receipt 7",
        "On 16 November 2026 you paid 3.00 EUR.",
    ),
    "statement": ({"amount": "3.00 EUR", "lines": "fee: 3.00 EUR"}, "Your statement", "In all you owe: 3.00 EUR."),
    "lost_charged": (
        {"title": "The cell", "amount": "3.00 EUR"},
        "A book of the library was declared lost",
        "“The cell”, which you had on loan, was declared lost. 3.00 EUR was charged for it.",
    ),
    "hold_ready": (
        SHELF,
        "What you asked for is ready",
        "– “The cell” is ready for you at North until 16 November 2026.",
    ),
    "hold_expiring": (SHELF, "What you asked for still waits", "still waits for you at North until 16 November 2026."),
    "hold_expired": (
        SHELF,
        "What you asked for is no longer kept",
        "at North until 16 November 2026 and is no longer kept.",
    ),
    "hold_cancelled": (WISH, "Your request was cancelled", "– Your request for “The cell” was cancelled.\n"),
    "hold_refused": (
        {**WISH, "reason": "Its pages are wet."},
        "We could not fetch what you asked for",
        "– We could not fetch “The cell” for you. Its pages are wet.",
    ),
    "hold_passed_over": (
        {"title": "The cell", "hold": "7", "reasons": "Your card was valid until 1 March 2026."},
        "A book went to another reader",
        "you keep your place. Your card was valid until 1 March 2026.",
    ),
    "address_changed": ({"greeted": "Ann"}, "Your library account has", "16 November 2026 at 10:00"),
    "password_changed": ({}, "Your password was changed", "16 November 2026 at 10:00"),
    "invitation": ({"link": LINK, "role": "librarian", "invited_by": "Ada Lovelace"}, "You are invited", LINK),
    "welcome": (
        {"card_number": "L-7", "email": "ann@example.org", "card_link": LINK},
        "Your library card",
        "Its number is L-7",
    ),
    "due_soon": (LOAN, "Your loans are due soon", "– “Cat's & Dog's” is due on 16 November 2026."),
    "due_moved": (LOAN, "A loan of yours is due on another day", "it is due on 16 November 2026."),
    "overdue_1": (LOAN, "Please bring back what is overdue", "– “Cat's & Dog's” was due on 16 November 2026."),
    "overdue_2": (LOAN, "Second letter", "we have written to you before"),
    "overdue_3": (LOAN, "Last letter", "must be paid for"),
    "loan_receipt": (LOAN, "What you have borrowed", "– “Cat's & Dog's” is yours until 16 November 2026."),
    "return_receipt": ({**LOAN, "returned": MONDAY}, "What you have brought back", "came back on 16 November 2026."),
    "signed_in_elsewhere": ({"device": "Firefox on Linux"}, "Somebody signed in", "Firefox on Linux"),
}

CODE_LETTERS = (
    "account_exists",
    "address_in_use",
    "code_address",
    "code_invite",
    "code_login",
    "code_register",
    "code_reset",
    "no_account",
)


@pytest.fixture(autouse=True)
def _kinds():
    """Each test says itself what is added to a letter, and what goes with it, when it is sent."""
    before = dict(kinds._kinds)
    kinds._kinds.update(
        {
            code: replace(kind, at_sending=None, still_true=None, attaches=None, wait=timedelta(0))
            for code, kind in before.items()
        }
    )
    yield
    kinds._kinds.clear()
    kinds._kinds.update(before)


def queued(kind="password_changed", **values):
    if "to" not in values:
        values.setdefault("user", make_user())
    return notices.queue(**({"kind": kind, "at": MONDAY} | values))


@pytest.mark.parametrize("kind", LETTERS)
def test_each_kind_has_a_letter(kind):
    context, subject, words = LETTERS[kind]
    user = make_user(full_name="Ann O'Neil <b>")
    preferences.choose(user=user, wishes={"receipts": preferences.Wish("at_once", bell=True)})
    queued(kind, **({"to": "new@example.org"} if kind == "invitation" else {"user": user}), **context)
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
    assert letter.to == ["new@example.org" if kind == "invitation" else user.email]


def test_every_kind_has_its_letter_in_its_app_and_is_tested_here(settings):
    assert {kind.code for kind in kinds.registered()} == {*LETTERS, kinds.DIGEST}
    written = {
        path.relative_to(settings.BASE_DIR / "templates") for path in settings.BASE_DIR.glob("templates/*/mail/*")
    }
    codes = {Path("accounts", "mail", f"{name}.txt") for name in CODE_LETTERS}
    assert written - codes == {Path(kind.template) for kind in kinds.registered()}


def test_a_kind_belongs_to_one_app():
    with pytest.raises(ValueError, match="belongs to accounts"):
        kinds.register("welcome", app="circulation")
    assert kinds.get("welcome").template == "accounts/mail/welcome.txt"


def test_an_address_is_that_of_the_moment_of_sending():
    user = make_user()
    queued(user=user)
    user.email = "moved@example.org"
    user.save()
    outbox.send_due(at=MONDAY)
    assert mail.outbox[0].to == ["moved@example.org"]


def test_the_words_are_forgotten_once_they_are_sent():
    row = queued("invitation", to="new@example.org", link=LINK)
    assert row.context == {"link": LINK}
    outbox.send_due(at=MONDAY)
    row.refresh_from_db()
    assert (row.state, row.sent_at, row.due_at, row.context) == (NoticeState.SENT, MONDAY, None, {})


def test_what_opens_something_is_made_when_it_is_sent_and_never_stored():
    def link(row):
        return {"link": f"https://library.example.org/signed-{row.context['invitation']}"}

    kinds.register("invitation", app="accounts", at_sending=link)

    queued("invitation", to="new@example.org", invitation="7")
    assert "signed" not in str(list(Notice.objects.values()))
    outbox.send_due(at=MONDAY)
    assert "https://library.example.org/signed-7" in mail.outbox[0].body


def test_a_letter_whose_cause_is_gone_by_then_is_not_sent():
    def link(row):
        raise NotFound

    kinds.register("invitation", app="accounts", at_sending=link)

    row = queued("invitation", to="new@example.org")
    assert outbox.send_due(at=MONDAY) == 0
    row.refresh_from_db()
    assert (row.state, row.error, row.attempts, mail.outbox) == (NoticeState.FAILED, "NotFound", 1, [])


def test_a_cause_that_is_rolled_back_tells_nobody(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            queued()
            _ = 1 / 0
    assert callbacks == []
    assert not Notice.objects.exists()
    assert outbox.send_due(at=MONDAY + timedelta(days=1)) == 0
    assert mail.outbox == []


def test_the_same_cause_is_told_once():
    user = make_user()
    first = queued(user=user, dedupe="lock:1")
    second = queued(user=user, dedupe="lock:1", at=MONDAY + timedelta(days=9))
    other = queued(user=user, dedupe="lock:2")
    assert first == second != other
    assert outbox.send_due(at=MONDAY + timedelta(days=10)) == 2
    assert queued(user=user, dedupe="lock:1") == first
    assert outbox.send_due(at=MONDAY + timedelta(days=10)) == 0


def test_notices_without_a_named_cause_are_all_told():
    user = make_user()
    assert queued(user=user) != queued(user=user)
    assert outbox.send_due(at=MONDAY) == 2


@pytest.mark.parametrize(
    "hostile",
    ["a\nBcc: eve@example.org", "a\r\n\r\nbody", "a\x0bBcc: x", "a\u2028Bcc: x", "a\x85Bcc: x", "a\x00b", "a\u202eb"],
)
def test_nothing_typed_by_anybody_makes_a_header_or_a_line(hostile, tmp_path, settings):
    folder = tmp_path / "accounts" / "mail"
    folder.mkdir(parents=True)
    (folder / "password_changed.txt").write_text(
        "{% autoescape off %}Hello {{ name }} {{ word }}\n\nBody.\n{% endautoescape %}"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, settings.BASE_DIR / "templates"]}]
    user = make_user()
    type(user).objects.filter(pk=user.pk).update(full_name=hostile.replace("\x00", "\r\n"))
    user.refresh_from_db()
    queued(user=user, word=hostile)
    assert outbox.send_due(at=MONDAY) == 1
    message = mail.outbox[0].message()
    assert {"Bcc", "Cc"}.isdisjoint(message.keys())
    assert "\n" not in mail.outbox[0].subject
    assert not set(mail.outbox[0].subject) & set("\r\x0b\x00\x85\u2028\u202e")
    assert mail.outbox[0].body == "Body.\n"


@pytest.mark.parametrize("to", ["a@example.org\nBcc: eve@example.org", "a@example.org, b@example.org", "nobody", "@"])
def test_an_address_that_is_none_is_refused(to):
    with pytest.raises(InvalidInput) as refused:
        queued("invitation", to=to)
    assert "email" in refused.value.fields


def test_faults_of_the_caller_are_loud():
    with pytest.raises(ValueError, match="either"):
        notices.queue(kind="invitation")
    with pytest.raises(ValueError, match="either"):
        notices.queue(kind="invitation", user=make_user(), to="a@example.org")
    with pytest.raises(kinds.UnknownNoticeKind):
        queued("unheard_of")
    with pytest.raises(ValueError, match="secret"):
        queued(password="correct horse 7")
    with pytest.raises(TypeError):
        queued(thing=make_user())
    assert not Notice.objects.exists()


def test_a_broker_that_is_away_fails_no_action_and_the_sweep_sends_the_notice(
    monkeypatch, django_capture_on_commit_callbacks
):
    def away(*args, **kwargs):
        raise ConnectionError("redis is away")

    monkeypatch.setattr(current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        row = queued()
    row.refresh_from_db()
    assert row.state == NoticeState.WAITING
    send_notices()
    row.refresh_from_db()
    assert row.state == NoticeState.SENT


def test_the_message_to_the_worker_carries_nothing(monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda *args, **kwargs: sent.append((args, kwargs)))
    with django_capture_on_commit_callbacks(execute=True):
        queued()
    assert sent == [(("send_notices",), {"retry": False, "expires": 60})]


def test_beat_and_workers_know_the_task():
    entry = schedule.beat_schedule()["send_notices"]
    assert entry["schedule"] <= 60
    assert schedule.route("send_notices") == {"queue": "quick"}


@pytest.mark.parametrize(
    "values",
    [
        {"to": "both@example.org"},
        {"user": None},
        {"state": "sent"},
        {"state": "failed"},
        {"due_at": None},
        {"sent_at": MONDAY},
    ],
)
def test_the_database_refuses_a_notice_that_makes_no_sense(values):
    row = queued()
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.filter(pk=row.pk).update(**values)
