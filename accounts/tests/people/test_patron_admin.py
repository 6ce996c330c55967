"""A patron's card and standing in the admin."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import PatronBlock, Role
from accounts.people import block_kinds
from accounts.services import blocks
from accounts.tests.factories import make_patron, make_user
from library.activity.models import Activity
from library.core import days

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(make_user(Role.ADMINISTRATOR))
    return client


@pytest.fixture
def patron():
    return make_patron()


def save(client, patron, *, placed=(), lifted=(), **changes):
    """The reader's page, sent with blocks that are added and others that are ticked."""
    kept = {"card_number": patron.card_number, "tier": patron.tier_id, "wants_auto_renewal": "on"}
    standing = blocks.in_force(patron)
    rows: dict[str, Any] = {
        "blocks-TOTAL_FORMS": len(standing) + len(placed),
        "blocks-INITIAL_FORMS": len(standing),
        "blocks-MIN_NUM_FORMS": 0,
        "blocks-MAX_NUM_FORMS": 1000,
    }
    for number, block in enumerate(standing):
        rows |= {f"blocks-{number}-id": block.pk, f"blocks-{number}-patron": patron.pk}
        rows |= {f"blocks-{number}-DELETE": "on"} if block in lifted else {}
    for number, given in enumerate(placed, len(standing)):
        rows |= {f"blocks-{number}-{field}": value for field, value in given.items()}
        rows |= {f"blocks-{number}-patron": patron.pk}
    return client.post(reverse("admin:accounts_patron_change", args=[patron.pk]), kept | rows | changes, follow=True)


def shown(client, patron):
    return client.get(reverse("admin:accounts_patron_change", args=[patron.pk])).content.decode()


def listed(client, **narrowed):
    answer = client.get(reverse("admin:accounts_patron_changelist"), narrowed)
    return [row.pk for row in answer.context["cl"].result_list]


def codes(patron):
    return [block.code for block in blocks.in_force(patron)]


def test_staff_set_how_long_a_card_is_good_and_that_it_is_lost(admin, patron):
    save(admin, patron, expires_on="2027-01-31", birth_date="2010-02-28", placed=[{"code": "card_lost"}])
    patron.refresh_from_db()
    assert (patron.expires_on, patron.birth_date) == (date(2027, 1, 31), date(2010, 2, 28))
    assert codes(patron) == ["card_lost"]


def test_staff_restrict_a_patron_with_date_and_reason(admin, patron):
    until = days.today() + timedelta(days=20)
    save(admin, patron, placed=[{"code": "patron_restricted", "until": until.isoformat(), "note": "Torn pages"}])
    (block,) = blocks.in_force(patron)
    assert (block.code, block.until, block.note, block.owner) == ("patron_restricted", until, "Torn pages", "accounts")
    assert block.by is not None
    assert block.by.role == Role.ADMINISTRATOR
    page = shown(admin, patron)
    assert "May not borrow" in page
    assert "Torn pages" in page
    assert str(block.by) in page


def test_staff_lift_what_they_placed_and_no_more(admin, patron):
    save(admin, patron, placed=[{"code": "card_lost"}, {"code": "address_unconfirmed"}])
    lost = PatronBlock.objects.get(code="card_lost")
    save(admin, patron, lifted=[lost])
    assert codes(patron) == ["address_unconfirmed"]
    assert Activity.objects.filter(verb="block.lifted", subject=patron.user).count() == 1


def test_a_block_is_exchanged_in_one_go(admin, patron):
    save(admin, patron, placed=[{"code": "patron_restricted", "note": "One"}])
    save(admin, patron, lifted=blocks.in_force(patron), placed=[{"code": "patron_restricted", "note": "Two"}])
    assert [block.note for block in blocks.in_force(patron)] == ["Two"]


def test_what_another_part_placed_is_seen_and_not_lifted_by_hand(admin, patron, monkeypatch):
    monkeypatch.setattr(block_kinds, "_kinds", dict(block_kinds._kinds))
    block_kinds.register("fees_owed", "Owes fees")
    owed = blocks.NewBlock("fees_owed", note="12.50 since March")
    block = blocks.place(patron=patron, block=owed, owner="fees", by=None)
    page = shown(admin, patron)
    assert "Owes fees" in page
    assert "12.50 since March" in page
    answer = save(admin, patron, lifted=[block])
    assert "It cannot be lifted by hand." in answer.content.decode()
    assert codes(patron) == ["fees_owed"]
    assert listed(admin, block="fees_owed") == [patron.pk]


@pytest.mark.parametrize(
    ("placed", "told"),
    [
        ([{"code": "card_lost"}, {"code": "card_lost"}], "stands against this reader already"),
        ([{"code": "card_lost", "until": "2020-01-01"}], "The last day must be today or later."),
        ([{"code": "unheard"}], "Select a valid choice"),
        ([{"note": "Why?"}], "This field is required."),
    ],
)
def test_what_cannot_be_placed_is_said_and_nothing_is(admin, patron, placed, told):
    answer = save(admin, patron, placed=placed, birth_date="2010-02-28")
    assert told in answer.content.decode()
    assert codes(patron) == []
    patron.refresh_from_db()
    assert patron.birth_date is None


def test_what_stands_already_is_not_placed_again(admin, patron):
    save(admin, patron, placed=[{"code": "card_lost"}])
    answer = save(admin, patron, placed=[{"code": "card_lost"}])
    assert "stands against this reader already" in answer.content.decode()
    assert codes(patron) == ["card_lost"]


def test_who_was_too_late_by_a_moment_is_told(admin, patron, monkeypatch):
    """Between the check of the form and the lock, another desk placed the same."""
    placed_by_another = blocks.place

    def at_last(**given):
        placed_by_another(**given)
        return placed_by_another(**given)

    monkeypatch.setattr(blocks, "place", at_last)
    answer = save(admin, patron, placed=[{"code": "card_lost"}], birth_date="2010-02-28")
    assert "See what is said there, and lift it first." in answer.content.decode()
    patron.refresh_from_db()
    assert (codes(patron), patron.birth_date) == ([], None)


def test_a_row_cannot_be_rewritten(admin, patron):
    save(admin, patron, placed=[{"code": "patron_restricted", "note": "Torn pages"}])
    changed = {"blocks-0-note": "Nothing", "blocks-0-code": "card_lost", "blocks-0-until": "2099-01-01"}
    save(admin, patron, **changed)
    (block,) = blocks.in_force(patron)
    assert (block.code, block.until, block.note) == ("patron_restricted", None, "Torn pages")


def test_who_may_only_look_places_and_lifts_nothing(client, patron):
    looks = make_user(Role.LIBRARIAN)
    looks.groups.clear()
    looks.user_permissions.set(
        Permission.objects.filter(codename__in=["view_patron", "change_patron", "view_patronblock"])
    )
    client.force_login(looks)
    block = blocks.place(patron=patron, block=blocks.NewBlock("card_lost", note="By post"), owner="accounts", by=None)
    assert "By post" in shown(client, patron)
    save(client, patron, lifted=[block], placed=[{"code": "patron_restricted"}])
    assert codes(patron) == ["card_lost"]


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
    save(admin, patron, placed=[{"code": "card_lost"}])
    assert listed(admin, block="card_lost") == [patron.pk]
    assert len(listed(admin)) == 3
    PatronBlock.objects.update(until=days.today() - timedelta(days=1))
    assert listed(admin, block="card_lost") == []


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
