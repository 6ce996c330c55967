"""Another address of one's own: proven by the password and a code in its mail, told to the old one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import errors
from accounts.models import OneTimeCode, Purpose, User
from accounts.models.sessions import BrowserSession
from accounts.services import own_address
from accounts.sessions import tokens
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver, other_than
from library.activity.models import Activity
from library.core.errors import InvalidInput
from library.notices import addresses, outbox
from library.notices.models import MarkReason

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "new@example.org"
CHOOSE, CONFIRM = reverse("accounts:address"), reverse("accounts:address-confirm")


@pytest.fixture
def reader() -> User:
    return make_user()


@pytest.fixture
def browser(client, reader):
    client.force_login(reader)
    return client


def ask(reader, email=NEW, **values):
    return own_address.ask(**{"user": reader, "email": email, "password": PASSWORD} | values)


def confirm(reader, digits, email=NEW, **values):
    return own_address.confirm(user=reader, email=email, digits=digits, **values)


def address_of(user):
    return User.objects.get(pk=user.pk).email


def test_whoever_has_the_password_and_the_new_mailbox_moves_there(reader):
    old = reader.email
    ask(reader, "New@EXAMPLE.org")
    digits = deliver()
    assert mail.outbox[-1].to == ["New@example.org"]
    assert mail.outbox[-1].subject == "Your code for another address · Lyceum"
    assert confirm(reader, digits, "New@example.org").email == "New@example.org"
    assert address_of(reader) == "New@example.org"
    assert outbox.send_due() == 1
    assert mail.outbox[-1].to == [old]
    assert "changed the address of your account" in mail.outbox[-1].body
    said = Activity.objects.get(verb="account.address_changed")
    assert (said.actor, said.subject) == (reader, reader)


def test_a_marked_address_is_left_behind_and_letters_come_again(reader):
    addresses.mark(address=reader.address, reason=MarkReason.BOUNCED)
    ask(reader)
    user = confirm(reader, deliver())
    assert not addresses.marked_groups(user.address)


def test_every_other_session_and_token_ends(browser, reader):
    Client().force_login(reader)
    tokens.issue(reader)
    browser.post(CHOOSE, {"email": NEW, "password": PASSWORD})
    answer = browser.post(CONFIRM, {"code": deliver()})
    assert (answer.status_code, answer.url) == (302, reverse("accounts:preferences"))
    assert BrowserSession.objects.filter(user=reader).count() == 1
    assert browser.get(CHOOSE).status_code == 200
    assert User.objects.get(pk=reader.pk).token_epoch > reader.token_epoch


def test_a_wrong_password_sends_nothing_and_counts_as_a_failed_sign_in(reader):
    for _n in range(5):
        with pytest.raises(errors.PasswordWrong):
            ask(reader, password="wrong horse 7")
    with pytest.raises((errors.LockedOut, errors.RateLimited)):
        ask(reader)
    assert not OneTimeCode.objects.exists()


def test_an_address_that_somebody_has_is_told_there_and_not_here(browser, reader):
    other = make_user()
    answer = browser.post(CHOOSE, {"email": other.email, "password": PASSWORD})
    assert (answer.status_code, answer.url) == (302, CONFIRM)
    assert deliver() == ""
    assert mail.outbox[-1].to == [other.email]
    assert "belongs to an account already" in mail.outbox[-1].body
    assert browser.post(CONFIRM, {"code": "000000"}).status_code == 422
    assert address_of(other) == other.email


def test_an_address_that_somebody_took_meanwhile_is_refused(reader):
    ask(reader)
    digits = deliver()
    make_user(email=NEW)
    with pytest.raises(errors.EmailTaken):
        confirm(reader, digits)
    assert address_of(reader) == reader.email


def test_a_wrong_code_counts_and_five_of_them_burn_it(reader):
    ask(reader)
    digits = deliver()
    for _n in range(4):
        with pytest.raises(errors.CodeWrong):
            confirm(reader, other_than(digits))
    with pytest.raises(errors.CodeSpent):
        confirm(reader, other_than(digits))
    with pytest.raises(errors.CodeSpent):
        confirm(reader, digits)
    assert address_of(reader) == reader.email


def test_a_code_is_good_for_who_asked_for_that_address_and_purpose_alone(reader):
    other = make_user()
    ask(reader)
    digits = deliver()
    with pytest.raises(errors.CodeSpent):
        confirm(other, digits)
    assert address_of(other) == other.email
    assert address_of(reader) == reader.email


def test_a_code_that_is_over_moves_nobody(reader):
    ask(reader)
    digits = deliver()
    with pytest.raises(errors.CodeSpent):
        confirm(reader, digits, at=timezone.now() + timedelta(minutes=11))
    assert address_of(reader) == reader.email


@pytest.mark.parametrize("email", ["nobody", "", "a@b@c.org", "ı@example.org"])
def test_what_is_no_address_is_said_beside_its_field(browser, email):
    answer = browser.post(CHOOSE, {"email": email, "password": PASSWORD})
    assert answer.status_code == 422
    assert answer.context["form"].errors["email"]


def test_ones_present_address_is_no_other(reader):
    with pytest.raises(InvalidInput) as refused:
        ask(reader, reader.address.upper())
    assert "email" in refused.value.fields


def test_the_second_page_wants_the_first(browser):
    assert browser.get(CONFIRM).url == CHOOSE


def test_the_pages_are_for_who_is_signed_in(client):
    for address in (CHOOSE, CONFIRM):
        assert client.get(address).status_code == client.post(address).status_code == 302


def test_a_second_code_within_the_minute_is_refused_on_the_page(browser):
    browser.post(CHOOSE, {"email": NEW, "password": PASSWORD})
    answer = browser.post(CHOOSE, {"email": NEW, "password": PASSWORD})
    assert answer.status_code in {422, 429}
    assert OneTimeCode.objects.count() == 1


def test_the_database_refuses_a_code_for_an_address_that_nobody_asked_for():
    now = timezone.now()
    with pytest.raises(IntegrityError, match="code_login_has_user"), transaction.atomic():
        OneTimeCode.objects.create(email=NEW, purpose=Purpose.ADDRESS, created_at=now, expires_at=now)
