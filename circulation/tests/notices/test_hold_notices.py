"""What readers are told of their holds: once for each spell on the shelf, together, and only while it holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from accounts.models import Role
from accounts.people import block_kinds
from accounts.tests.factories import make_patron, make_user
from catalog.tests.factories import make_book, make_copy
from circulation import services
from circulation.models import Hold, HoldState
from circulation.services import hold_letters
from circulation.tests.blocks import put
from circulation.tests.factories import MONDAY, make_hold, make_loan, queue_up
from library.notices import bell, outbox
from library.notices.models import Notice, NoticeState

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(minutes=11)


def ready(patron, title, at=MONDAY):
    """A hold that waits on the shelf since ``at`` and was told so."""
    copy = make_copy(book=make_book(title=title))
    last_day = (at + timedelta(days=7)).date()
    hold = make_hold(state=HoldState.READY, patron=patron, copy=copy, ready_at=at, shelf_until=last_day)
    hold_letters.tell_ready(hold, at=at)
    return hold


def states():
    return list(Notice.objects.order_by("created_at", "id").values_list("kind", "state"))


def test_books_that_become_ready_within_some_minutes_are_told_in_one_letter():
    patron = make_patron()
    ready(patron, "One")
    ready(patron, "Two", at=MONDAY + timedelta(minutes=8))
    assert outbox.send_due(at=MONDAY + timedelta(minutes=9)) == 0
    assert outbox.send_due(at=LATER) == 1
    (letter,) = mail.outbox
    assert letter.subject == "What you asked for is ready · Lyceum"
    assert letter.body.count(" is ready for you at ") == 2


def test_the_same_spell_is_told_once_and_another_again():
    hold = ready(make_patron(), "One")
    hold_letters.tell_ready(hold, at=MONDAY)
    assert len(states()) == 1
    hold.ready_at = MONDAY + timedelta(days=1)
    hold.save()
    hold_letters.tell_ready(hold, at=hold.ready_at)
    assert outbox.send_due(at=hold.ready_at + timedelta(minutes=11)) == 1
    assert states() == [("hold_ready", NoticeState.OVERTAKEN), ("hold_ready", NoticeState.SENT)]


@pytest.mark.parametrize("by_reader", [True, False], ids=["fetched", "cancelled"])
def test_what_is_fetched_or_cancelled_before_the_letter_goes_is_not_told(librarian, by_reader):
    hold = ready(make_patron(), "One")
    if by_reader:
        services.check_out(copy=hold.copy, patron=hold.patron, by=librarian, at=MONDAY + timedelta(minutes=1))
    else:
        services.cancel_hold(hold=hold, by=librarian, at=MONDAY + timedelta(minutes=1))
    outbox.send_due(at=LATER + timedelta(minutes=5))
    assert ("hold_ready", NoticeState.OVERTAKEN) in states()
    assert not [letter for letter in mail.outbox if "ready" in letter.subject]
    assert "is ready for you" not in str([row.text for row in bell.since(hold.patron.user, 0)])


def test_sending_changes_no_hold():
    hold = ready(make_patron(), "One")
    before = Hold.objects.values().get(pk=hold.pk)
    outbox.send_due(at=LATER)
    assert Hold.objects.values().get(pk=hold.pk) == before


def test_the_bell_says_it_and_leads_to_the_loans_and_holds():
    hold = ready(make_patron(), "One")
    (row,) = bell.since(hold.patron.user, 0)
    assert row.text.startswith("“One” is ready for you at ")
    assert row.url == "/loans/"


@pytest.mark.parametrize(
    ("state", "tell", "word"),
    [
        (HoldState.EXPIRED, lambda hold: hold_letters.tell_expired(hold, at=MONDAY), "no longer kept"),
        (HoldState.CANCELLED, lambda hold: hold_letters.tell_cancelled(hold, at=MONDAY, reason="Sold."), "Sold."),
        (HoldState.REFUSED, lambda hold: hold_letters.tell_refused(hold, at=MONDAY), "Wet pages."),
    ],
)
def test_how_a_hold_ended_is_told(state, tell, word):
    last_day = (MONDAY + timedelta(days=7)).date()
    hold = make_hold(state=state, ready_at=MONDAY, shelf_until=last_day, refusal_reason="Wet pages.")
    tell(hold)
    assert outbox.send_due(at=LATER) == 1
    assert word in mail.outbox[0].body


def test_however_much_stands_against_a_reader_the_copy_goes_on_and_they_are_told_why():
    """Parts of the library name their blocks as they like; the key of a letter has an end."""
    copy = make_loan().copy
    blocked, next_one = queue_up(copy.book), queue_up(copy.book)
    for number in range(4):
        code = block_kinds.register(f"{number}_{'long_name_' * 5}", f"Reason {number}").code
        put(blocked.patron, code)

    services.check_in(copy=copy, by=make_user(Role.LIBRARIAN))

    next_one.refresh_from_db()
    assert next_one.copy_id == copy.pk
    assert Notice.objects.filter(user=blocked.patron.user, kind="hold_passed_over").count() == 1
