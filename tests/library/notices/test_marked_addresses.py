"""A bounce marks the address: letters go on paper, codes go on; a complaint is about one group alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Purpose
from accounts.services import printed_letters
from accounts.sign_in import codes
from accounts.tests.factories import make_librarian, make_user
from library.notices import addresses, outbox
from library.notices import services as notices
from library.notices.models import AddressMark, MarkReason, NoticeState
from library.notices.preferences import Wish, choose
from tests.library.notices.conftest import MONDAY, queued, state_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BOUNCED, COMPLAINED = MarkReason.BOUNCED, MarkReason.COMPLAINED


def mark(address="ada@example.org", reason=BOUNCED, at=MONDAY, **values):
    return addresses.mark(address=address, reason=reason, at=at, **values)


def test_a_letter_to_a_marked_address_is_printed_instead(ada):
    mark("ADA@example.org")
    rows = [queued(ada), notices.queue(user=ada, kind="password_changed", at=MONDAY)]
    assert outbox.send_due(at=MONDAY + HOUR) == 0
    assert {state_of(row) for row in rows} == {NoticeState.PAPER}
    assert mail.outbox == []
    assert len(printed_letters.to_print()) == 2


def test_what_waits_when_the_bounce_comes_is_printed_too(ada):
    row = queued(ada)
    mark()
    outbox.send_due(at=MONDAY + HOUR)
    assert state_of(row) == NoticeState.PAPER


def test_a_new_address_is_clean(ada):
    mark()
    ada.email = "new@example.org"
    ada.save()
    queued(ada)
    assert outbox.send_due(at=MONDAY + HOUR) == 1
    assert mail.outbox[0].to == ["new@example.org"]


def test_who_takes_over_a_marked_address_is_not_reached_there_either(ada):
    mark("shared@example.org")
    other = make_user(email="shared@example.org")
    row = queued(other)
    outbox.send_due(at=MONDAY + HOUR)
    assert state_of(row) == NoticeState.PAPER


def test_a_code_that_somebody_asks_for_goes_all_the_same(ada):
    mark()
    row = codes.request_code(email="ada@example.org", purpose=Purpose.RESET, at=MONDAY)
    assert codes.send(code_id=row.pk, at=MONDAY)
    assert mail.outbox[0].to == ["ada@example.org"]


def test_an_invitation_to_who_has_no_account_goes_all_the_same():
    mark("new@example.org")
    notices.queue(to="new@example.org", kind="password_changed", at=MONDAY)
    assert outbox.send_due(at=MONDAY) == 1


def test_a_complaint_about_one_group_silences_no_other(ada):
    mark(reason=COMPLAINED, about="due")
    quiet, loud = queued(ada), queued(ada, "Late", kind="overdue_1")
    assert outbox.send_due(at=MONDAY + HOUR) == 1
    assert (state_of(quiet), state_of(loud)) == (NoticeState.UNWANTED, NoticeState.SENT)


def test_what_cannot_be_done_without_is_printed_for_who_complains_of_it(ada):
    mark(reason=COMPLAINED, about="overdue")
    row = queued(ada, kind="overdue_1")
    outbox.send_due(at=MONDAY + HOUR)
    assert state_of(row) == NoticeState.PAPER


def test_a_complaint_about_the_letter_of_the_day_silences_that_alone(ada):
    choose(user=ada, wishes={"due": Wish("digest", bell=True)})
    mark(reason=COMPLAINED, about="digest")
    in_digest, at_once = queued(ada), queued(ada, "Late", kind="overdue_1")
    assert outbox.send_due(at=MONDAY + timedelta(days=2)) == 1
    assert (state_of(in_digest), state_of(at_once)) == (NoticeState.UNWANTED, NoticeState.SENT)


def test_told_twice_it_is_one_mark():
    assert mark() == mark("ada@EXAMPLE.org", at=MONDAY + HOUR)
    assert AddressMark.objects.count() == 1


def test_a_lifted_mark_is_set_again_by_what_happens_afterwards_alone(ada):
    found = mark()
    assert addresses.lift(mark=found, by=make_librarian(), at=MONDAY + 2 * HOUR)
    assert not addresses.lift(mark=found, by=make_librarian())
    mark(at=MONDAY)  # the same word once more
    mark(at=MONDAY + HOUR)  # one that was long under way
    assert addresses.marked_groups("ada@example.org") == frozenset()
    mark(at=MONDAY + 3 * HOUR)
    assert addresses.marked_groups("ada@example.org") == {""}


def test_letters_go_out_again_once_a_mark_is_lifted(ada):
    addresses.lift(mark=mark(), by=None)
    queued(ada)
    assert outbox.send_due(at=MONDAY + HOUR) == 1


@pytest.mark.parametrize(
    "values",
    [{"reason": "rude"}, {"about": "due"}, {"lifted_by": True}],
    ids=["reason", "twice", "lifted by, not when"],
)
def test_the_database_refuses_a_mark_that_cannot_be(values):
    mark()
    mark(about="due")
    if "lifted_by" in values:
        values = {"lifted_by": make_librarian()}
    with pytest.raises(IntegrityError), transaction.atomic():
        AddressMark.objects.filter(about="").update(**values)


def test_who_is_not_reached_is_told_so_on_every_page(ada, client):
    client.force_login(ada)
    assert "come back" not in client.get(reverse("accounts:sessions")).content.decode()
    mark("Ada@example.org")
    page = client.get(reverse("accounts:sessions")).content.decode()
    assert "Letters to ada@example.org come back" in page
    mark(address="other@example.org")
    client.force_login(make_user())
    assert "come back" not in client.get(reverse("accounts:sessions")).content.decode()
