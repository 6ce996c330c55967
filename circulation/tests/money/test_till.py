"""The end of the day: expected by kind and person, counted, closed once."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_patron
from circulation import errors, money
from circulation.models import PaymentKind, TillClosing, TillEntry
from circulation.money import till
from circulation.tests.money.common import cash, sum_of
from tests.html import faults

pytestmark = pytest.mark.django_db
TILL = reverse("circulation:till")


@pytest.fixture
def ann():
    return make_librarian(full_name="Ann")


@pytest.fixture
def bob():
    return make_librarian(full_name="Bob")


def pay(amount, by, kind=None):
    return money.pay(patron=make_patron(), amount=sum_of(amount), kind=kind or cash(), by=by)


def card():
    return PaymentKind.objects.get(code="card")


def shown():
    return till.seen(till.expected())


def said(rows):
    return [[row.kind.code, str(row.person or ""), row.expected] for row in rows]


def test_expected_by_kind_and_person_with_what_was_paid_back(ann, bob):
    payment = pay("5.00", ann)
    pay("2.00", ann, card())
    pay("3.00", bob)
    money.refund(patron=payment.patron, amount=sum_of("1.50"), kind=cash(), by=bob, reason="Too much")
    assert said(till.expected()) == [
        ["card", "Ann", 2],
        ["cash", "Ann", 5],
        ["cash", "Bob", sum_of("1.50")],
    ]


def test_waivers_are_no_money(ann):
    line = money.charge(patron=make_patron(), amount=sum_of("3"), text="A card", by=ann)
    money.waive(charge=line, by=ann, reason="A mistake")
    assert till.expected() == []


def test_closed_once_and_the_next_day_begins_at_nothing(ann):
    pay("5.00", ann)
    closing = till.close(counted={(cash().pk, ann.pk): sum_of("4.50")}, shown=shown(), by=ann, note=" A coin fell ")
    (count,) = closing.counts.all()
    assert [count.expected, count.counted, count.difference] == [5, sum_of("4.50"), sum_of("-0.50")]
    assert closing.note == "A coin fell"
    assert till.expected() == []
    with pytest.raises(errors.NothingInTill):
        till.close(counted={}, shown=shown(), by=ann)
    pay("1.00", ann)
    assert said(till.expected()) == [["cash", "Ann", 1]]


def test_two_who_close_the_same_till_close_it_once(ann, bob):
    pay("5.00", ann)
    both_saw = shown()
    till.close(counted={}, shown=both_saw, by=ann)
    with pytest.raises(errors.TillChangedMeanwhile):
        till.close(counted={}, shown=both_saw, by=bob)
    assert TillClosing.objects.count() == 1


def test_what_came_in_since_it_was_shown_is_not_closed_unseen(ann):
    pay("5.00", ann)
    before = shown()
    pay("1.00", ann)
    with pytest.raises(errors.TillChangedMeanwhile):
        till.close(counted={}, shown=before, by=ann)
    assert not TillClosing.objects.exists()


def test_what_comes_online_is_not_counted(ann):
    online = PaymentKind.objects.get(code="online")
    money.pay(patron=make_patron(), amount=sum_of("7"), kind=online, by=None)
    closing = till.close(counted={(online.pk, None): sum_of("1")}, shown=shown(), by=ann)
    assert closing.counts.get().difference == 0


def test_a_payment_is_in_one_closing_only(ann):
    payment = pay("5.00", ann)
    closing = till.close(counted={}, shown=shown(), by=ann)
    with pytest.raises(IntegrityError), transaction.atomic():
        TillEntry.objects.create(closing=closing, credit=payment)
    with pytest.raises(IntegrityError), transaction.atomic():
        TillEntry.objects.create(closing=closing)


def test_page_counts_and_closes(client, ann):
    client.force_login(ann)
    pay("5.00", ann)
    page = client.get(TILL)
    assert faults(page.content.decode()) == []
    row = till.expected()[0]
    wrong = client.post(TILL, {"shown": shown(), row.name: "five"})
    assert wrong.status_code == 422
    assert b"A sum such as 1.50." in wrong.content
    assert b'value="five"' in wrong.content
    done = client.post(TILL, {"shown": shown(), row.name: "4,50", "note": "Fine"}, follow=True)
    assert "-0.50" in done.content.decode()
    assert faults(done.content.decode()) == []
    again = client.post(TILL, {"shown": "x", row.name: "4,50"})
    assert again.status_code == 422
    assert "Nothing was closed" in again.content.decode()
    assert faults(client.get(TILL).content.decode()) == []


def test_an_empty_till_is_counted_as_nothing(client, ann):
    client.force_login(ann)
    pay("5.00", ann)
    row = till.expected()[0]
    client.post(TILL, {"shown": shown(), row.name: "0"})
    assert TillClosing.objects.get().counts.get().counted == 0


def test_readers_do_not_see_it(client):
    client.force_login(make_patron().user)
    assert client.get(TILL).status_code == 403
