"""One cause is told once, and only while it holds; what happens together goes in one letter."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection

from accounts.services import printed_letters
from accounts.tests.factories import make_librarian, make_user
from library.notices import bell, kinds, outbox
from library.notices import services as notices
from library.notices.models import BellRow, Notice, NoticeQuerySet, NoticeState
from tests.library.notices.conftest import MINUTE, MONDAY, TRUE, queued, state_of

pytestmark = pytest.mark.django_db
SOON = MONDAY + 5 * MINUTE


def broken(row):
    raise ZeroDivisionError


def test_a_notice_waits_for_what_else_happens(ada):
    queued(ada)
    assert outbox.send_due(at=SOON - timedelta(seconds=1)) == 0
    assert outbox.send_due(at=SOON) == 1


def test_several_of_one_person_go_in_one_letter(ada):
    rows = [queued(ada, title) for title in ("One", "Two", "Three")]
    other = queued(make_user(), "Four")
    assert outbox.send_due(at=SOON) == 2
    assert {state_of(row) for row in (*rows, other)} == {NoticeState.SENT}
    letter = next(letter for letter in mail.outbox if letter.to == ["ada@example.org"])
    assert "– “One”\n– “Two”\n– “Three”" in letter.body
    assert "Four" not in letter.body


def test_what_comes_while_the_first_waits_goes_with_it(ada):
    queued(ada, "One")
    queued(ada, "Two", at=MONDAY + 4 * MINUTE)
    assert outbox.send_due(at=SOON) == 1
    assert outbox.send_due(at=SOON + 5 * MINUTE) == 0
    assert len(mail.outbox) == 1


def test_the_gravest_writes_the_letter_and_the_rest_stands_beside(ada):
    queued(ada, "Soon")
    queued(ada, "Late", kind="overdue_1")
    queued(ada, "Later", kind="overdue_2")
    assert outbox.send_due(at=SOON) == 1
    (letter,) = mail.outbox
    assert letter.subject == "Second letter: your loans are overdue · Lyceum"
    before, after = letter.body.split("Please bring it back")
    assert "– “Late”\n– “Later”" in before
    assert "– “Soon”" in after


def test_addresses_of_nobody_who_is_known_are_never_gathered():
    for address in ("one@example.org", "two@example.org"):
        notices.queue(to=address, kind="due_soon", at=MONDAY, title="The cell")
    assert outbox.send_due(at=SOON) == 2
    assert sorted(letter.to for letter in mail.outbox) == [["one@example.org"], ["two@example.org"]]


def test_kinds_that_do_not_gather_go_by_themselves(ada):
    for _n in range(2):
        notices.queue(user=ada, kind="password_changed", at=MONDAY)
    assert outbox.send_due(at=MONDAY) == 2


def test_the_same_cause_is_told_once_whatever_happened_to_the_first(ada):
    first = queued(ada)
    outbox.send_due(at=SOON)
    assert queued(ada, at=MONDAY + timedelta(days=9)) == first
    assert outbox.send_due(at=MONDAY + timedelta(days=9)) == 0
    assert BellRow.objects.filter(user=ada).count() == 1


def test_what_is_over_before_it_is_sent_is_overtaken_and_counted(ada):
    gone, stays = queued(ada, "Gone"), queued(ada, "Stays")
    TRUE.add("Gone")
    assert outbox.send_due(at=SOON) == 1
    assert (state_of(gone), state_of(stays)) == (NoticeState.OVERTAKEN, NoticeState.SENT)
    assert (gone.due_at, gone.sent_at, gone.context) == (None, None, {})
    assert "Gone" not in mail.outbox[0].body
    assert [row.text for row in bell.since(ada, 0)] == ["“Stays”"]
    assert bell.state_of(ada).unread == 1
    assert Notice.objects.filter(state=NoticeState.OVERTAKEN).count() == 1


def test_a_letter_of_nothing_is_not_sent(ada):
    rows = [queued(ada, title) for title in ("One", "Two")]
    TRUE.update({"One", "Two"})
    assert outbox.send_due(at=SOON) == 0
    assert {state_of(row) for row in rows} == {NoticeState.OVERTAKEN}
    assert mail.outbox == []


def test_what_was_put_off_for_hours_is_asked_again(ada, settings):
    row = queued(ada)
    settings.EMAIL_BACKEND = "nowhere.Backend"
    assert outbox.send_due(at=SOON) == 0
    assert state_of(row) == NoticeState.WAITING
    TRUE.add("The cell")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert outbox.send_due(at=SOON + timedelta(hours=3)) == 0
    assert state_of(row) == NoticeState.OVERTAKEN


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_whose_cause_cannot_be_asked_keeps_nobody_else_waiting(ada, place):
    people = [ada, make_user(), make_user()]
    rows = [queued(person, f"Of {n}", at=MONDAY + n * MINUTE) for n, person in enumerate(people)]
    kinds.register(
        "overdue_1", app="circulation", group="overdue", gathers="loans", says=lambda words: "", still_true=broken
    )
    Notice.objects.filter(pk=rows[place].pk).update(kind="overdue_1")
    at = SOON + 3 * MINUTE
    assert outbox.send_due(at=at) == 2
    assert state_of(rows[place]) == NoticeState.WAITING
    assert (rows[place].attempts, rows[place].error, rows[place].due_at) == (1, "ZeroDivisionError", at + MINUTE)


def test_one_whose_cause_can_never_be_asked_fails_after_a_day(ada):
    row = queued(ada)
    kinds.register("due_soon", app="circulation", gathers="loans", says=lambda words: "", still_true=broken)
    at = SOON
    while state_of(row) == NoticeState.WAITING:
        outbox.send_due(at=at)
        row.refresh_from_db()
        at = row.due_at or at
    assert (row.state, row.error, row.attempts) == (NoticeState.FAILED, "ZeroDivisionError", 12)


def test_a_letter_that_fails_is_tried_again_as_a_whole(ada, settings):
    rows = [queued(ada, title) for title in ("One", "Two")]
    settings.EMAIL_BACKEND = "nowhere.Backend"
    assert outbox.send_due(at=SOON) == 0
    assert [(state_of(row), row.attempts, row.due_at) for row in rows] == [("waiting", 1, SOON + MINUTE)] * 2
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert outbox.send_due(at=SOON + MINUTE) == 1
    assert {state_of(row) for row in rows} == {NoticeState.SENT}


def test_a_worker_that_vanishes_leaves_the_whole_letter_to_another(ada):
    for title in ("One", "Two"):
        queued(ada, title)
    first = outbox.claim(at=SOON)
    assert first is not None
    assert len(first.gathered) == 1
    assert outbox.claim(at=SOON + outbox.LEASE - MINUTE) is None
    again = outbox.claim(at=SOON + outbox.LEASE)
    assert again is not None
    assert {row.pk for row in (again, *again.gathered)} == {row.pk for row in (first, *first.gathered)}
    third = outbox.claim(at=SOON + 2 * outbox.LEASE)
    assert third is not None
    assert set(Notice.objects.values_list("state", "error")) == {("failed", "WorkerLost")}


def test_a_second_sending_has_the_name_of_the_first(ada, monkeypatch):
    for title in ("One", "Two"):
        queued(ada, title)
    monkeypatch.setattr(outbox, "_claimed", lambda row: Notice.objects.none())
    for attempt in range(2):
        row = outbox.claim(at=SOON + attempt * outbox.LEASE)
        assert row is not None
        outbox.send(row, at=SOON)
    assert len({letter.extra_headers["Message-ID"] for letter in mail.outbox}) == 1


# On paper


def test_what_is_gathered_is_one_letter_on_paper_too_and_asks_whether_it_still_holds():
    user, staff = make_user(email=None), make_librarian()
    rows = [queued(user, title) for title in ("One", "Two", "Gone")]
    notices.queue(user=user, kind="password_changed", at=MONDAY)
    TRUE.add("Gone")
    loans, password = printed_letters.to_print()
    assert "– “One”\n– “Two”" in loans.body
    assert "Gone" not in loans.body
    assert password.subject == "Your password was changed"
    assert state_of(rows[2]) == NoticeState.OVERTAKEN
    assert printed_letters.printed(ids=loans.ids, by=staff) == 2
    assert [letter.subject for letter in printed_letters.to_print()] == ["Your password was changed"]


# Two workers


def in_threads(*calls):
    def run(call):
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [running.result() for running in [pool.submit(run, call) for call in calls]]


@pytest.fixture(params=["with turns", "without turns"])
def with_turns(request, monkeypatch):
    if request.param == "without turns":
        monkeypatch.setattr(outbox, "is_our_turn", lambda what: True)
        monkeypatch.setattr(NoticeQuerySet, "to_gather", lambda rows, row, at: rows.none())
    return request.param == "with turns"


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_letter_to_one_person(with_turns, monkeypatch):
    """Each has a row of its own in its hands when they meet. Whose turn it is takes both, the other lets go."""
    ada = make_user()
    for title in ("One", "Two"):
        queued(ada, title)
    together = threading.Barrier(2, timeout=10)
    find, met = outbox._next, threading.local()

    def find_together(at, *, besides):
        row = find(at, besides=besides)
        if row is not None and not getattr(met, "once", False):
            met.once = True
            together.wait()
        return row

    monkeypatch.setattr(outbox, "_next", find_together)
    sent = in_threads(*[lambda: outbox.send_due(at=SOON)] * 2)
    assert sum(sent) == len(mail.outbox) == (1 if with_turns else 2)
    assert set(Notice.objects.values_list("state", flat=True)) == {NoticeState.SENT}


@pytest.mark.django_db(transaction=True)
def test_two_who_tell_one_cause_at_once_ring_once():
    ada = make_user()
    in_threads(*[lambda: queued(ada)] * 3)
    assert Notice.objects.count() == BellRow.objects.count() == 1
    assert bell.state_of(ada).newest == 1


# Faults of the caller


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"group": "unheard_of"}, "no group of notices"),
        ({"gathers": "loans"}, "needs a sentence"),
        ({"gathers": "loans", "says": str, "at_sending": dict}, "no words at sending"),
    ],
)
def test_a_kind_that_cannot_be_is_refused_when_it_is_registered(given, told):
    with pytest.raises(ValueError, match=told):
        kinds.register("strange", app="accounts", **given)
    assert kinds.find("strange") is None


def test_whatever_was_told_of_a_thing_can_be_forgotten_with_it(ada):
    queued(ada, "One", dedupe="loan:7:2026-01-01:due_soon")
    queued(ada, "Two", dedupe="loan:7:2026-02-01:overdue_1")
    queued(ada, "Three", dedupe="loan:77:2026-02-01:overdue_1")
    queued(make_user(), "Four", dedupe="loan:7:2026-03-01:overdue_1")
    assert notices.forget(user=ada.pk, about=["loan:7:"]) == 2
    assert notices.forget(user=ada.pk, about=[]) == 0
    assert [row.text for row in bell.since(ada, 0)] == ["“Three”"]
    assert bell.state_of(ada).unread == 1
