"""A number that is scanned means one thing: a copy or a card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.errors import CardIsBarcode
from accounts.models import Patron, Role, Tier
from accounts.services.people import change_patron, create_user
from accounts.tests.factories import make_patron, make_user
from catalog import services as catalogue
from catalog.errors import BarcodeIsCard
from catalog.models import Copy
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.desk import scanning
from circulation.tests.factories import make_loan
from circulation.tests.races.test_races import at_once
from library.core import days
from library.core.errors import LibraryError

NUMBER = "Ä 17-b"
SPELLED = [NUMBER, "ä 17-B", " Ä17-B\u200e ", "Ä １７‑b"]


def new_copy(number):
    return catalogue.add_copy(book=make_book(), branch=make_branch(), barcode=number)


def changed_copy(number):
    return catalogue.change_copy(copy=make_copy(), changes={"barcode": number})


def new_card(number):
    return create_user(email="new@example.org", username="new", password=None, card_number=number)


def changed_card(number):
    patron = make_patron()
    patron.card_number = number
    return change_patron(patron=patron, fields=["card_number"], by=make_user(Role.ADMINISTRATOR))


@pytest.mark.django_db
@pytest.mark.parametrize("number", SPELLED)
@pytest.mark.parametrize("second", [new_copy, changed_copy])
def test_barcode_that_is_a_card_is_refused(second, number):
    make_patron(card_number=NUMBER)
    with pytest.raises(BarcodeIsCard) as refusal:
        second(number)
    assert list(refusal.value.fields) == ["barcode"]
    assert not Copy.objects.filter(barcode_folded=NUMBER).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("number", SPELLED)
@pytest.mark.parametrize("second", [new_card, changed_card])
def test_card_that_is_a_barcode_is_refused(second, number):
    make_copy(barcode=NUMBER)
    with pytest.raises(CardIsBarcode) as refusal:
        second(number)
    assert list(refusal.value.fields) == ["card_number"]
    assert not Patron.objects.filter(card_folded=NUMBER).exists()


@pytest.mark.django_db
def test_database_refuses_it_whoever_writes_it():
    copy, patron = make_copy(barcode="x-1"), make_patron(card_number="Y-1")
    for statement, pk in (
        ("UPDATE catalog_copy SET barcode = 'Y-1', barcode_folded = 'y-1' WHERE id = %s", copy.pk),
        ("UPDATE accounts_patron SET card_number = 'X-1', card_folded = 'x-1' WHERE user_id = %s", patron.pk),
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        Copy.objects.bulk_create([Copy(book=copy.book, branch=copy.branch, barcode="Y-1")])


@pytest.mark.django_db
def test_forms_of_the_back_office_tell_it_beside_the_field(client):
    client.force_login(make_user(Role.ADMINISTRATOR))
    copy, patron = make_copy(barcode="X-1"), make_patron(card_number="Y-1")
    card = {"card_number": "x-1", "tier": patron.tier_id}
    page = client.post(f"/admin/accounts/patron/{patron.pk}/change/", card)
    assert "A copy has this number" in page.content.decode()
    barcode = {"barcode": "y-1", "branch": copy.branch_id, "status": "available"}
    page = client.post(f"/admin/catalog/copy/{copy.pk}/change/", barcode)
    assert "reader’s card" in page.content.decode()


@pytest.mark.django_db
def test_api_tells_it_of_a_copy(api):
    make_patron(card_number="Y-1")
    answer = api(make_user(Role.ADMINISTRATOR)).patch(f"/api/v1/copies/{make_copy().barcode}/", {"barcode": "y-1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "barcode_is_card")


@pytest.mark.django_db
def test_number_is_free_again_when_its_copy_is_gone():
    copy = make_copy(barcode="X-1")
    catalogue.delete_copy(copy=copy)
    assert new_card("X-1").patron.card_number == "X-1"


# Both at once. Without the lock of the number neither sees the other, and both are told yes.

FUNCTIONS = ("lyceum_copy_barcode_is_a_card", "lyceum_patron_card_is_a_barcode")


@contextmanager
def _lock_of_numbers(locked: bool) -> Iterator[None]:
    """The triggers as they are, or without their lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = ANY(%s)", [list(FUNCTIONS)])
        whole = [definition for (definition,) in cursor.fetchall()]
        assert all("PERFORM pg_advisory_xact_lock" in definition for definition in whole)
        try:
            for definition in () if locked else whole:
                cursor.execute(re.sub("PERFORM pg_advisory_xact_lock.*;", "", definition))
            yield
        finally:
            for definition in whole:
                cursor.execute(definition)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it"])
def test_two_who_enter_one_number_at_once(locked):
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    copy, patron = make_copy(), make_patron()
    together = Barrier(2, timeout=0.5 if locked else 30)

    def write(statement, pk):
        def call():
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement, [pk])
                    with suppress(BrokenBarrierError):
                        together.wait()
            except IntegrityError as refused:
                return LibraryError(str(refused))
            return pk

        return call

    with _lock_of_numbers(locked):
        done = at_once(
            write("UPDATE catalog_copy SET barcode = 'Z-1', barcode_folded = 'z-1' WHERE id = %s", copy.pk),
            write("UPDATE accounts_patron SET card_number = 'Z-1', card_folded = 'z-1' WHERE user_id = %s", patron.pk),
        )
    refused = [one for one in done if isinstance(one, LibraryError)]
    assert len(refused) == (1 if locked else 0)
    both = Copy.objects.filter(barcode="Z-1").count() + Patron.objects.filter(card_number="Z-1").count()
    assert both == (1 if locked else 2)


# Where a number is both already


@pytest.fixture
def both(db):
    """From before the database refused it."""
    copy, patron = make_copy(barcode="Z-1"), make_patron(full_name="Zoe Zander")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_patron DISABLE TRIGGER patron_card_is_a_barcode_changed")
        Patron.objects.filter(pk=patron.pk).update(card_number="Z-1", card_folded="Z-1")
        cursor.execute("ALTER TABLE accounts_patron ENABLE TRIGGER patron_card_is_a_barcode_changed")
    patron.refresh_from_db()
    return copy, patron


def test_desk_asks_which_of_the_two_is_meant(both, client, librarian):
    copy, _patron = both
    client.force_login(librarian)
    page = client.post("/desk/", {"scan": "z-1"}, follow=True).content.decode()
    assert "Which?" in page
    assert "Zoe Zander" in page
    assert copy.book.title in page
    assert re.search(r'name="meant"\s+value="card"', page)
    page = client.post("/desk/", {"scan": "z-1", "meant": "card"}, follow=True).content.decode()
    assert "Lending to Zoe Zander" in page
    page = client.post("/desk/", {"scan": "z-1", "meant": "copy"}, follow=True).content.decode()
    assert "Nothing changed" in page


def test_with_a_reader_open_nothing_is_lent_to_another_by_a_number_that_is_both(both, librarian):
    copy, _patron = both
    reader = make_patron()
    asked = scanning.scan(text="Z-1", reader=reader.pk, takes_back=False, by=librarian)
    assert asked.reader is not None
    assert (asked.reader.pk, asked.outcome.asks) == (reader.pk, "Z-1")
    lent = scanning.scan(text="Z-1", reader=reader.pk, takes_back=False, by=librarian, meant="copy")
    assert lent.reader == asked.reader
    assert lent.outcome.word == "Lent"
    assert reader.loans.get().copy == copy


def test_after_f2_it_is_the_copy(both, librarian):
    copy, _patron = both
    loan = make_loan(copy=copy)
    scanned = scanning.scan(text="z-1", reader=loan.patron.pk, takes_back=True, by=librarian)
    assert scanned.outcome.word == "Returned"
    assert scanned.reader is not None
    assert scanned.reader.pk == loan.patron.pk


def test_numbers_that_are_both_can_be_written_on_otherwise(both):
    copy, patron = both
    catalogue.change_copy(copy=copy, changes={"shelf_mark": "B 2"})
    patron.expires_on = days.today()
    patron.save()
    catalogue.change_copy(copy=copy, changes={"barcode": "Z-2"})
    assert Copy.objects.get(pk=copy.pk).barcode == "Z-2"
