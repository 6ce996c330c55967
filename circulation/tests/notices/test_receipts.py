"""Receipts for loans and returns: for those who want them, in one letter for what was done in one go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from accounts.services import preferences
from accounts.tests.factories import make_librarian, make_patron
from catalog.tests.factories import make_book, make_copy
from circulation import services
from library.notices import outbox
from library.notices.models import Notice
from library.notices.preferences import Wish

pytestmark = pytest.mark.django_db
TEN = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)  # in Berlin
DAY = timedelta(days=1)


def wants(patron):
    preferences.choose(user=patron.user, wishes={"receipts": Wish("at_once", bell=True)})
    return patron


def test_receipts_are_for_those_who_want_them(librarian):
    asks, plain = wants(make_patron()), make_patron()
    copies = [make_copy(), make_copy()]
    for patron, copy in zip((asks, plain), copies, strict=True):
        services.check_out(copy=copy, patron=patron, by=librarian, at=TEN)
        services.check_in(copy=copy, by=librarian, at=TEN + DAY)
    assert list(Notice.objects.order_by("created_at").values_list("user", "kind")) == [
        (asks.pk, "loan_receipt"),
        (asks.pk, "return_receipt"),
    ]


def test_several_books_lent_in_one_go_are_one_receipt():
    patron, staff = wants(make_patron()), make_librarian()
    for number in range(3):
        book = make_book(title=f"Book {number}")
        services.check_out(copy=make_copy(book=book), patron=patron, by=staff, at=TEN + timedelta(seconds=number))
    assert outbox.send_due(at=TEN + timedelta(minutes=6)) == 1
    assert mail.outbox[0].body.count("is yours until") == 3
