"""What stands against a reader counts at three moments, each with its switch: asking, being served, borrowing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_patron
from catalog.tests.factories import make_copy
from circulation import errors, money, services
from circulation.models import Hold, LendingSettings
from circulation.services.holds import nightly
from circulation.tests.blocks import put
from circulation.tests.factories import MONDAY, make_loan, queue_up

pytestmark = pytest.mark.django_db


def switch(**values):
    settings = LendingSettings.objects.first() or LendingSettings()
    for name, value in values.items():
        setattr(settings, name, value)
    services.save_settings(settings=settings, by=make_librarian())


def restricted(patron):
    put(patron, "patron_restricted", at=MONDAY)


def in_debt(patron):
    patron.tier.debt_limit = 1
    patron.tier.save()
    money.charge(patron=patron, amount=Decimal(5), text="A card", by=None, at=MONDAY)


def card_over(patron):
    patron.expires_on = (MONDAY - timedelta(days=1)).date()
    patron.save()


AGAINST = [(restricted, "patron_restricted"), (in_debt, "debt_limit_exceeded"), (card_over, "card_expired")]


@pytest.fixture(params=AGAINST, ids=lambda pair: pair[1])
def against(request):
    patron = make_patron()
    stands, code = request.param
    stands(patron)
    return patron, code


def ask(patron):
    copy = make_copy()
    return services.place_hold(book=copy.book, patron=patron, branch=copy.branch, by=patron.user, at=MONDAY)


def lend(patron):
    return services.check_out(copy=make_copy(), patron=patron, by=make_librarian(), at=MONDAY)


def served(patron):
    hold = queue_up(make_copy().book, patron=patron)
    nightly.tend(at=MONDAY)
    return Hold.objects.get(pk=hold.pk).state


def test_as_shipped_it_stops_all_three(against):
    patron, code = against
    for verb in (ask, lend):
        with pytest.raises(errors.Refusal) as refusal:
            verb(patron)
        assert [reason.code for reason in refusal.value.reasons] == [code]
    assert served(patron) == "queued"


def test_each_switch_lets_its_own_moment_pass_and_no_other(against):
    patron, code = against
    switch(blocks_stop_placing=False)
    assert ask(patron).state == "requested"
    with pytest.raises(errors.Refusal):
        lend(patron)
    assert served(patron) == "queued"
    switch(blocks_stop_placing=True, blocks_stop_serving=False)
    assert served(patron) == "requested"
    with pytest.raises(errors.Refusal):
        ask(patron)
    switch(blocks_stop_serving=True, blocks_stop_borrowing=False)
    assert [alert.code for alert in lend(patron).alerts] == [code]  # the desk is told
    with pytest.raises(errors.Refusal):
        ask(patron)


def test_renewal_goes_by_the_switch_of_borrowing():
    patron = make_patron()
    loan = make_loan(patron=patron, due_at=MONDAY + timedelta(days=1), checked_out_at=MONDAY - timedelta(days=9))
    restricted(patron)
    with pytest.raises(errors.PatronRestricted):
        services.renew(loan=loan, by=patron.user, at=MONDAY)
    switch(blocks_stop_borrowing=False)
    assert services.renew(loan=loan, by=patron.user, at=MONDAY).renewals == 1


@pytest.mark.parametrize("switches", [{}, dict.fromkeys(("blocks_stop_placing", "blocks_stop_borrowing"), False)])
def test_lost_card_and_closed_account_stand_whatever_the_switches_say(switches):
    switch(**switches)
    lost, closed = make_patron(), make_patron()
    put(lost, "card_lost", at=MONDAY)
    closed.user.is_active = False
    closed.user.save()
    for patron in (lost, closed):
        for verb in (ask, lend):
            with pytest.raises(errors.Refusal):
                verb(patron)


def test_staff_turn_them_on_the_page_of_the_settings(client, administrator):
    client.force_login(administrator)
    page = reverse("admin:circulation_lendingsettings_change", args=[1])
    LendingSettings.objects.update_or_create(pk=1)
    shown = client.get(page)
    given = {name: value for name, value in shown.context["adminform"].form.initial.items() if value is not None}
    del given["blocks_stop_serving"]
    given = {name: value for name, value in given.items() if value is not False}
    assert client.post(page, given).status_code == 302
    row = LendingSettings.objects.get()
    assert (row.blocks_stop_placing, row.blocks_stop_serving, row.blocks_stop_borrowing) == (True, False, True)
