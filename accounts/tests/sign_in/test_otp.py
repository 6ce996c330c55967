"""Codes: made by the worker that mails them, kept as a hash, good once, for ten minutes, for one purpose."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from celery import current_app
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict

from accounts import errors
from accounts.models import OneTimeCode, Purpose
from accounts.sign_in import codes
from accounts.tasks import send_code, send_waiting_codes
from accounts.tests.factories import make_user
from accounts.tests.helpers import deliver, digits_in, other_than

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
ADDRESS = "ada@example.org"


def ask(email=ADDRESS, at=MONDAY):
    return codes.request_code(email=email, purpose=Purpose.REGISTER, at=at)


def sent(email=ADDRESS, at=MONDAY):
    row = ask(email, at)
    assert codes.send(code_id=row.pk, at=at)
    return digits_in(str(mail.outbox[-1].body))


def try_it(digits, email=ADDRESS, at=MONDAY):
    return codes.verify_registration(email=email, digits=digits, at=at)


def test_no_code_exists_before_the_worker_sends_it():
    row = ask()
    assert (row.code_hash, row.sent_at, mail.outbox) == ("", None, [])
    attempt = try_it("000000")
    assert attempt.verdict is codes.Verdict.WRONG
    row.refresh_from_db()
    assert row.attempts == 0


def test_the_row_holds_only_a_keyed_hash_bound_to_row_purpose_and_address():
    digits = sent()
    row = OneTimeCode.objects.get()
    assert digits not in str({**model_to_dict(row), "id": ""})
    assert row.code_hash == codes.hash_code(row, digits)
    assert len(row.code_hash) == 64
    for other in (
        OneTimeCode(pk=row.pk, email="eve@example.org", purpose=row.purpose),
        OneTimeCode(pk=row.pk, email=row.email, purpose=Purpose.LOGIN),
        OneTimeCode(email=row.email, purpose=row.purpose),
    ):
        assert codes.hash_code(other, digits) != row.code_hash


def test_the_hash_depends_on_the_secret_key(settings):
    row = OneTimeCode(email=ADDRESS, purpose=Purpose.REGISTER)
    before = codes.hash_code(row, "123456")
    settings.SECRET_KEY = "another" * 12
    assert codes.hash_code(row, "123456") != before


def test_the_database_refuses_a_hash_without_a_mail_and_a_use_without_a_mail():
    row = ask()
    for values in ({"code_hash": "a" * 64}, {"sent_at": MONDAY}, {"used_at": MONDAY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OneTimeCode.objects.filter(pk=row.pk).update(**values)


def test_a_right_code_works_once():
    digits = sent()
    assert try_it(digits).is_right
    assert try_it(digits).verdict is codes.Verdict.SPENT


def test_the_address_may_be_written_in_any_case():
    assert try_it(sent(), email="ADA@Example.org").is_right


@pytest.mark.parametrize(("minutes", "works"), [(9.9, True), (10, False)])
def test_a_code_works_for_ten_minutes(minutes, works):
    digits = sent()
    assert try_it(digits, at=MONDAY + timedelta(minutes=minutes)).is_right is works


def test_the_fifth_wrong_attempt_burns_the_code():
    digits = sent()
    assert [try_it(other_than(digits)).left for _ in range(4)] == [4, 3, 2, 1]
    assert try_it(other_than(digits)).verdict is codes.Verdict.SPENT
    assert try_it(digits).verdict is codes.Verdict.SPENT


def test_the_fifth_attempt_may_still_be_right():
    digits = sent()
    for _ in range(4):
        try_it(other_than(digits))
    assert try_it(digits).is_right


def test_a_code_opens_nothing_for_another_address_or_purpose():
    user = make_user()
    digits = sent()
    sent("eve@example.org", at=MONDAY)
    if digits != digits_in(str(mail.outbox[-1].body)):  # one time in a million they are the same
        assert not try_it(digits, email="eve@example.org").is_right
    codes.request_code(email=ADDRESS, purpose=Purpose.LOGIN, user=user, challenge_hash="c" * 64, at=MONDAY)
    with pytest.raises(errors.ChallengeGone):
        codes.verify_challenge(challenge_hash="", digits=digits, at=MONDAY)
    assert codes.verify_challenge(challenge_hash="c" * 64, digits=digits, at=MONDAY).verdict is codes.Verdict.WRONG


def test_a_second_code_comes_only_after_a_minute():
    ask()
    with pytest.raises(errors.CodeTooSoon) as refused:
        ask(email=ADDRESS.upper(), at=MONDAY + timedelta(seconds=20))
    assert refused.value.retry_after == 40
    ask(at=MONDAY + timedelta(seconds=60))


def test_a_used_code_asks_for_no_pause():
    assert try_it(sent()).is_right
    ask(at=MONDAY + timedelta(seconds=1))


def test_only_the_newest_code_works():
    first = sent()
    later = MONDAY + timedelta(seconds=61)
    second = sent(at=later)
    if first != second:
        assert not try_it(first, at=later).is_right
    assert try_it(second, at=later).is_right


def test_an_older_code_that_nobody_sent_is_sent_no_more():
    first = ask()
    ask(at=MONDAY + timedelta(seconds=61))
    assert not codes.send(code_id=first.pk, at=MONDAY + timedelta(seconds=62))


def test_a_code_is_sent_once_however_often_the_message_comes():
    ask_now = codes.request_code(email=ADDRESS, purpose=Purpose.REGISTER)
    for _ in range(3):
        send_code(str(ask_now.pk))
    send_waiting_codes()
    assert len(mail.outbox) == 1


def test_an_expired_code_is_not_sent():
    row = ask()
    assert not codes.send(code_id=row.pk, at=MONDAY + timedelta(minutes=10))
    assert codes.send_waiting(at=MONDAY + timedelta(minutes=10)) == 0
    assert mail.outbox == []


def test_a_code_for_somebody_kept_out_meanwhile_is_not_sent():
    user = make_user()
    row = codes.request_code(email=user.address, purpose=Purpose.LOGIN, user=user, challenge_hash="c" * 64, at=MONDAY)
    user.is_active = False
    user.save()
    assert not codes.send(code_id=row.pk, at=MONDAY)


def test_the_code_is_in_the_body_of_the_mail_and_not_in_its_subject():
    digits = sent()
    message = mail.outbox[0]
    assert message.to == [ADDRESS]
    assert digits in message.body
    assert digits not in message.subject
    assert "10 minutes" in message.body


def test_digits_are_spread_over_the_whole_range(monkeypatch):
    asked = []

    def randbelow(end):
        asked.append(end)
        return 42

    monkeypatch.setattr("accounts.sign_in.codes.secrets.randbelow", randbelow)
    assert sent() == "000042"
    assert asked == [10**6]


def test_an_address_with_an_account_is_told_so_and_gets_no_code():
    user = make_user(email=ADDRESS)
    assert sent(email=user.address.upper()) == ""
    assert "already an account" in mail.outbox[0].body
    row = OneTimeCode.objects.get()
    assert len(row.code_hash) == 64
    assert row.sent_at is not None


def test_a_mail_server_that_fails_leaves_the_row_for_the_sweep_and_its_words_out_of_the_log(monkeypatch, caplog):
    row = codes.request_code(email=ADDRESS, purpose=Purpose.REGISTER)
    seen = []

    def fail(self, messages):
        seen.append(digits_in(messages[0].body))
        raise OSError(f"cannot take: {messages[0].body}")

    with monkeypatch.context() as broken, caplog.at_level(logging.DEBUG):
        broken.setattr(EmailBackend, "send_messages", fail)
        send_code(str(row.pk))
    row.refresh_from_db()
    assert (row.code_hash, row.sent_at) == ("", None)
    assert "could not be sent (OSError)" in caplog.text
    assert seen[0] not in caplog.text
    send_waiting_codes()
    assert len(mail.outbox) == 1


def test_one_bad_address_does_not_keep_the_sweep_from_the_others(monkeypatch):
    codes.request_code(email="bad@example.org", purpose=Purpose.REGISTER)
    for number in range(3):
        codes.request_code(email=f"good{number}@example.org", purpose=Purpose.REGISTER)
    whole = EmailBackend.send_messages

    def send(self, messages):
        if messages[0].to == ["bad@example.org"]:
            raise OSError
        return whole(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send)
    assert codes.send_waiting() == 3


def test_a_sweep_ends_in_time_where_the_mail_server_is_slow(monkeypatch):
    for number in range(3):
        codes.request_code(email=f"p{number}@example.org", purpose=Purpose.REGISTER)
    monkeypatch.setattr(codes, "SWEEP_SECONDS", -1.0)
    assert codes.send_waiting() == 1


def test_codes_that_expired_a_day_ago_are_forgotten():
    ask()
    codes.send_waiting(at=MONDAY + timedelta(days=1))
    assert OneTimeCode.objects.count() == 1
    codes.send_waiting(at=MONDAY + timedelta(days=1, minutes=11))
    assert OneTimeCode.objects.count() == 0


def test_nothing_secret_is_logged(caplog):
    with caplog.at_level(logging.DEBUG):
        codes.request_code(email=ADDRESS, purpose=Purpose.REGISTER)
        digits = deliver()
        codes.verify_registration(email=ADDRESS, digits=digits)
    assert digits not in caplog.text


def test_the_message_to_the_worker_carries_the_id_and_nothing_else(monkeypatch, django_capture_on_commit_callbacks):
    messages = []
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: messages.append((args, options)))
    with django_capture_on_commit_callbacks(execute=True):
        row = ask()
        assert messages == []
    assert messages == [(("send_code",), {"args": [str(row.pk)], "retry": False})]


def test_a_broker_that_is_away_fails_no_request_and_the_sweep_sends_the_code(
    monkeypatch, django_capture_on_commit_callbacks, caplog
):
    def away(*args, **options):
        raise ConnectionError("no Redis")

    monkeypatch.setattr(current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        row = codes.request_code(email=ADDRESS, purpose=Purpose.REGISTER)
    assert "No wake-up could be sent" in caplog.text
    assert OneTimeCode.objects.get() == row
    send_waiting_codes()
    assert len(mail.outbox) == 1


def in_parallel(function, times=2):
    """``function`` in several threads, each with a connection of its own, all starting together."""
    start = Barrier(times)

    def run():
        start.wait()
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        runs = [threads.submit(run) for _ in range(times)]
        return [each.result() for each in runs]


@pytest.mark.django_db(transaction=True)
def test_of_parallel_attempts_with_the_right_code_one_wins():
    digits = sent()
    attempts = in_parallel(lambda: try_it(digits), times=4)
    assert sorted(attempt.is_right for attempt in attempts) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_without_the_locks_parallel_attempts_would_all_win(monkeypatch):
    """The negative control of the test above."""
    digits = sent()
    together = Barrier(2)
    monkeypatch.setattr(codes, "_queue_up", lambda email, purpose: None)
    monkeypatch.setattr("accounts.models.OneTimeCodeQuerySet.select_for_update", lambda rows, **options: rows.all())
    whole = codes._try
    monkeypatch.setattr(codes, "_try", lambda *args, **options: (together.wait(5), whole(*args, **options))[1])
    attempts = in_parallel(lambda: try_it(digits))
    assert [attempt.is_right for attempt in attempts] == [True, True]


@pytest.mark.django_db(transaction=True)
def test_parallel_wrong_attempts_are_all_counted():
    digits = sent()
    in_parallel(lambda: try_it(other_than(digits)), times=6)
    assert OneTimeCode.objects.get().attempts == 5
    assert not try_it(digits).is_right


@pytest.mark.django_db(transaction=True)
def test_of_parallel_requests_for_a_code_one_is_answered():
    def one():
        try:
            return bool(ask())
        except errors.CodeTooSoon:
            return False

    assert sorted(in_parallel(one, times=3)) == [False, False, True]
    assert OneTimeCode.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail(monkeypatch):
    row = ask()
    whole = EmailBackend.send_messages

    def send_slowly(self, messages):
        time.sleep(0.3)  # long enough that the second worker comes while the first one sends
        return whole(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_slowly)
    assert sorted(in_parallel(lambda: codes.send(code_id=row.pk, at=MONDAY))) == [False, True]
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_reaches_redis_without_code_or_address():
    with current_app.connection_for_read() as broker:
        queue = broker.SimpleQueue("quick")
        queue.clear()
        row = ask()
        message = queue.get(timeout=5)
    assert message.headers["task"] == "send_code"
    assert message.payload[0] == [str(row.pk)]
    assert ADDRESS not in str(message.headers) + str(message.payload)
