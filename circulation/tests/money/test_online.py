"""Paying online, over real HTTP to a server that speaks Stripe's API: literal numbers on the wire."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_librarian, make_patron
from circulation import errors, money
from circulation.models import AttemptState, Charge, Credit, PaymentAttempt, PaymentKind, ProviderEvent, Refund
from circulation.money.online import port, services, stripe
from circulation.tests.money import stripe_server
from circulation.tests.money.common import balances, cash, owed, sum_of
from circulation.tests.money.stripe_server import paid_event, refund_event, signed
from library.core.errors import NotFound
from library.profile.models import LibraryProfile

pytestmark = pytest.mark.django_db
WEBHOOK = reverse("circulation:stripe-webhook")
BACK = "https://library.example.org/charges/"


@pytest.fixture(scope="module")
def running():
    with stripe_server.running() as server:
        yield server


@pytest.fixture
def server(running, settings, monkeypatch):
    running.asked.clear()
    running.moods.clear()
    settings.STRIPE_KEY, settings.STRIPE_WEBHOOK_SECRETS = stripe_server.KEY, [stripe_server.SECRET]
    settings.STRIPE_URL = running.url
    monkeypatch.setattr(stripe, "PAUSE", 0.01)
    yield running
    balances()


@pytest.fixture
def reader():
    return make_patron()


def fee(reader, amount="8.20"):
    return money.charge(patron=reader, amount=sum_of(amount), text="A new card", by=None)


def begin(reader, key="press-1", **more):
    return services.begin(patron=reader, key=key, back=BACK, **more)


def tell(client, body, *, header=None):
    header = header if header is not None else signed(body, at=int(time.time()))
    return client.post(WEBHOOK, body, content_type="application/json", headers={"Stripe-Signature": header})


# --- Beginning


@pytest.mark.parametrize(
    ("currency", "amount", "units"),
    [("EUR", "8.20", "820"), ("JPY", "80", "80"), ("KWD", "1.005", "1005"), ("ISK", "80", "8000")],
)
def test_sum_goes_over_the_wire_in_the_units_of_its_currency(server, reader, currency, amount, units):
    LibraryProfile(currency=currency).save()
    fee(reader, amount)
    begin(reader)
    (asked,) = server.asked
    assert asked["line_items[0][price_data][unit_amount]"] == units
    assert asked["line_items[0][price_data][currency]"] == currency.lower()


def test_repeat_of_a_press_is_the_same_attempt_and_a_new_press_a_new_one(server, reader):
    fee(reader)
    first, again = begin(reader), begin(reader)
    assert first.pk == again.pk
    assert first.url == again.url != ""
    assert len(server.asked) == 1
    other = begin(reader, "press-2")
    assert other.pk != first.pk
    assert server.asked[0]["key"] != server.asked[1]["key"]


def test_part_payment_of_the_same_lines_is_asked_for_anew(server, reader):
    """A key made of the charges' ids would get the first answer, or an error for the changed sum."""
    line = fee(reader)
    begin(reader, charges=[line.pk])
    money.pay(patron=reader, amount=sum_of("3.20"), kind=cash(), by=None)
    begin(reader, "press-2", charges=[line.pk])
    assert [asked["line_items[0][price_data][unit_amount]"] for asked in server.asked] == ["820", "500"]


@pytest.mark.parametrize("moods", [["breaks"], ["busy"], ["breaks", "busy"], ["stalls"]])
def test_passing_faults_are_tried_again_with_the_same_key(server, reader, monkeypatch, moods):
    monkeypatch.setattr(stripe, "TIMEOUT", 0.3)
    fee(reader)
    server.moods[:] = list(moods)
    begin(reader)
    assert PaymentAttempt.objects.get().state == AttemptState.OPEN
    assert len({asked["key"] for asked in server.asked}) == 1
    assert len(server.sessions) >= 1


@pytest.mark.parametrize("mood", ["breaks", "busy", "rubbish", "list"])
def test_where_nothing_is_known_the_press_may_be_repeated(server, reader, mood):
    fee(reader)
    server.moods[:] = [mood] * 3
    with pytest.raises(port.ProviderDown):
        begin(reader)
    assert PaymentAttempt.objects.get().state == AttemptState.NEW
    server.moods.clear()
    attempt = begin(reader)
    assert (PaymentAttempt.objects.count(), attempt.url != "") == (1, True)


def test_declined_is_said_and_a_new_press_is_free(server, reader):
    fee(reader)
    server.moods[:] = ["refuses"]
    with pytest.raises(port.ProviderRefuses, match=r"Your card was declined\."):
        begin(reader)
    assert PaymentAttempt.objects.get().state == AttemptState.FAILED
    assert begin(reader, "press-2").url


def test_provider_away_altogether(server, reader, settings):
    settings.STRIPE_URL = "http://127.0.0.1:9"
    fee(reader)
    with pytest.raises(port.ProviderDown):
        begin(reader)
    assert owed(reader) == sum_of("8.20")


def test_nothing_to_pay_and_lines_of_others(server, reader):
    with pytest.raises(errors.NothingToPay):
        begin(reader)
    with pytest.raises(NotFound):
        begin(reader, charges=[fee(make_patron()).pk])
    assert server.asked == []


# --- Being told


def test_payment_is_entered_once_however_often_it_is_told(server, reader, client):
    fee(reader)
    attempt = begin(reader)
    for event in ("evt_1", "evt_1", "evt_2"):
        assert tell(client, paid_event(attempt, event=event, units=820)).status_code == 200
    (credit,) = Credit.objects.all()
    online = PaymentKind.objects.get(code="online")
    assert (credit.amount, credit.payment_kind, credit.by) == (sum_of("8.20"), online, None)
    assert owed(reader) == 0
    assert PaymentAttempt.objects.get().state == AttemptState.PAID


@pytest.mark.parametrize(("currency", "amount", "units"), [("JPY", "80", 80), ("KWD", "1.005", 1005)])
def test_sum_comes_back_in_the_units_of_its_currency(server, reader, client, currency, amount, units):
    LibraryProfile(currency=currency).save()
    fee(reader, amount)
    tell(client, paid_event(begin(reader), units=units, currency=currency.lower()))
    assert Credit.objects.get().amount == Decimal(amount)
    assert owed(reader) == 0


def test_it_is_entered_whatever_has_changed_since(server, reader, client):
    """Settled in cash meanwhile, the account closed, another sum: the rest is credit and a line for staff."""
    fee(reader)
    attempt = begin(reader)
    money.pay(patron=reader, amount=sum_of("5.00"), kind=cash(), by=None)
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert tell(client, paid_event(attempt, units=820)).status_code == 200
    assert owed(reader) == sum_of("-5.00")
    assert PaymentAttempt.objects.get().note == "More came in than was still to be paid: the rest is credit."


def test_told_before_we_knew_the_answer(server, reader, client):
    """The provider took it, but we never heard: the attempt is known by our own id."""
    fee(reader)
    server.moods[:] = ["rubbish"] * 3
    with pytest.raises(port.ProviderDown):
        begin(reader)
    attempt = PaymentAttempt.objects.get()
    tell(client, paid_event(attempt, units=820))
    assert owed(reader) == 0
    assert PaymentAttempt.objects.get().state == AttemptState.PAID


def test_ended_after_paid_changes_nothing(server, reader, client):
    fee(reader)
    attempt = begin(reader)
    tell(client, paid_event(attempt, units=820))
    thing = {"id": attempt.provider_id, "client_reference_id": str(attempt.pk)}
    late = {"id": "evt_9", "type": "checkout.session.expired", "data": {"object": thing}}
    tell(client, json.dumps(late).encode())
    assert PaymentAttempt.objects.get().state == AttemptState.PAID


def test_chosen_lines_are_paid(server, reader, client):
    first, second = fee(reader, "3.00"), fee(reader, "4.00")
    tell(client, paid_event(begin(reader, charges=[second.pk]), units=400))
    assert [line.left for line in Charge.objects.oldest_first()] == [3, 0]
    assert first.left == 3


def test_refunds_are_entered_once_each_by_their_id_not_by_totals(server, reader, client):
    fee(reader, "20.00")
    tell(client, paid_event(begin(reader), units=2000))
    for refund, units, event in (("re_1", 1000, "e1"), ("re_2", 500, "e2"), ("re_1", 1000, "e3"), ("re_2", 500, "e2")):
        assert tell(client, refund_event(refund, units, event=event)).status_code == 200
    assert sorted(refund.amount for refund in Refund.objects.all()) == [5, 10]
    assert owed(reader) == 15  # what it had settled is open again
    assert PaymentAttempt.objects.get().note != ""


def test_refund_told_before_its_payment_is_entered_with_it(server, reader, client):
    fee(reader)
    attempt = begin(reader)
    tell(client, refund_event("re_1", 320, event="e1"))
    assert not Refund.objects.exists()
    tell(client, paid_event(attempt, units=820))
    assert Refund.objects.get().amount == sum_of("3.20")
    assert not ProviderEvent.objects.filter(handled_at=None).exists()


def test_payment_of_nobody_we_know_is_kept_and_not_asked_for_again(server, client):
    class Nobody:
        pk, provider_id = "01900000-0000-7000-8000-000000000000", "cs_of_nobody"

    assert tell(client, paid_event(Nobody, units=820)).status_code == 200
    assert ProviderEvent.objects.get().handled_at is not None


# --- Proof


def test_only_what_is_signed_is_heard(server, reader, client, settings):
    fee(reader)
    body, now = paid_event(begin(reader), units=820), int(time.time())
    for header in (
        "",
        "rubbish",
        signed(body, at=now, secret="another"),
        signed(body, at=now, scheme="v0"),
        signed(body, at=now - 400),
        signed(body, at=now + 400),
        signed(b"x" + body, at=now),
        "t=²,v1=00",
    ):
        answer = tell(client, body, header=header)
        assert (answer.status_code, answer.json()["code"]) == (400, "signature_invalid")
    assert not ProviderEvent.objects.exists()
    assert tell(client, body, header=signed(body, at=now - 200)).status_code == 200


def test_two_secrets_are_good_while_one_is_changed(server, reader, client, settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["new", stripe_server.SECRET]
    fee(reader)
    body, now = paid_event(begin(reader), units=820), int(time.time())
    both = f"{signed(body, at=now, secret='gone')},{signed(body, at=now, secret='new').split(',')[1]}"
    assert tell(client, body, header=both).status_code == 200
    assert owed(reader) == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": "e", "type": "refund.created", "data": {"object": {}}}'])
def test_signed_rubbish_is_refused(server, client, body):
    assert tell(client, body).status_code == 400


def test_passing_fault_is_told_as_one_and_nothing_is_stored(server, reader, client, monkeypatch):
    fee(reader)
    body = paid_event(begin(reader), units=820)

    def broken(*given, **more):
        raise RuntimeError("the disk is full")

    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(services, "_enter", broken)
        assert tell(client, body).status_code == 500
    assert not ProviderEvent.objects.exists()
    assert tell(client, body).status_code == 200
    assert owed(reader) == 0


def test_without_keys_nobody_is_heard_and_nothing_is_offered(client, settings, reader):
    settings.STRIPE_KEY = ""
    assert tell(client, b"{}").status_code == 403
    client.force_login(reader.user)
    fee(reader)
    assert b"online" not in client.get(reverse("circulation:my-charges")).content
    assert client.post(reverse("circulation:pay-online")).status_code == 404


# --- The page, and asking by ourselves


def test_reader_presses_the_button(server, reader, client):
    fee(reader)
    client.force_login(reader.user)
    assert b"Pay 8.20" in client.get(reverse("circulation:my-charges")).content
    sent = {"once": "0" * 32}
    first, again = (client.post(reverse("circulation:pay-online"), sent)["Location"] for _twice in range(2))
    assert first == again
    assert first.startswith("https://pay.example.org/cs_")
    assert b"Thank you." in client.get(reverse("circulation:my-charges"), {"paid": "1"}).content


def test_what_nobody_told_us_is_asked_for(server, reader):
    fee(reader)
    attempt = begin(reader)
    PaymentAttempt.objects.update(created_at=timezone.now() - services.ASKED_AFTER * 2)
    assert services.look_after() == 0
    session = server.sessions[attempt.provider_id]
    session |= {"payment_status": "paid", "payment_intent": "pi_7", "amount_total": 820, "currency": "eur"}
    assert services.look_after() == 1
    assert owed(reader) == 0
    assert services.look_after() == 0


def test_provider_that_talks_rubbish_stops_no_other(server, reader):
    fee(reader)
    begin(reader)
    PaymentAttempt.objects.update(created_at=timezone.now() - services.ASKED_AFTER * 2)
    server.moods[:] = ["rubbish"]
    assert services.look_after() == 0
    assert make_librarian()
