"""Registering, in pages and services: an address proven by its mail, one account for each address and username."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import errors
from accounts.models import OneTimeCode, Patron, Role, Tier, User
from accounts.people import card_barcode, usernames
from accounts.services import people
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver, other_than
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.org"
REGISTER, CONFIRM, RESEND = (
    reverse(f"accounts:{name}") for name in ("register", "register-confirm", "register-resend")
)
GIVEN = {"full_name": "Ada Lovelace", "username": "ada", "password": PASSWORD}


def register(**values):
    given = {"email": ADDRESS, "password": PASSWORD, "full_name": "Ada Lovelace"} | values
    return people.register(**given)


def ask(email=ADDRESS):
    people.ask_to_register(email=email)
    return deliver()


def begin(client, email=ADDRESS, **values):
    """The first page; gives the digits that were mailed."""
    answer = client.post(REGISTER, {"email": email, **values})
    assert answer.status_code == 302, answer.content
    assert answer["Location"] == CONFIRM
    return deliver()


def test_a_reader_registers_on_two_pages_and_is_signed_in(client):
    page = client.get(REGISTER)
    assert b'autocomplete="email"' in page.content
    digits = begin(client)
    page = client.get(CONFIRM)
    for part in (b'autocomplete="one-time-code"', b'inputmode="numeric"', b'autocomplete="new-password"', b"ada@exam"):
        assert part in page.content
    assert digits.encode() not in page.content
    answer = client.post(CONFIRM, GIVEN | {"code": f"{digits[:3]} {digits[3:]}"})
    assert answer.status_code == 302
    user = User.objects.get()
    assert client.session["_auth_user_id"] == str(user.pk)
    assert (user.email, user.username, user.full_name, user.role) == (ADDRESS, "ada", "Ada Lovelace", Role.PATRON)
    assert not user.is_staff
    assert user.check_password(PASSWORD)
    assert user.patron.tier.code == "reader"
    assert user.patron.card_number.startswith("L-")


def test_the_session_gets_a_new_key_when_the_registration_ends(client):
    digits = begin(client)
    before = client.session.session_key
    client.post(CONFIRM, GIVEN | {"code": digits})
    assert client.session.session_key != before


def test_the_page_that_was_wanted_comes_after_registration(client):
    digits = begin(client, next="/catalogue/?q=cells")
    answer = client.post(CONFIRM, GIVEN | {"code": digits})
    assert answer["Location"] == "/catalogue/?q=cells"


def test_a_page_elsewhere_never_comes_after_registration(client):
    digits = begin(client, next="https://evil.example/")
    assert client.post(CONFIRM, GIVEN | {"code": digits})["Location"] == reverse("pages:home")


def test_what_is_wrong_stands_beside_its_field_and_costs_no_attempt(client):
    digits = begin(client)
    page = client.post(CONFIRM, {"code": digits, "full_name": "", "username": "a b", "password": "short"})
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"full_name", "username"}
    page = client.post(CONFIRM, GIVEN | {"code": digits, "password": "short"})
    assert page.status_code == 422
    assert len(page.context["form"].errors["password"]) == 2
    assert b'aria-describedby="id_password_helptext id_password_error"' in page.content
    assert b'aria-invalid="true"' in page.content
    assert PASSWORD.encode() not in page.content
    assert OneTimeCode.objects.get().attempts == 0
    assert client.post(CONFIRM, GIVEN | {"code": digits}).status_code == 302


def test_a_wrong_code_says_how_many_attempts_are_left(client):
    digits = begin(client)
    page = client.post(CONFIRM, GIVEN | {"code": other_than(digits)})
    assert page.status_code == 422
    assert page.context["form"].errors["code"] == ["This is not the code that we sent. 4 attempts are left."]
    assert not User.objects.exists()


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "9" * 400, "12\x0034"])
def test_what_is_no_code_costs_no_attempt(client, typed):
    begin(client)
    assert client.post(CONFIRM, GIVEN | {"code": typed}).status_code == 422
    assert OneTimeCode.objects.get().attempts == 0


@pytest.mark.parametrize("email", ["", "ada", "a@b", "ada@example.org\x00", "a" * 255 + "@example.org", "a b@c.de"])
def test_what_is_no_address_is_refused_beside_the_field(client, email):
    page = client.post(REGISTER, {"email": email})
    assert page.status_code == 422
    assert "email" in page.context["form"].errors
    assert not OneTimeCode.objects.exists()


def test_the_second_page_leads_to_the_first_where_nothing_was_begun(client):
    assert client.get(CONFIRM)["Location"] == REGISTER
    assert client.post(RESEND)["Location"] == REGISTER


def test_another_code_can_be_had_after_a_minute(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        begin(client)
        page = client.post(RESEND)
        assert page.status_code == 422
        assert b"try again in 60 s" in page.content
        clock.shift(61)
        assert client.post(RESEND)["Location"] == CONFIRM
        assert client.post(CONFIRM, GIVEN | {"code": deliver()}).status_code == 302


def test_who_begins_again_within_the_minute_comes_to_the_code_page(client):
    begin(client)
    assert client.post(REGISTER, {"email": ADDRESS})["Location"] == CONFIRM
    assert OneTimeCode.objects.count() == 1


def test_nobody_learns_from_the_pages_that_an_address_has_an_account(client):
    make_user(email="known@example.org")
    answers = []
    for email in ("known@example.org", "unknown@example.org"):
        first = client.post(REGISTER, {"email": email})
        deliver()
        second = client.post(CONFIRM, GIVEN | {"code": "123456"})
        answers.append((first.status_code, first["Location"], second.status_code, second.context["form"].errors))
    assert answers[0] == answers[1]


def test_the_owner_of_an_account_is_told_by_mail_and_no_code_works(client):
    make_user(email=ADDRESS)
    assert begin(client, ADDRESS.upper()) == ""
    assert "already an account" in mail.outbox[-1].body


def test_a_wrong_attempt_stays_counted_though_the_request_fails():
    digits = ask()
    for left in (4, 3, 2, 1):
        with pytest.raises(errors.CodeWrong, match="One attempt is" if left == 1 else str(left)):
            register(digits=other_than(digits))
    with pytest.raises(errors.CodeSpent):
        register(digits=other_than(digits))
    with pytest.raises(errors.CodeSpent):
        register(digits=digits)
    assert not User.objects.exists()


def test_a_replayed_code_makes_no_second_account():
    digits = ask()
    register(digits=digits)
    with pytest.raises(errors.CodeSpent):
        register(digits=digits)
    assert User.objects.count() == 1


def test_a_code_that_nobody_asked_for_registers_nobody():
    with pytest.raises(errors.CodeSpent):
        register(digits="123456")


def test_an_expired_code_registers_nobody():
    digits = ask()
    with pytest.raises(errors.CodeSpent):
        register(digits=digits, at=timezone.now() + timedelta(minutes=10))


@pytest.mark.parametrize("username", ["ada", "ADA"])
def test_a_taken_username_is_refused_whatever_its_case_and_the_code_stays_good(username):
    make_user(username="Ada")
    digits = ask()
    with pytest.raises(errors.UsernameTaken):
        register(digits=digits, username=username)
    assert register(digits=digits, username="ada2").username == "ada2"


def test_an_address_that_got_an_account_meanwhile_is_refused():
    digits = ask()
    make_user(email=ADDRESS.upper())
    with pytest.raises(errors.EmailTaken):
        register(digits=digits)


def test_a_username_is_made_from_the_name_and_never_from_the_address():
    assert register(digits=ask(), full_name="Zoë  O’Brien-Łukasz").username == "zoe.o.brien.lukasz"
    assert usernames.like("Zoe O Brien Lukasz") == "zoe.o.brien.lukasz2"
    assert usernames.like("李雷") == "reader"
    assert len(usernames.like("x" * 120)) <= 40


def test_a_made_username_that_is_taken_in_the_same_moment_is_made_again(monkeypatch):
    make_user(username="taken")
    names = iter(["taken", "free"])
    monkeypatch.setattr(usernames, "like", lambda name: next(names))
    assert register(digits=ask()).username == "free"


def test_a_made_card_number_that_is_taken_is_made_again(monkeypatch):
    make_user(card_number="L-1")
    numbers = iter(["l-1", "L-2"])
    monkeypatch.setattr(card_barcode, "new_number", lambda: next(numbers))
    assert register(digits=ask()).patron.card_number == "L-2"


@pytest.mark.parametrize(
    ("password", "sentences"),
    [
        ("short1", ["too short"]),
        ("a1" * 51, ["at most 100"]),
        ("only letters here", ["one letter and one digit"]),
        ("8264 9173 0046", ["one letter and one digit"]),
        ("password1", ["too common"]),
        ("lovelace1", ["too similar to the full name"]),
        ("12345", ["too short", "too common", "one letter and one digit"]),
    ],
)
def test_a_weak_password_is_refused_with_every_sentence(password, sentences):
    with pytest.raises(InvalidInput) as refused:
        register(digits=ask(), password=password)
    told = refused.value.fields["password"]
    for sentence in sentences:
        assert any(sentence in line for line in told), told


def test_a_password_of_a_hundred_signs_and_any_script_is_taken():
    password = "Größe und Maß 7 " * 6 + "äöü1"
    assert len(password) == 100
    assert register(digits=ask(), password=password).check_password(password)


@pytest.mark.parametrize(
    "values",
    [
        {"email": "ONE@example.org", "username": "two"},
        {"email": "two@example.org", "username": "ONE"},
        {"email": "", "username": "two"},
        {"email": "two@example.org", "username": "t"},
        {"email": "two@example.org", "username": "two words"},
        {"email": "two@example.org", "username": "two", "is_staff": True},
        {"email": "two@example.org", "username": "two", "is_superuser": True},
    ],
)
def test_the_database_itself_refuses_what_must_not_be(values):
    make_user(email="one@example.org", username="one")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(**values)


def test_a_card_number_is_unique_whatever_its_case_and_never_empty():
    make_user(card_number="L-a")
    with pytest.raises(errors.CardTaken):
        make_user(card_number="l-A")
    with pytest.raises(IntegrityError), transaction.atomic():
        Patron.objects.update(card_number="")


def test_a_limit_of_a_tier_is_a_number_unlimited_or_unset():
    for number in (None, -1, 0, 7):
        Tier.objects.update(max_loans=number)
    for field in ("max_loans", "max_holds"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Tier.objects.update(**{field: -2})


@pytest.mark.django_db(transaction=True)
def test_two_registrations_with_one_code_at_once_make_one_account():
    digits = ask()
    start = Barrier(2)

    def run(username):
        start.wait()
        try:
            return register(digits=digits, username=username)
        except errors.CodeSpent:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(run, ["one", "two"]))
    assert sum(user is not None for user in made) == 1
    assert User.objects.count() == 1


def test_first_wrong_field_alone_takes_the_focus(client):
    begin(client)
    page = client.post(CONFIRM, GIVEN | {"code": "123456", "password": "short"}).content.decode()
    assert page.count("autofocus") == 1
    assert re.search(r'<input type="password"[^>]*autofocus', page)


def test_password_is_kept_over_a_wrong_code_and_stands_on_no_page(client):
    digits = begin(client)
    wrong = client.post(CONFIRM, GIVEN | {"code": other_than(digits)})
    assert wrong.status_code == 422
    assert "kept as you typed it" in wrong.content.decode()
    assert GIVEN["password"] not in wrong.content.decode()
    assert GIVEN["password"] not in str(client.session.items())
    assert client.post(CONFIRM, GIVEN | {"code": digits, "password": ""}).status_code == 302
    assert User.objects.get().check_password(GIVEN["password"])


def test_password_that_was_not_given_is_not_kept(client):
    digits = begin(client)
    page = client.post(CONFIRM, GIVEN | {"code": digits, "password": ""})
    assert page.context["form"].errors["password"]
