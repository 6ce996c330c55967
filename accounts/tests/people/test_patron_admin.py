"""A patron's card and standing in the admin."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import make_patron, make_user
from library.activity.models import Activity

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(make_user(Role.ADMINISTRATOR))
    return client


@pytest.fixture
def patron():
    return make_patron()


def save(client, patron, **changes):
    kept = {
        "card_number": patron.card_number,
        "tier": patron.tier_id,
        "is_address_confirmed": "on",
        "wants_auto_renewal": "on",
    }
    return client.post(reverse("admin:accounts_patron_change", args=[patron.pk]), kept | changes)


def test_staff_set_how_long_a_card_is_good_and_whether_it_is_lost(admin, patron):
    save(admin, patron, expires_on="2027-01-31", is_card_lost="on", birth_date="2010-02-28")
    patron.refresh_from_db()
    assert (patron.expires_on, patron.is_card_lost, patron.birth_date) == (date(2027, 1, 31), True, date(2010, 2, 28))


def test_staff_restrict_a_patron_with_date_and_reason(admin, patron):
    save(admin, patron, is_restricted="on", restricted_until="2026-12-24", restriction_note="Torn pages")
    patron.refresh_from_db()
    assert (patron.is_restricted, patron.restricted_until, patron.restriction_note) == (
        True,
        date(2026, 12, 24),
        "Torn pages",
    )


def test_restriction_has_a_date_or_reason_only_where_there_is_one(admin, patron):
    answer = save(admin, patron, restricted_until="2026-12-24")
    assert "Say “may not borrow” as well, or leave its date and reason empty." in answer.content.decode()
    patron.refresh_from_db()
    assert patron.restricted_until is None


def test_who_changed_what_is_written_down_but_not_to_what(admin, patron):
    save(admin, patron, birth_date="2010-02-28", expires_on="2027-01-31")
    told = Activity.objects.get(verb="patron.changed", subject=patron.user)
    assert told.data == {"fields": "birth_date, expires_on"}
    assert told.actor is not None
    assert told.actor.role == Role.ADMINISTRATOR


def test_saving_without_a_change_writes_nothing(admin, patron):
    save(admin, patron)
    assert not Activity.objects.filter(verb="patron.changed").exists()


def test_list_narrows_to_cards_that_were_lost(admin, patron):
    make_patron()
    save(admin, patron, is_card_lost="on")
    shown = admin.get(reverse("admin:accounts_patron_changelist"), {"is_card_lost__exact": "1"})
    assert [row.pk for row in shown.context["cl"].result_list] == [patron.pk]


def test_a_card_is_kept_as_it_is_seen_and_is_that_of_one_patron(admin, patron):
    make_patron(card_number="É-1")
    save(admin, patron, card_number="\u200eＬ–２ ")
    patron.refresh_from_db()
    assert (patron.card_number, patron.card_folded) == ("L-2", "l-2")

    answer = save(admin, patron, card_number="é-1\ufeff")

    assert "This card number is in use." in answer.content.decode()


def test_a_card_number_goes_in_as_it_is_pasted(admin, patron):
    save(admin, patron, card_number="\u200b" * 60 + "L-77\u2011001")
    patron.refresh_from_db()
    assert patron.card_number == "L-77-001"
