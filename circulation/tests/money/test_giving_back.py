"""Staff let money that came in online go back: over real HTTP; answers come late, broken, as rubbish or not at all."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_patron, make_user
from circulation import errors, money
from circulation.models import Charge, Credit, GivingBack, GivingBackState, PaymentAttempt, ProviderEvent, Refund
from circulation.money.online import giving_back, services, stripe
from circulation.money.online.port import ProviderWord
from circulation.tests.money import stripe_server
from circulation.tests.money.common import balances, cash, owed, sum_of
from circulation.tests.money.stripe_server import event_of, refund_event, signed
from library.activity.models import Activity
from library.core.errors import InvalidInput, NotFound
from library.core.privacy.registry import Person
from tests.html import faults

pytestmark = pytest.mark.django_db
WEBHOOK, DESK_MONEY = reverse("circulation:stripe-webhook"), reverse("circulation:desk-money")


@pytest.fixture(scope="module")
def running():
    with stripe_server.running() as server:
        yield server


@pytest.fixture
def server(running, settings, monkeypatch):
    for kept in (running.asked, running.moods, running.kept, running.refunds):
        kept.clear()
    running.refund_status, running.refundable = "succeeded", {"pi_1": 2_000}
    settings.STRIPE_KEY, settings.STRIPE_WEBHOOK_SECRETS = stripe_server.KEY, [stripe_server.SECRET]
    settings.STRIPE_URL = running.url
    monkeypatch.setattr(stripe, "PAUSE", 0.01)
    yield running
    while running.busy:  # with what came too late for its client
        time.sleep(0.01)
    balances()


@pytest.fixture
def staff():
    return make_librarian()


@pytest.fixture
def credit(server):
    return paid(make_patron())


def paid(reader, amount="20.00", intent="pi_1"):
    """Money that came in online, all of it free."""
    attempt = PaymentAttempt.objects.create(
        patron=reader, key="press", amount=sum_of(amount), currency="EUR", created_at=timezone.now(), state="open"
    )
    units = int(sum_of(amount) * 100)
    services.receive(ProviderWord("evt", "paid", attempt=str(attempt.pk), intent=intent, units=units, currency="EUR"))
    return Credit.objects.get(attempt=attempt)


def ask(credit, staff, amount="8.20", *, key="press-1", reason="She paid twice", at=None):
    return giving_back.give_back(credit=credit, amount=sum_of(amount), reason=reason, key=key, by=staff, at=at)


def tell(client, body):
    header = signed(body, at=int(time.time()))
    return client.post(WEBHOOK, body, content_type="application/json", headers={"Stripe-Signature": header})


def later(minutes=20):
    return timezone.now() + timedelta(minutes=minutes)


# --- Asking


def test_money_goes_back_through_the_provider_and_into_the_ledger(server, credit, staff):
    asked = ask(credit, staff)
    (sent,) = server.asked
    assert (sent["method"], sent["path"]) == ("POST", "/v1/refunds")
    assert (sent["payment_intent"], sent["amount"]) == ("pi_1", "820")
    assert sent["key"] == f"giving-back:{asked.pk}"
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.by) == (sum_of("8.20"), "She paid twice", staff)
    assert (refund.provider_id, refund.payment_kind.code) == ("re_1", "online")
    assert (asked.state, asked.refund, asked.provider_id) == ("done", refund, "re_1")
    assert owed(credit.patron) == sum_of("-11.80")
    verbs = Activity.objects.filter(actor=staff).values_list("verb", flat=True)
    assert set(verbs) == {"refund.asked", "payment.refunded"}


def test_message_about_the_same_refund_enters_it_no_second_time(server, credit, staff, client):
    ask(credit, staff)
    for event in ("evt_1", "evt_1", "evt_2"):
        assert tell(client, event_of(server.refunds["re_1"], event=event)).status_code == 200
    assert Refund.objects.count() == 1


def test_message_that_comes_before_the_answer_enters_it_with_staff_and_reason(server, credit, staff, client):
    server.moods[:] = ["does it and breaks"] * 3
    asked = ask(credit, staff)
    assert (asked.state, Refund.objects.count()) == ("new", 0)
    tell(client, event_of(server.refunds["re_1"], event="evt_1", kind="refund.created"))
    refund = Refund.objects.get()
    assert (refund.by, refund.reason) == (staff, "She paid twice")
    asked.refresh_from_db()
    assert (asked.state, asked.refund) == ("done", refund)
    assert giving_back.look_after(at=later()) == 0
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("moods", [["breaks"], ["busy"], ["does it and breaks"], ["stalls"]], ids=lambda one: one[0])
def test_passing_faults_are_tried_again_with_the_same_key_and_paid_back_once(server, credit, staff, monkeypatch, moods):
    monkeypatch.setattr(stripe, "TIMEOUT", 0.3)
    server.moods[:] = list(moods)
    assert ask(credit, staff).state == "done"
    assert len({sent["key"] for sent in server.asked}) == 1
    assert (len(server.asked), len(server.refunds), Refund.objects.count()) == (2, 1, 1)


@pytest.mark.parametrize("mood", ["breaks", "busy", "rubbish", "list", "does it and breaks"])
def test_nothing_is_entered_while_nothing_is_known_and_it_is_asked_again(server, credit, staff, mood):
    server.moods[:] = [mood] * 3
    asked = ask(credit, staff)
    assert (asked.state, Refund.objects.count()) == ("new", 0)
    server.moods.clear()
    assert giving_back.look_after(at=later(1)) == 0  # too soon
    assert giving_back.look_after(at=later()) == 1
    asked.refresh_from_db()
    assert (asked.state, Refund.objects.get().amount) == ("done", sum_of("8.20"))
    assert len(server.refunds) == 1
    assert giving_back.look_after(at=later(40)) == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "succeeded"},
        {"id": "re_9"},
        {"id": "re_9", "status": "succeeded", "amount": "all", "currency": "eur"},
    ],
)
def test_answer_that_is_no_refund_is_not_believed(server, credit, staff, monkeypatch, answer):
    monkeypatch.setattr(server, "refund", lambda form: (200, answer))
    assert ask(credit, staff).state == "new"
    assert not Refund.objects.exists()


def test_answer_about_another_payment_is_not_believed(server, credit, staff, monkeypatch, caplog):
    thing = {"id": "re_9", "status": "succeeded", "amount": 820, "currency": "eur", "payment_intent": "pi_of_another"}
    monkeypatch.setattr(server, "refund", lambda form: (200, thing))
    assert ask(credit, staff).state == "new"
    assert "another payment" in caplog.text
    assert not Refund.objects.exists()


def test_what_the_provider_refuses_is_said_and_free_again(server, credit, staff):
    server.refundable["pi_1"] = 0
    asked = ask(credit, staff)
    assert (asked.state, asked.note) == ("failed", "Charge has already been refunded.")
    assert giving_back.may_go_back(credit.patron_id)[0].left == 20
    assert not Refund.objects.exists()


def test_one_that_is_under_way_is_entered_when_it_is_done(server, credit, staff, client):
    server.refund_status = "pending"
    asked = ask(credit, staff)
    assert (asked.state, asked.provider_id, Refund.objects.count()) == ("open", "re_1", 0)
    thing = server.refunds["re_1"] | {"status": "succeeded"}
    tell(client, event_of(thing, event="evt_1"))
    asked.refresh_from_db()
    assert (asked.state, Refund.objects.get().amount) == ("done", sum_of("8.20"))


def test_one_that_fails_in_the_end_is_free_again(server, credit, staff, client):
    server.refund_status = "pending"
    asked = ask(credit, staff)
    tell(client, event_of(server.refunds["re_1"] | {"status": "failed"}, event="evt_1", kind="refund.failed"))
    asked.refresh_from_db()
    assert (asked.state, asked.note) == ("failed", "The payment provider could not pay it back.")
    assert not Refund.objects.exists()
    server.refundable["pi_1"] = 2_000
    assert ask(credit, staff, "20.00", key="press-2").state == "open"


def test_one_that_fails_after_it_was_done_is_for_staff_to_look_at(server, credit, staff, client):
    asked = ask(credit, staff)
    tell(client, event_of(server.refunds["re_1"] | {"status": "failed"}, event="evt_1", kind="refund.failed"))
    asked.refresh_from_db()
    assert (asked.state, Refund.objects.count()) == ("done", 1)
    assert asked.note == "The payment provider says now that it was not paid back after all."


def test_one_that_others_began_and_that_is_not_done_yet_is_not_entered(server, credit, client):
    tell(client, refund_event("re_7", 500, event="e1", status="pending"))
    assert not Refund.objects.exists()
    tell(client, refund_event("re_7", 500, event="e2"))
    assert Refund.objects.get().amount == 5


def test_another_sum_than_was_asked_for_is_entered_and_noted(server, credit, staff, client):
    server.refund_status = "pending"
    asked = ask(credit, staff)
    tell(client, event_of(server.refunds["re_1"] | {"status": "succeeded", "amount": 800}, event="evt_1"))
    asked.refresh_from_db()
    assert (asked.refund.amount, asked.note) == (8, "Another sum went back than was asked for.")


# --- How much, and of what


def test_no_more_goes_back_than_is_free_and_not_on_its_way(server, credit, staff):
    server.moods[:] = ["breaks"] * 3
    ask(credit, staff, "15.00")
    with pytest.raises(errors.MoreThanPaid, match=r"No more than 5\.00 can be paid back\."):
        ask(credit, staff, "5.01", key="press-2")
    assert ask(credit, staff, "5.00", key="press-2").state == "done"
    money.charge(patron=credit.patron, amount=sum_of("2.00"), text="A card", by=None)
    assert giving_back.may_go_back(credit.patron_id) == []


def test_credit_that_was_used_meanwhile_is_open_again_once_it_went_back(server, credit, staff):
    server.moods[:] = ["breaks"] * 3
    ask(credit, staff, "20.00")
    money.charge(patron=credit.patron, amount=sum_of("12.00"), text="A card", by=None)
    assert giving_back.look_after(at=later()) == 1
    assert [line.left for line in Charge.objects.all()] == [12]
    assert PaymentAttempt.objects.get().note == "Paid back: what it had settled is open again."


def test_what_was_paid_at_the_desk_does_not_go_back_online(server, staff):
    reader = make_patron()
    at_desk = money.pay(patron=reader, amount=sum_of("5.00"), kind=cash(), by=staff)
    with pytest.raises(NotFound):
        ask(at_desk, staff, "5.00")
    assert server.asked == []


@pytest.mark.parametrize(
    ("amount", "reason", "code"),
    [("0", "So", "amount_invalid"), ("1.005", "So", "amount_invalid"), ("1", " ", "reason_required")],
)
def test_bad_input_asks_nobody(server, credit, staff, amount, reason, code):
    with pytest.raises(InvalidInput) as refusal:
        ask(credit, staff, amount, reason=reason)
    assert (refusal.value.code, server.asked, GivingBack.objects.count()) == (code, [], 0)


def test_repeat_of_a_press_is_the_same_wish(server, credit, staff):
    first, again = ask(credit, staff), ask(credit, staff)
    assert (first.pk, len(server.refunds), Refund.objects.count()) == (again.pk, 1, 1)


def test_without_a_provider_nothing_is_offered(server, credit, staff, settings):
    settings.STRIPE_KEY = ""
    with pytest.raises(NotFound):
        ask(credit, staff)
    assert giving_back.look_after(at=later()) == 0


# --- Asking again by ourselves


def test_after_a_day_it_is_not_asked_for_again_where_the_provider_knows_nothing_of_it(server, credit, staff):
    """The provider forgets keys: a repeat might pay twice."""
    server.moods[:] = ["breaks"] * 3
    asked = ask(credit, staff)
    assert giving_back.look_after(at=later(25 * 60)) == 1
    asked.refresh_from_db()
    assert (asked.state, len(server.refunds)) == ("failed", 0)
    assert "knows nothing of it" in asked.note


def test_after_a_day_what_the_provider_did_is_entered_all_the_same(server, credit, staff):
    server.moods[:] = ["does it and breaks"] * 3
    ask(credit, staff)
    server.kept.clear()  # its keys are forgotten
    assert giving_back.look_after(at=later(25 * 60)) == 1
    assert (len(server.refunds), Refund.objects.count()) == (1, 1)


def test_worker_that_was_killed_before_it_asked_leaves_a_wish_that_is_asked(server, credit, staff):
    GivingBack.objects.create(
        attempt=credit.attempt, key="k", amount=5, reason="So", created_at=timezone.now(), by=staff
    )
    assert giving_back.look_after(at=later()) == 1
    assert Refund.objects.get().amount == 5


def test_provider_that_talks_rubbish_stops_no_other(server, credit, staff):
    server.refundable["pi_2"] = 2_000
    other = paid_again(credit, "pi_2")
    server.moods[:] = ["breaks"] * 6
    first, second = ask(credit, staff), ask(other, staff)
    server.moods[:] = ["rubbish"]
    assert giving_back.look_after(at=later()) == 1
    assert sorted(GivingBack.objects.values_list("state", flat=True)) == ["done", "new"]
    assert first.pk != second.pk


def paid_again(credit, intent):
    attempt = PaymentAttempt.objects.create(
        patron=credit.patron, key="press-2", amount=20, currency="EUR", created_at=timezone.now(), state="open"
    )
    services.receive(ProviderWord("evt_2", "paid", attempt=str(attempt.pk), intent=intent, units=2000, currency="EUR"))
    return Credit.objects.get(attempt=attempt)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": "done"}, "giving_back_done_exactly_with_refund"),
        ({"state": "gone"}, "giving_back_state_known"),
        ({"amount": 0}, "giving_back_of_something"),
        ({"reason": ""}, "giving_back_with_reason"),
    ],
)
def test_database_refuses_what_cannot_be(server, credit, values, constraint):
    row = {"attempt": credit.attempt, "key": "k", "amount": 5, "reason": "So", "created_at": timezone.now()} | values
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        GivingBack.objects.create(**row)


# --- At the desk


@pytest.fixture
def desk(client, staff):
    client.force_login(staff)
    return client


def press(client, credit, **given):
    wish = {"amount": "8,20", "reason": "She paid twice", "sure": "on", "once": "0" * 32} | given
    return client.post(reverse("circulation:desk-give-back", args=[credit.pk]), wish)


def page_of(client, credit):
    return " ".join(client.get(DESK_MONEY, {"reader": credit.patron_id}).content.decode().split())


def test_staff_press_the_button_and_see_how_it_stands(server, credit, desk):
    assert "Pay back from receipt 1" in page_of(desk, credit)
    for _twice in range(2):
        assert press(desk, credit).status_code == 302
    shown = page_of(desk, credit)
    assert "Paid back." in shown
    assert "She paid twice" in shown
    assert (Refund.objects.count(), len(server.refunds)) == (1, 1)
    assert faults(desk.get(DESK_MONEY, {"reader": credit.patron_id}).content.decode()) == []


def test_without_the_tick_nothing_is_asked_and_what_was_typed_stays(server, credit, desk):
    answer = press(desk, credit, sure="")
    assert answer.status_code == 422
    assert "Tick this, so that no money goes by mistake." in answer.content.decode()
    assert 'value="8,20"' in answer.content.decode()
    assert server.asked == []
    assert faults(answer.content.decode()) == []


def test_too_much_is_said_beside_the_form(server, credit, desk):
    answer = press(desk, credit, amount="20.01")
    assert answer.status_code == 422
    assert "No more than 20.00 can be paid back." in answer.content.decode()


def test_provider_that_does_not_answer_is_told_of(server, credit, desk):
    server.moods[:] = ["rubbish"] * 3
    press(desk, credit)
    shown = page_of(desk, credit)
    assert "Asked for. It is entered as soon as the provider says that it was done." in shown
    assert "asked for, not answered yet" in shown


def test_only_who_may_refund_may_press(server, credit, client):
    client.force_login(make_user())
    assert press(client, credit).status_code == 403
    client.force_login(credit.patron.user)
    assert press(client, credit).status_code == 403
    assert server.asked == []


def test_money_page_of_a_reader_without_online_payments_has_no_such_part(server, desk):
    assert "Paid online" not in page_of(desk, money.pay(patron=make_patron(), amount=sum_of(5), kind=cash(), by=None))


# --- Privacy


def test_reader_has_what_was_asked_for_and_its_words_go_with_them(server, credit, staff):
    from circulation.money import persons

    ask(credit, staff)
    person = Person(id=credit.patron_id)
    (told,) = persons.exported(person)["refunds_asked_for"]
    assert (told["reason"], told["state"]) == ("She paid twice", GivingBackState.DONE)
    assert persons.exported(Person(id=staff.pk))["money_entered"]
    persons.erase(person)
    assert GivingBack.objects.get().reason == persons.SCRUBBED


# --- Two at once


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_give_back_no_more_than_there_is(server):
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    staff, credit = make_librarian(), paid(make_patron())

    def press_it(key):
        try:
            return ask(credit, staff, "15.00", key=key).state
        except errors.MoreThanPaid as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        came_to = sorted(pool.map(press_it, ["press-1", "press-2"]))
    assert came_to == ["done", "more_than_paid"]
    assert Refund.objects.get().amount == 15
    assert len(server.refunds) == 1
    assert ProviderEvent.objects.filter(kind="refunded").count() == 1
