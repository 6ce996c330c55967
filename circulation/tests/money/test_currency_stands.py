"""Sums are kept without their currency: once there is one, the library's currency stays."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_patron
from circulation import money
from circulation.tests.money.common import cash, sum_of
from library.profile import services
from library.profile.models import LibraryProfile

pytestmark = pytest.mark.django_db
SENTENCE = "Sums are kept in EUR already: the currency cannot be changed any more."


def charged():
    money.charge(patron=make_patron(), amount=sum_of(3), text="A card", by=None)


def paid():
    money.pay(patron=make_patron(), amount=sum_of(3), kind=cash(), by=None)


def test_currency_of_a_library_without_sums_is_free():
    staff = make_librarian()
    for currency in ("JPY", "KWD", "EUR"):
        services.save(profile=LibraryProfile(name="L", currency=currency), by=staff)
        assert services.current().currency == currency


@pytest.mark.parametrize("kept", [charged, paid])
@pytest.mark.parametrize("has_row", [True, False])
def test_after_the_first_sum_service_and_database_refuse_another(kept, has_row):
    if has_row:
        LibraryProfile(name="L", currency="EUR").save()
    kept()
    with pytest.raises(services.CurrencyStands, match=SENTENCE):
        services.save(profile=LibraryProfile(name="L", currency="JPY"), by=make_librarian())
    with pytest.raises(IntegrityError, match="sums are kept in EUR already"), transaction.atomic():
        LibraryProfile(name="L", currency="JPY").save()
    assert services.current().currency == "EUR"


def test_row_that_says_another_currency_cannot_go():
    LibraryProfile(name="L", currency="JPY").save()
    charged()
    with pytest.raises(IntegrityError, match="sums are kept in JPY already"), transaction.atomic():
        LibraryProfile.objects.all().delete()


def test_all_else_may_be_changed_as_before():
    charged()
    services.save(profile=LibraryProfile(name="Another name", currency="EUR"), by=make_librarian())
    assert services.current().name == "Another name"


def test_admin_says_so_beside_the_field_and_keeps_what_was_typed(client, administrator):
    LibraryProfile(name="L", currency="EUR").save()
    charged()
    client.force_login(administrator)
    page = reverse("admin:profile_libraryprofile_change", args=[1])
    typed = {"name": "Another name", "address": "", "currency": "jpy", "sender": ""}
    answer = client.post(page, typed)
    assert SENTENCE in answer.content.decode()
    assert 'value="Another name"' in answer.content.decode()
    assert services.current().name == "L"
    assert client.post(page, typed | {"currency": "eur"}).status_code == 302
