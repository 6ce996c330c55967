"""Money on pages: the reader's own, the desk's, the admin's, and from the command line."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import Role, User
from accounts.tests.factories import make_patron, make_user
from circulation import money
from circulation.models import Charge, Credit, PaymentAttempt, Refund
from circulation.tests.factories import make_loan
from circulation.tests.money.common import DAY, DUE, after, cash, nightly, owed, rule, sum_of
from tests.html import faults

pytestmark = pytest.mark.django_db
DESK_MONEY = reverse("circulation:desk-money")


@pytest.fixture
def reader():
    cash()
    return make_patron()


@pytest.fixture
def desk(client, librarian):
    client.force_login(librarian)
    return client


def fee(reader, amount="3.00", text="A new card"):
    return money.charge(patron=reader, amount=sum_of(amount), text=text, by=None)


def at(name, reader):
    return f"{reverse(f'circulation:{name}')}?reader={reader.pk}"


def text(response):
    return " ".join(response.content.decode().split())


def test_reader_reads_what_is_owed_and_why(client, reader):
    fee(reader, text="Schlüssel & Schloß")
    client.force_login(reader.user)
    page = client.get(reverse("circulation:my-charges"))
    assert "3.00 EUR to pay" in text(page)
    assert "Schlüssel &amp; Schloß" in text(page)
    money.pay(patron=reader, amount=sum_of("4.00"), kind=cash(), by=None)
    page = client.get(reverse("circulation:my-charges"))
    assert "1.00 EUR credit" in text(page)
    assert faults(page.content.decode()) == []


def test_page_asks_as_often_for_many_lines_as_for_one(client, reader, django_assert_max_num_queries):
    rule(fine_amount=1)
    for _n in range(5):
        make_loan(patron=reader, due_at=DUE, checked_out_at=DUE - 14 * DAY)
    nightly(after(2), reader)
    client.force_login(reader.user)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("circulation:my-charges"))
    assert text(page).count("still running") == 5


def test_nobody_else_reads_it(client, reader):
    assert client.get(reverse("circulation:my-charges")).status_code == 302
    client.force_login(reader.user)
    assert client.get(at("desk-money", make_patron())).status_code == 403


def test_desk_shows_the_debt_and_leads_to_it(desk, reader):
    fee(reader)
    page = text(desk.get(at("desk", reader)))
    assert f'<a href="{at("desk-money", reader)}" class="bad">3.00 EUR</a>' in page
    shown = desk.get(at("desk-money", reader))
    assert "3.00 EUR to pay" in text(shown)
    assert faults(shown.content.decode()) == []


@pytest.mark.parametrize(
    ("typed", "left"), [("1,50", "1.50"), ("1.50", "1.50"), ("3", "0.00"), ("1 234,50", "-1231.50")]
)
def test_money_is_taken_as_it_is_typed(desk, reader, typed, left):
    fee(reader)
    response = desk.post(at("desk-pay", reader), {"amount": typed, "kind": "cash"})
    assert response["Location"] == at("desk-money", reader)
    assert owed(reader) == sum_of(left)


def test_ticked_lines_are_paid(desk, reader):
    fee(reader)
    second = fee(reader)
    desk.post(at("desk-pay", reader), {"amount": "3", "kind": "cash", "charges": [str(second.pk)]})
    assert [line.left for line in Charge.objects.oldest_first()] == [3, 0]


def test_pressing_twice_pays_once(desk, reader):
    fee(reader)
    for _twice in range(2):
        desk.post(at("desk-pay", reader), {"amount": "1", "kind": "cash", "once": "0" * 32})
    assert owed(reader) == 2


@pytest.mark.parametrize("amount", ["", "nothing", "0", "-1", "1.234,567"])
def test_what_cannot_be_read_is_said_and_stays_in_the_form(desk, reader, amount):
    fee(reader)
    response = desk.post(at("desk-pay", reader), {"amount": amount, "kind": "cash"})
    assert response.status_code == 422
    assert 'role="alert"' in text(response)
    assert f'name="amount" value="{amount}"' in text(response)
    assert not Credit.objects.exists()


def test_waive_charge_and_pay_back_at_the_desk(desk, reader):
    line = fee(reader)
    waive = reverse("circulation:desk-waive", args=[line.pk])
    assert desk.post(waive, {"amount": "1", "reason": ""}).status_code == 422
    desk.post(waive, {"amount": "1", "reason": "A mistake"})
    assert owed(reader) == 2
    desk.post(at("desk-pay", reader), {"amount": "5", "kind": "cash"})
    refund = reverse("circulation:desk-refund", args=[line.pk])
    desk.post(refund, {"amount": "2", "kind": "cash", "reason": "A mistake"})
    assert owed(reader) == -3
    desk.post(at("desk-pay-out", reader), {"amount": "3", "kind": "cash", "reason": "Leaves"})
    assert owed(reader) == 0
    refused = desk.post(at("desk-pay-out", reader), {"amount": "1", "kind": "cash", "reason": "Again"})
    assert "No more than 0.00 can be paid back." in text(refused)
    desk.post(at("desk-charge", reader), {"amount": "2,5", "text": "A new card"})
    assert owed(reader) == sum_of("2.50")
    assert Refund.objects.count() == 2


def test_readers_enter_nothing(client, reader):
    line = fee(reader)
    client.force_login(reader.user)
    for name in ("desk-pay", "desk-charge", "desk-pay-out"):
        assert client.post(at(name, reader), {"amount": "1"}).status_code == 403
    for name in ("desk-waive", "desk-refund"):
        assert client.post(reverse(f"circulation:{name}", args=[line.pk]), {"amount": "1"}).status_code == 403


def test_admin_lists_the_ledger_and_changes_nothing(client, reader):
    client.force_login(make_user(Role.ADMINISTRATOR))
    line = fee(reader)
    credit = money.pay(patron=reader, amount=sum_of("2.00"), kind=cash(), by=None)
    money.refund_charge(charge=line, amount=sum_of("1"), kind=cash(), by=make_user(Role.ADMINISTRATOR), reason="So")
    for model, row in (("charge", line), ("credit", credit), ("refund", Refund.objects.get())):
        assert client.get(reverse(f"admin:circulation_{model}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:circulation_{model}_change", args=[row.pk])).status_code == 200
        assert client.post(reverse(f"admin:circulation_{model}_delete", args=[row.pk])).status_code == 403
        assert client.get(reverse(f"admin:circulation_{model}_add")).status_code == 403


def test_admin_lists_online_payments_to_look_at(client, reader):
    client.force_login(make_user(Role.ADMINISTRATOR))
    given = {"patron": reader, "amount": 3, "currency": "EUR", "created_at": DUE}
    PaymentAttempt.objects.create(key="a", note="Another sum came in", **given)
    fine = PaymentAttempt.objects.create(key="b", **given)
    address = reverse("admin:circulation_paymentattempt_changelist")
    assert "2 online payments" in text(client.get(address))
    listed = text(client.get(address, {"look": "yes"}))
    assert "1 online payment" in listed
    assert "Another sum came in" in listed
    assert client.get(reverse("admin:circulation_paymentattempt_change", args=[fine.pk])).status_code == 200


def test_admin_moves_fines_after_showing_them(client, reader):
    client.force_login(make_user(Role.ADMINISTRATOR))
    page = client.get(reverse("admin:circulation_charge_moved"))
    assert "No fine that runs would change." in text(page)
    assert client.post(reverse("admin:circulation_charge_moved")).status_code == 302


def test_desk_from_the_command_line(reader, librarian):
    line = fee(reader)
    said = StringIO()

    def run(*words, by=librarian):
        call_command("desk", "--as", User.objects.get(pk=by.pk).username, *words, stdout=said)
        return said.getvalue()

    assert f"{line.pk}  fee A new card: 3.00\u00a0EUR" in run("statement", reader.card_number)
    assert "Paid: receipt 1. Owed: 1.50\u00a0EUR" in run("pay", reader.card_number, "1,50")
    assert "Waived." in run("waive", str(line.pk), "--reason", "A mistake")
    run("pay", reader.card_number, "2")
    assert "Paid back: receipt 3." in run("refund", reader.card_number, "2", "--reason", "Leaves")
    loan = make_loan(patron=reader)
    assert "Declared lost" in run("lost", loan.copy.barcode, "--price", "20")
    assert owed(reader) == 20
    with pytest.raises(CommandError):
        run("pay", reader.card_number, "1", by=reader.user)
