"""Sending: tried again when it fails, by one worker at a time, at most one duplicate when a worker dies."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection, transaction

from accounts.tests.factories import make_user
from accounts.tests.mail_server import mail_server
from library.notices import outbox
from library.notices import services as notices
from library.notices.models import Notice, NoticeQuerySet, NoticeState

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def queued(to="ada@example.org", at=MONDAY, **values):
    return notices.queue(to=to, kind="password_changed", at=at, **values)


def claim(at):
    row = outbox.claim(at=at)
    assert row is not None
    return row


def header(name, letter):
    found = re.search(rf"^{name}: (.*)\r$", letter, re.MULTILINE)
    assert found is not None, letter
    return found[1]


def state_of(row):
    row.refresh_from_db()
    return row.state


def test_a_letter_that_a_mail_server_puts_off_is_taken_the_second_time(settings):
    with mail_server(settings, "451 4.7.1 secret words of the server, try later") as server:
        row = queued()
        assert outbox.send_due(at=MONDAY) == 0
        assert state_of(row) == NoticeState.WAITING
        assert (row.attempts, row.due_at, row.error) == (1, MONDAY + MINUTE, "SMTPDataError 451")
        assert outbox.send_due(at=MONDAY + MINUTE - timedelta(seconds=1)) == 0
        assert len(server.offered) == 1
        assert outbox.send_due(at=MONDAY + MINUTE) == 1
    assert state_of(row) == NoticeState.SENT
    assert (row.attempts, row.error) == (2, "")
    (letter,) = server.letters
    assert len(server.offered) == 2
    assert "To: ada@example.org" in letter
    assert f"Message-ID: <{row.pk}@example.org>" in letter
    assert "Auto-Submitted: auto-generated" in letter
    assert 'Content-Type: text/plain; charset="utf-8"' in letter


def test_an_address_that_a_mail_server_does_not_know_is_put_off_too(settings):
    with mail_server(settings) as server:
        server.answer_to_recipients = "550 5.1.1 no ada@example.org here"
        row = queued()
        assert outbox.send_due(at=MONDAY) == 0
    assert state_of(row) == NoticeState.WAITING
    assert (row.error, server.offered) == ("SMTPRecipientsRefused 550", [])


def test_a_mail_server_that_is_away_fails_no_action(settings):
    with mail_server(settings):
        pass  # its port is free again: nobody answers there
    row = queued()
    assert outbox.send_due(at=MONDAY) == 0
    assert state_of(row) == NoticeState.WAITING
    assert row.error == "ConnectionRefusedError"


def test_the_gaps_double_for_a_day_and_then_the_notice_has_failed(settings):
    gaps, at = [], MONDAY
    with mail_server(settings, *["550 no"] * 20) as server:
        row = queued()
        while True:
            outbox.send_due(at=at)
            if state_of(row) == NoticeState.FAILED:
                break
            gaps.append((row.due_at - at) // MINUTE)
            at = row.due_at
    assert gaps == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 417]
    assert sum(gaps) == 24 * 60
    assert len(server.offered) == row.attempts == 12
    assert (row.due_at, row.sent_at, row.error) == (None, None, "SMTPDataError 550")
    assert outbox.send_due(at=at + timedelta(days=9)) == 0


def test_a_notice_that_waited_long_for_a_worker_still_gets_its_day(settings):
    with mail_server(settings, "451 later"):
        row = queued()
        outbox.send_due(at=MONDAY + timedelta(days=3))
    assert state_of(row) == NoticeState.WAITING


def test_the_words_of_the_mail_server_are_neither_kept_nor_logged(settings, caplog):
    with mail_server(settings, "451 you wrote: your private words"):
        row = queued()
        outbox.send_due(at=MONDAY)
    assert "private words" not in caplog.text + str(Notice.objects.values().get(pk=row.pk))
    assert "ada@example.org" not in caplog.text


def test_a_bad_address_does_not_keep_the_others_from_their_letters(settings):
    with mail_server(settings, "550 no") as server:
        bad, good = queued(to="bad@example.org"), queued(to="good@example.org")
        assert outbox.send_due(at=MONDAY) == 1
    assert (state_of(bad), state_of(good)) == (NoticeState.WAITING, NoticeState.SENT)
    assert "To: good@example.org" in server.letters[0]


def test_a_letter_that_cannot_be_written_is_put_off_like_one_that_cannot_be_sent():
    row = queued()
    Notice.objects.filter(pk=row.pk).update(kind="unheard_of")
    assert outbox.send_due(at=MONDAY) == 0
    assert state_of(row) == NoticeState.WAITING
    assert row.error == "UnknownNoticeKind"


def test_a_failed_notice_is_tried_for_another_day_when_asked(django_capture_on_commit_callbacks, monkeypatch):
    row = queued()
    gone = {"state": NoticeState.FAILED, "due_at": None, "attempts": 12, "give_up_at": MONDAY, "interruptions": 2}
    Notice.objects.filter(pk=row.pk).update(**gone)
    woken = []
    monkeypatch.setattr(notices, "wake", lambda: woken.append(1))
    later = MONDAY + timedelta(days=2)
    with django_capture_on_commit_callbacks(execute=True):
        assert outbox.send_again(notice=row, at=later)
        assert not outbox.send_again(notice=row, at=later)
    assert woken == [1]
    assert outbox.send_due(at=later) == 1
    assert state_of(row) == NoticeState.SENT
    assert not outbox.send_again(notice=row, at=later)


def test_a_worker_that_vanishes_leaves_its_notice_to_another_and_a_second_one_ends_it():
    row = queued()
    assert outbox.claim(at=MONDAY) == row  # and then it is killed
    assert outbox.claim(at=MONDAY + outbox.LEASE - timedelta(seconds=1)) is None
    again = claim(MONDAY + outbox.LEASE)
    assert (again, again.state, again.attempts) == (row, NoticeState.SENDING, 2)
    third = claim(MONDAY + 2 * outbox.LEASE)
    assert (third.state, third.attempts, third.error) == (NoticeState.FAILED, 2, "WorkerLost")
    assert outbox.claim(at=MONDAY + timedelta(days=3)) is None


def test_a_worker_given_up_for_lost_changes_nothing_when_it_comes_back(settings):
    row = queued()
    slow = claim(MONDAY)
    quick = claim(MONDAY + outbox.LEASE)
    with mail_server(settings, "451 later"):
        assert not outbox.send(slow, at=MONDAY + outbox.LEASE)
        assert state_of(row) == NoticeState.SENDING
        assert outbox.send(quick, at=MONDAY + outbox.LEASE)


def test_a_sweep_ends_in_time_where_the_mail_server_is_slow(monkeypatch):
    for number in range(3):
        queued(to=f"{number}@example.org")
    monkeypatch.setattr(outbox, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(EmailMessage, "send", lambda self: threading.Event().wait(0.06))
    assert outbox.send_due(at=MONDAY) == 1


def in_threads(*calls):
    def run(call):
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [running.result() for running in [pool.submit(run, call) for call in calls]]


@pytest.fixture(params=["with lock", "without lock"])
def locked(request, monkeypatch):
    if request.param == "without lock":
        monkeypatch.setattr(NoticeQuerySet, "select_for_update", lambda rows, **how: rows)
    return request.param == "with lock"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_notice_once(locked, monkeypatch):
    """Both meet after the look at the row. With its lock the second sees none and does not come to the meeting."""
    queued(to="one@example.org")
    together = threading.Barrier(2, timeout=0.5 if locked else 30)
    save = Notice.save

    def save_together(row, **how):
        try:
            together.wait()
        except threading.BrokenBarrierError:
            pass
        save(row, **how)

    monkeypatch.setattr(Notice, "save", save_together)
    claimed = in_threads(*[lambda: outbox.claim(at=MONDAY)] * 2)
    assert [row is not None for row in claimed].count(True) == (1 if locked else 2)


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_work_without_waiting_for_each_other(settings):
    for number in range(12):
        queued(to=f"{number}@example.org")
    with mail_server(settings) as server:
        counts = in_threads(*[lambda: outbox.send_due(at=MONDAY)] * 2)
    assert sum(counts) == 12
    assert all(counts)
    addresses = [header("To", letter) for letter in server.letters]
    assert sorted(addresses) == sorted(f"{number}@example.org" for number in range(12))
    assert set(Notice.objects.values_list("state", flat=True)) == {NoticeState.SENT}


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_with_one_cause_one_notice_is_written():
    user = make_user()
    written = in_threads(*[lambda: notices.queue(user=user, kind="password_changed", dedupe="same", at=MONDAY)] * 4)
    assert len({row.pk for row in written}) == Notice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_cause_that_is_not_kept_yet_is_not_told():
    with transaction.atomic():
        queued()
        assert in_threads(lambda: outbox.send_due(at=MONDAY)) == [0]
    assert in_threads(lambda: outbox.send_due(at=MONDAY)) == [1]
    assert len(mail.outbox) == 1


KILLED = """
import os, sys
from datetime import datetime
import django
django.setup()
from django.conf import settings
from django.core.mail import EmailMessage
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sys.argv[2])
send = EmailMessage.send
def send_and_die(self):
    send(self)
    os.kill(os.getpid(), 9)
EmailMessage.send = send_and_die
from library.notices import outbox
outbox.send_due(at=datetime.fromisoformat(sys.argv[3]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_marking_makes_one_duplicate_at_most(settings):
    row = queued()
    database = settings.DATABASES["default"]["NAME"]
    with mail_server(settings) as server:
        for attempt in range(3):
            at = MONDAY + attempt * outbox.LEASE
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", KILLED, database, str(settings.EMAIL_PORT), at.isoformat()],
                check=False,
                timeout=60,
            )
    assert state_of(row) == NoticeState.FAILED
    assert len(server.letters) == 2
    ids = {header("Message-ID", letter) for letter in server.letters}
    assert len(ids) == 1
