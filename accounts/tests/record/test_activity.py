"""The record of who did what: written with the deed, seen by whom it concerns, changed by nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.tests.factories import make_user
from library.activity import services as activity
from library.activity.models import Activity

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def test_a_deed_is_written_with_its_object_and_details():
    ada = make_user()
    row = activity.record(actor=ada, verb="tier.given", object=ada.patron.tier, data={"since": MONDAY}, at=MONDAY)
    row.refresh_from_db()
    assert (row.actor, row.verb, row.object_label, row.object_id) == (
        ada,
        "tier.given",
        "accounts.tier",
        str(ada.patron.tier_id),
    )
    assert (row.at, row.data) == (MONDAY, {"since": MONDAY.isoformat()})


def test_a_person_given_as_the_object_is_the_subject():
    ada, eve = make_user(), make_user()
    row = activity.record(actor=eve, verb="account.shut_out", object=ada)
    assert (row.subject, row.object_label) == (ada, "")


@pytest.mark.parametrize("change", [{"verb": "other"}, {"at": MONDAY}, {"data": {"a": 2}}, {"object_id": "9"}, "actor"])
def test_the_database_refuses_to_change_what_was_done(change):
    row = activity.record(actor=make_user(), verb="tier.given", object=make_user().patron.tier, data={"a": 1})
    change = {"actor": make_user()} if change == "actor" else change
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Activity.objects.filter(pk=row.pk).update(**change)


def test_the_database_refuses_to_name_somebody_afterwards():
    row = activity.record(actor=None, verb="deed.done")
    for name in ("actor", "subject"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Activity.objects.filter(pk=row.pk).update(**{name: make_user()})


def test_the_database_refuses_to_delete_what_was_done():
    row = activity.record(actor=make_user(), verb="deed.done")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        row.delete()


def test_anonymising_forgets_who_it_was_and_keeps_what_happened():
    ada, eve = make_user(), make_user()
    did = activity.record(actor=ada, verb="deed.done", data={"a": 1}, at=MONDAY)
    suffered = activity.record(actor=eve, subject=ada, verb="deed.done", data={"a": 1})
    other = activity.record(actor=eve, verb="deed.done", data={"a": 1})
    activity.anonymise(user=ada)
    for row in (did, suffered, other):
        row.refresh_from_db()
    assert (did.actor, did.data, did.verb, did.at) == (None, {}, "deed.done", MONDAY)
    assert (suffered.actor, suffered.subject, suffered.data) == (eve, None, {})
    assert (other.actor, other.data) == (eve, {"a": 1})


@pytest.mark.parametrize("name", ["password", "otp", "code", "new_password", "refresh_token", "session_key", "digits"])
def test_secrets_are_not_written_down(name):
    with pytest.raises(ValueError, match="secret"):
        activity.record(actor=None, verb="deed.done", data={name: "123456"})
    assert not Activity.objects.exists()


@pytest.mark.parametrize("value", [["a"], {"a": 1}, 1.5, object()])
def test_details_are_plain_values(value):
    with pytest.raises(TypeError):
        activity.record(actor=None, verb="deed.done", data={"thing": value})


def test_a_verb_is_a_plain_word():
    for verb in ("", None, " ", ".", "Signed in", "a\nb", "signed_in\n", "a.b.c"):
        with pytest.raises(IntegrityError), transaction.atomic():
            activity.record(actor=None, verb=verb)  # type: ignore[arg-type]  # None too


def test_a_deed_that_is_rolled_back_was_not_done():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        activity.record(actor=None, verb="deed.done")
        _ = 1 / 0
    assert not Activity.objects.exists()
