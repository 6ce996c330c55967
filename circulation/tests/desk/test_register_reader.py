from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Patron
from accounts.tests.factories import make_patron
from catalog.tests.factories import make_copy
from circulation.models import Loan
from circulation.tests.desk.test_desk import Desk
from circulation.tests.pages.test_reader_pages import text_of

pytestmark = pytest.mark.django_db
REGISTER = reverse("circulation:register-reader")
PATRONS = "/api/v1/patrons/"


@pytest.fixture
def desk(client, librarian):
    client.force_login(librarian)
    return Desk(client)


def tier_of_everybody() -> int:
    return make_patron().tier_id


def test_lending_to_somebody_who_registered_a_minute_ago_takes_one_name_and_one_scan(desk):
    reader, copy = make_patron(full_name="Ana Ńowak"), make_copy()
    assert "Lending to Ana Ńowak" in desk("nowak")
    assert "<b>Lent</b>" in desk(copy.barcode)
    assert Loan.objects.get().patron == reader


@pytest.mark.parametrize("typed", ["ana@example.org", "ANA.N", "ana nowak"])
def test_reader_is_opened_by_address_username_or_name(desk, typed):
    make_patron(full_name="Ana Nowak", email="ana@example.org", username="ana.n")
    make_patron(full_name="Anatol Nowakowski")
    page = desk(typed)
    if typed == "ana nowak":
        assert "Who is it?" in page
    else:
        assert "Lending to Ana Nowak" in page


def test_readers_of_one_name_are_listed_with_what_tells_them_apart(desk, client):
    older, younger = make_patron(full_name="Ana Nowak"), make_patron(full_name="Ana Nowak")
    Patron.objects.filter(pk=older.pk).update(birth_date="1950-02-03")
    page = desk("ana nowak")
    assert "2 readers are called so." in page
    for one in (older, younger):
        assert one.card_number in page
        assert f'href="{desk.client.get(desk.here).request["PATH_INFO"]}?reader={one.pk}"' in page
    assert page.count("born ") == 1
    assert "born 1950" in page


def test_list_of_namesakes_is_bounded_and_says_so(desk):
    for _n in range(11):
        make_patron(full_name="Ana Nowak")
    page = desk("nowak")
    assert page.count("?reader=") == 10
    assert "type more of the name" in page


def test_card_comes_before_barcode_and_barcode_before_name(desk):
    by_card, named = make_patron(card_number="nowak"), make_patron(full_name="Nowak")
    assert f"Lending to {by_card.user}" in desk("nowak")
    by_card.card_number = "other"
    by_card.save()
    make_copy(barcode="nowak")
    desk.here = reverse("circulation:desk")
    assert "Nothing changed" in desk("nowak")
    assert not Loan.objects.filter(patron=named).exists()


def test_unknown_scan_says_what_was_looked_for(desk):
    assert "No reader has this card, name or address, and no copy this barcode: 99999." in desk("99999")


def test_staff_register_a_reader_who_is_then_open_at_the_desk(desk, client):
    given = {"full_name": "Ana Nowak", "tier": tier_of_everybody(), "card_number": "20001234"}
    response = client.post(REGISTER, given)
    reader = Patron.objects.get(card_number="20001234")
    assert response["Location"] == f"{reverse('circulation:desk')}?reader={reader.pk}"
    page = text_of(client.get(response["Location"]))
    assert "<b>Registered</b>" in page
    assert "letters to print" in page
    assert "1 letter to print" in text_of(client.get(reverse("circulation:desk")))


def test_form_that_is_sent_twice_registers_once(desk, client):
    given = {"full_name": "Ana Nowak", "tier": tier_of_everybody(), "once": "k-1"}
    first, second = client.post(REGISTER, given), client.post(REGISTER, given)
    assert first["Location"] == second["Location"]
    assert Patron.objects.filter(user__full_name="Ana Nowak").count() == 1


def test_namesake_is_shown_before_another_is_registered(desk, client):
    known = make_patron(full_name="Ana Nowak")
    given = {"full_name": "Ana Nowak", "tier": known.tier_id}
    response = client.post(REGISTER, given)
    page = text_of(response, 422)
    assert (response.status_code, known.card_number in page, "is_another" in page) == (422, True, True)
    assert client.post(REGISTER, given | {"is_another": "on"}).status_code == 302
    assert Patron.objects.filter(user__full_name="Ana Nowak").count() == 2


def test_everything_that_is_wrong_is_told_at_once(desk, client):
    response = client.post(REGISTER, {"full_name": "", "email": "no", "birth_date": "x", "tier": "0"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"full_name", "email", "birth_date", "tier"}


def test_card_may_not_have_the_number_of_a_copy(desk, client):
    copy = make_copy()
    response = client.post(
        REGISTER, {"full_name": "Ana", "tier": tier_of_everybody(), "card_number": copy.barcode.lower()}
    )
    assert response.context["form"].errors["card_number"] == ["This is the barcode of a copy."]


def test_registering_is_for_staff(client, api):
    reader = make_patron().user
    client.force_login(reader)
    assert client.get(REGISTER).status_code == 403
    assert client.get(reverse("accounts:letters")).status_code == 403
    assert api(reader).post(PATRONS, {"full_name": "Ana"}).status_code == 403
    assert api().post(PATRONS, {"full_name": "Ana"}).status_code == 401


def test_api_registers_a_reader_and_refuses_with_reasons(api, librarian):
    staff = api(librarian)
    made = staff.post(PATRONS, {"full_name": "Ana Nowak", "birth_date": "1990-05-17"}, format="json")
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "full_name": "Ana Nowak",
        "username": "ana.nowak",
        "email": None,
        "card_number": Patron.objects.get(pk=made.json()["id"]).card_number,
        "tier": "reader",
        "tier_id": tier_of_everybody(),
        "birth_date": "1990-05-17",
    }
    again = staff.post(PATRONS, {"full_name": "Ana Nowak"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "looks_like")
    assert staff.post(PATRONS, {"full_name": "Ana Nowak", "is_another": True}, format="json").status_code == 201
    wrong = staff.post(PATRONS, {"full_name": "", "tier": "none"}, format="json")
    assert (wrong.status_code, set(wrong.json()["fields"])) == (400, {"full_name", "tier"})


def test_api_repeats_the_answer_for_a_request_that_is_sent_again(api, librarian):
    staff = api(librarian)
    body = {"full_name": "Ana Nowak"}
    first = staff.post(PATRONS, body, format="json", headers={"Idempotency-Key": "k-1"})
    second = staff.post(PATRONS, body, format="json", headers={"Idempotency-Key": "k-1"})
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
