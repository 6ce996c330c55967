"""Who closes an account is told what its reader still has and waits for."""

from __future__ import annotations

import pytest

from accounts.models import Role, User
from accounts.tests.factories import make_patron, make_user
from circulation.explain import due_words
from circulation.models import Loan
from circulation.tests.factories import make_hold, make_loan

pytestmark = pytest.mark.django_db


def close(client, user: User) -> str:
    client.force_login(make_user(Role.ADMINISTRATOR))
    body = {"email": user.email, "username": user.username, "full_name": user.full_name, "role": user.role}
    page = client.post(f"/admin/accounts/user/{user.pk}/change/", body, follow=True)
    user.refresh_from_db()
    assert not user.is_active
    return str(page.content.decode())


def test_open_loans_are_listed_and_stay_open(client):
    reader = make_patron()
    loans = [make_loan(patron=reader), make_loan(patron=reader)]
    page = close(client, reader.user)
    assert "2 loans are still open" in page
    for loan in loans:
        assert loan.copy.book.title in page
        assert loan.copy.barcode in page
    assert Loan.objects.open().filter(patron=reader).count() == 2


def test_open_holds_are_listed(client):
    hold = make_hold()
    page = close(client, hold.patron.user)
    assert "1 hold is still open" in page
    assert hold.copy.book.title in page


def test_who_has_nothing_is_closed_without_a_word(client):
    page = close(client, make_patron().user)
    assert "still open" not in page


def test_long_list_is_cut_and_counted(client, monkeypatch):
    monkeypatch.setattr(due_words, "LISTED", 2)
    reader = make_patron()
    for _n in range(3):
        make_loan(patron=reader)
    assert "and 1 more" in close(client, reader.user)
