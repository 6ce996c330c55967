"""Charges, payments, waivers and refunds over HTTP."""

from __future__ import annotations

import pytest

from accounts.tests.factories import make_patron
from circulation import money
from circulation.models import Charge, Credit, Refund
from circulation.tests.factories import make_loan
from circulation.tests.money.common import cash, owed, sum_of

pytestmark = pytest.mark.django_db
ROOT = "/api/v1"


@pytest.fixture
def reader():
    return make_patron()


@pytest.fixture
def staff(api, librarian):
    cash()
    return api(librarian)


def fee(reader, amount="3.00"):
    return money.charge(patron=reader, amount=sum_of(amount), text="A new card", by=None)


def pay(client, reader, amount="3.00", **more):
    headers = more.pop("headers", {})
    body = {"patron": reader.card_number, "amount": amount, "kind": "cash"} | more
    return client.post(f"{ROOT}/payments/", body, format="json", headers=headers)


def test_reader_sees_their_own_and_staff_all(api, staff, reader, django_assert_max_num_queries):
    own = fee(reader)
    for _n in range(4):
        fee(make_patron())
    client = api(reader.user)
    listed = client.get(f"{ROOT}/charges/").json()
    assert [row["id"] for row in listed["results"]] == [str(own.pk)]
    shown = listed["results"][0]
    assert (shown["about"], shown["amount"], shown["left"], shown["kind"]) == ("A new card", "3.000", "3.000", "fee")
    assert "patron" not in shown
    with django_assert_max_num_queries(4):
        assert staff.get(f"{ROOT}/charges/").json()["count"] == 5
    only = staff.get(f"{ROOT}/charges/", {"patron": reader.card_number}).json()["results"]
    assert [row["patron"] for row in only] == [reader.card_number]
    others = Charge.objects.exclude(pk=own.pk).latest("at")
    assert client.get(f"{ROOT}/charges/{others.pk}/").status_code == 404


def test_balance_is_ones_own_or_a_readers_for_staff(api, staff, reader):
    fee(reader)
    assert api(reader.user).get(f"{ROOT}/charges/balance/").json() == {"owed": "3.000", "currency": "EUR", "digits": 2}
    asked = {"patron": reader.card_number}
    assert staff.get(f"{ROOT}/charges/balance/", asked).json()["owed"] == "3.000"
    assert api(make_patron().user).get(f"{ROOT}/charges/balance/", asked).status_code == 403


def test_payment_is_entered_once_for_each_key(staff, reader):
    fee(reader)
    headers = {"Idempotency-Key": "till-1"}
    first, again = (pay(staff, reader, "2.00", headers=headers) for _twice in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (first.json()["number"], first.json()["paid_by"], owed(reader)) == (1, "cash", sum_of("1.00"))
    assert pay(staff, reader, "2.50", headers=headers).status_code == 422


def test_payment_for_chosen_lines(staff, reader):
    first, second = fee(reader), fee(reader)
    assert pay(staff, reader, "3.00", charges=[str(second.pk)]).status_code == 201
    assert [line.left for line in Charge.objects.oldest_first()] == [3, 0]
    others = fee(make_patron())
    assert pay(staff, reader, "3.00", charges=[str(others.pk)]).status_code == 404
    assert first.left == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "x"}, "amount"),
        ({"kind": "gold"}, "kind"),
    ],
)
def test_bad_payment_is_told_beside_its_field(staff, reader, body, field):
    response = pay(staff, reader, **body)
    assert response.status_code == 400
    assert field in response.json()["fields"]
    assert not Credit.objects.exists()


def test_waiver_needs_a_reason_and_no_more_than_is_left(staff, reader):
    line = fee(reader)
    asked = {"charge": str(line.pk), "reason": "A mistake", "amount": "1.00"}
    assert staff.post(f"{ROOT}/waivers/", asked, format="json").status_code == 201
    assert owed(reader) == 2
    assert staff.post(f"{ROOT}/waivers/", asked | {"reason": " "}, format="json").status_code == 400
    refused = staff.post(f"{ROOT}/waivers/", asked | {"amount": "2.01"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "more_than_charged")


def test_refund_of_a_charge_and_of_free_credit(staff, reader):
    line = fee(reader)
    pay(staff, reader, "5.00")
    given = {"amount": "1.00", "kind": "cash", "reason": "A mistake"}
    made = staff.post(f"{ROOT}/refunds/", given | {"charge": str(line.pk)}, format="json")
    assert (made.status_code, [row["amount"] for row in made.json()]) == (201, ["1.000"])
    made = staff.post(f"{ROOT}/refunds/", given | {"patron": reader.card_number, "amount": "2.00"}, format="json")
    assert [made.status_code, owed(reader)] == [201, 0]
    refused = staff.post(f"{ROOT}/refunds/", given | {"patron": reader.card_number}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "more_than_paid")
    assert Refund.objects.count() == 2
    assert staff.post(f"{ROOT}/refunds/", given, format="json").status_code == 400


def test_charge_for_something(staff, reader):
    body = {"patron": reader.card_number, "amount": "2.50", "text": "A new card"}
    made = staff.post(f"{ROOT}/charges/", body, format="json")
    assert (made.status_code, made.json()["left"]) == (201, "2.500")


def test_lost_by_the_api_with_a_price(staff, reader):
    loan = make_loan(patron=reader)
    told = staff.post(f"{ROOT}/loans/{loan.pk}/lost/", {"price": "12.00"}, format="json").json()
    assert [told["alerts"], owed(reader)] == [[], 12]
    unknown = make_loan(patron=reader)
    told = staff.post(f"{ROOT}/loans/{unknown.pk}/lost/", {}, format="json").json()
    assert [alert["code"] for alert in told["alerts"]] == ["lost_price_unknown"]


@pytest.mark.parametrize("path", ["charges", "payments", "waivers", "refunds"])
def test_readers_and_strangers_write_nothing(api, reader, path):
    assert api(reader.user).post(f"{ROOT}/{path}/", {}, format="json").status_code == 403
    assert api().post(f"{ROOT}/{path}/", {}, format="json").status_code == 401


def test_reader_sees_own_payments(api, staff, reader):
    pay(staff, reader)
    pay(staff, make_patron())
    assert api(reader.user).get(f"{ROOT}/payments/").json()["count"] == 1
    assert staff.get(f"{ROOT}/payments/", {"patron": reader.card_number}).json()["count"] == 1
