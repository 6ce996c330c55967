"""Addresses as they are typed, and as they are kept; two that look alike are never taken for one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper

from accounts import errors
from accounts.limits import services as limits
from accounts.models import Invitation, OneTimeCode, Purpose, Role, Tally, User
from accounts.services import credentials, invitations, people
from accounts.sign_in import codes as otp
from accounts.sign_in import steps
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.helpers import deliver
from library.core import email_addresses as addresses
from library.core.errors import InvalidInput
from tests import template

ALIKE = ["ıvy@example.org", "IVY\u0307@example.org", "ivy\u0301@example.org", "ｉｖｙ@example.org", "іvy@example.org"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.org", "ada@example.org"),
        (" Ada@Example.ORG\n", "Ada@example.org"),
        ("\ufeffada\u200b@exam\u00adple.org\u200e", "ada@example.org"),
        ("ad\u200da@exa\u200dmple.org", "ada@example.org"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--BCHER-kva.example", "ada@xn--bcher-kva.example"),
        ("ada@faß.example", "ada@xn--fa-hia.example"),
        ("ada@example。org", "ada@example.org"),
        ("ada@ｅｘａｍｐｌｅ.org", "ada@example.org"),
        ("ada@نامه\u200cای.example", "ada@xn--mgba3gch31f060k.example"),
        ("ada@ab--cd.example", "ada@ab--cd.example"),
        ("o'hara+library@example.org", "o'hara+library@example.org"),
    ],
)
def test_address_is_kept_without_what_nobody_sees_and_with_the_domain_that_mail_goes_to(typed, kept):
    assert addresses.cleaned(typed) == kept
    assert addresses.cleaned(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *ALIKE,
        "ſam@example.org",
        "\u212aim@example.org",
        "ada",
        "@example.org",
        "ada@",
        "ada@exa mple.org",
        "",
        "ada@ü_b.example",
        "ada@-.example",
        "a@b@example.org",
        "ada\r\nBcc: eve@example.org",
        "a" * 250 + "@example.org",
        "ada@" + "ü" * 60 + ".example",
    ],
)
def test_what_is_no_address_or_only_looks_like_another_is_told(typed):
    with pytest.raises(ValidationError) as told:
        addresses.cleaned(typed)
    assert told.value.messages[0].endswith(".")
    with pytest.raises(InvalidInput) as refused:
        addresses.clean(typed)
    assert set(refused.value.fields) == {"email"}


@pytest.mark.parametrize(("text", "folded"), [("Ada", "ADA"), ("ıſß\u212a", "ıſß\u212a"), ("é\ud800", "é\ud800")])
def test_only_plain_letters_are_folded(text, folded):
    assert addresses.fold(text) == folded


@pytest.fixture(params=["the embedded locale", "one that folds every alphabet"])
def any_locale(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """The test's database, then another whose locale takes ``ı`` for an ``I``, as docker's and most servers' do."""
    if request.param == "the embedded locale":
        yield request.param
        return
    name = f"{connection.settings_dict['NAME']}_folding"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
            " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'"
        )
    usual = connections["default"]
    options = {key: value for key, value in usual.settings_dict["OPTIONS"].items() if key != "pool"}
    other = DatabaseWrapper({**usual.settings_dict, "NAME": name, "OPTIONS": options}, "default")
    connections["default"] = other
    try:
        template.copy_into(os.environ["DATABASE_URL"], name)
        yield request.param
    finally:
        other.close()
        connections["default"] = usual
        with usual.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def test_by_no_locale_one_address_is_another(any_locale: str) -> None:
    ivy = make_user(email="Ivy@example.org", username="Ivy")
    _databases_may_fold(any_locale)
    for typed in ALIKE:
        _nobody_is_reached_by(typed)
    assert [*OneTimeCode.objects.all(), *mail.outbox, *Tally.objects.all()] == []
    _one_account_each(ivy)
    _mail_goes_where_it_is_kept(ivy)


def _databases_may_fold(which: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT upper('ı')")
        assert cursor.fetchone() == ("I" if which == "one that folds every alphabet" else "ı",)


def _nobody_is_reached_by(typed: str) -> None:
    admin = User(is_superuser=True)
    doors: list[Any] = [
        lambda: credentials.ask_to_reset(email=typed),
        lambda: credentials.reset(email=typed, digits="000000", password="other horse 8"),
        lambda: people.ask_to_register(email=typed),
        lambda: steps.begin(email=typed, password=PASSWORD),
        lambda: invitations.invite(email=typed, role=Role.LIBRARIAN, by=admin),
        lambda: people.create_user(email=typed, username="somebody", password=None),
    ]
    for door in doors:
        with pytest.raises(InvalidInput):
            door()
    # Beneath the doors no look-up takes them for one either, nor does a limit count them together.
    assert not User.objects.filter(email__iexact=typed).exists()
    assert not User.objects.filter(username__iexact=typed.partition("@")[0]).exists()
    kind = limits.LimitKind.LOGIN
    assert limits.hash_key(kind, typed) != limits.hash_key(kind, "ivy@example.org")


def _one_account_each(ivy: User) -> None:
    assert User.objects.get(email__iexact="IVY@EXAMPLE.ORG") == User.objects.get(username__iexact="iVY") == ivy
    with pytest.raises(errors.EmailTaken):
        people.create_user(email="ivy@EXAMPLE.org", username="ivy2", password=None)
    with pytest.raises(errors.UsernameTaken):
        people.create_user(email="ivy2@example.org", username="iVY", password=None)
    with pytest.raises(IntegrityError, match="user_email_plain"), transaction.atomic():
        User.objects.filter(pk=ivy.pk).update(email="ıvy@example.org")


def _mail_goes_where_it_is_kept(ivy: User) -> None:
    credentials.ask_to_reset(email="IVY@Example.org")
    credentials.reset(email="ivY@example.org", digits=deliver(), password="other horse 8")
    people.ask_to_register(email="iVy@example.org")
    deliver()
    assert [letter.to for letter in mail.outbox] == [["Ivy@example.org"], ["Ivy@example.org"]]
    invitations.invite(email="IVY@example.org", role=Role.LIBRARIAN, by=make_user(Role.ADMINISTRATOR))
    assert Invitation.objects.get().email == "Ivy@example.org"


@pytest.mark.django_db
def test_every_unique_index_over_folded_text_folds_plain_letters_alone():
    """Whatever an app adds: what makes two texts one must be the same in every library."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT index.relname, coalesce(nullif(folding.collname, 'default'), 'the database''s')
            FROM pg_index
            JOIN pg_class index ON index.oid = indexrelid AND index.relnamespace = 'public'::regnamespace
            JOIN LATERAL unnest(indcollation) AS part(oid) ON part.oid <> 0
            JOIN pg_collation folding ON folding.oid = part.oid
            WHERE indisunique AND pg_get_indexdef(indexrelid) ~* '(upper|lower|casefold)\\('
        """)
        folding = dict(cursor.fetchall())
    assert {"user_email_unique", "user_username_unique", "invitation_one_open_per_address"} <= set(folding)
    assert {name: collation for name, collation in folding.items() if collation != "C"} == {}


@pytest.mark.django_db
def test_looking_up_an_address_goes_through_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "user_email_unique" in User.objects.filter(email__iexact="ada@example.org").explain()
    codes = OneTimeCode.objects.asked_for("ada@example.org", Purpose.RESET)
    assert "code_email_purpose" in codes.explain()
    assert otp.KEEP_EXPIRED


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["ıvy@example.org", "ivy\u0301@example.org"])
def test_pages_and_api_say_what_is_wrong_with_an_address(client, typed):
    make_user(email="ivy@example.org")
    for page, fields in (("register", {}), ("reset", {}), ("sign-in", {"password": PASSWORD})):
        answer = client.post(f"/accounts/{page}/", {"email": typed, **fields})
        assert answer.status_code == 422
        assert "no accents" in answer.content.decode()
    for door, fields in (("otp", {"purpose": "reset"}), ("login", {"password": PASSWORD})):
        answer = client.post(f"/api/v1/auth/{door}/", {"email": typed, **fields}, "application/json")
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["email"])
    assert not OneTimeCode.objects.exists()


@pytest.mark.django_db
def test_what_nobody_sees_in_an_address_opens_no_second_account(client):
    make_user(email="ivy@example.org")
    begun = {"email": "iv\u200by@exam\u00adple.org\u200e", "password": PASSWORD}
    assert client.post("/api/v1/auth/login/", begun, "application/json").status_code == 202
    assert OneTimeCode.objects.get().email == "ivy@example.org"
