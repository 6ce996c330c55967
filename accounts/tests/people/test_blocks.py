"""What stands against a reader: any app places it, two desks at once never twice, and its last day is its last."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import errors
from accounts.models import PatronBlock, Role
from accounts.people import block_kinds
from accounts.services import blocks
from accounts.services.blocks import NewBlock
from accounts.tests.factories import make_librarian, make_patron
from library.activity.models import Activity
from library.core import days
from library.core.dates import said
from library.core.errors import InvalidInput, Level

pytestmark = pytest.mark.django_db
LOST, RESTRICTED = NewBlock("card_lost"), NewBlock("patron_restricted")
TODAY = days.today()


@pytest.fixture
def patron():
    return make_patron()


@pytest.fixture
def librarian():
    return make_librarian()


@pytest.fixture(autouse=True)
def _debt(monkeypatch):
    monkeypatch.setattr(block_kinds, "_kinds", dict(block_kinds._kinds))
    block_kinds.register("fees_owed", "Owes fees")


def place(patron, block=RESTRICTED, *, owner="accounts", **values):
    return blocks.place(patron=patron, block=block, owner=owner, **{"by": None, **values})


def standing(patron, **values):
    return [(block.owner, block.code) for block in blocks.in_force(patron, **values)]


def deeds(patron):
    told = Activity.objects.filter(subject=patron.user, verb__startswith="block.").order_by("at", "id")
    return [(row.verb, row.actor, row.data) for row in told]


def test_it_says_who_placed_it_why_and_until_when(patron, librarian):
    block = place(patron, NewBlock("patron_restricted", until=TODAY, note=" Torn pages "), by=librarian)
    block.refresh_from_db()
    assert (block.level, block.until, block.note) == (Level.OVERRIDABLE, TODAY, "Torn pages")
    assert (block.by, block.owner) == (librarian, "accounts")
    assert deeds(patron) == [
        (
            "block.placed",
            librarian,
            {"block": "patron_restricted", "owner": "accounts", "until": said(TODAY)},
        )
    ]


def test_it_is_as_heavy_as_its_kind_or_as_is_said(patron):
    assert place(patron, LOST).level == Level.IMPOSSIBLE
    assert place(patron, NewBlock("fees_owed", Level.ALERT), owner="fees").level == Level.ALERT


def test_the_same_is_not_placed_twice_by_one_and_may_be_by_another(patron):
    place(patron, note := NewBlock("patron_restricted", note="First"))
    with pytest.raises(errors.AlreadyBlocked, match="May not borrow"):
        place(patron, NewBlock("patron_restricted", note="Second"))
    place(patron, owner="fees")
    assert standing(patron) == [("accounts", "patron_restricted"), ("fees", "patron_restricted")]
    assert PatronBlock.objects.get(owner="accounts").note == note.note


def test_one_that_is_over_makes_room(patron):
    yesterday = timezone.now() - timedelta(days=3)
    place(patron, NewBlock("patron_restricted", until=days.today(yesterday)), at=yesterday)
    assert standing(patron) == []
    place(patron, NewBlock("patron_restricted", note="Again"))
    assert PatronBlock.objects.get(patron=patron).note == "Again"


def test_its_last_day_is_inclusive_by_the_librarys_clock(patron, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    noon = timezone.now().replace(hour=12, minute=30)  # in Auckland it is after midnight already
    day = days.today(noon)
    assert day == noon.date() + timedelta(days=1)
    place(patron, NewBlock("patron_restricted", until=day), at=noon)
    ends = days.end_of(day)
    assert standing(patron, at=ends)
    assert not standing(patron, at=ends + timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("block", "field"),
    [
        (NewBlock("card_lost", until=TODAY - timedelta(days=1)), "until"),
        (NewBlock("card_lost", until=date.max), "until"),
        (NewBlock("card_lost", note="x" * 301), "note"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(patron, block, field):
    with pytest.raises(InvalidInput) as refusal:
        place(patron, block)
    assert list(refusal.value.fields) == [field]
    assert not PatronBlock.objects.exists()


def test_a_code_that_no_app_registers_is_a_fault(patron):
    with pytest.raises(ValueError, match="No app registers blocks of the code 'unheard'"):
        place(patron, NewBlock("unheard"))
    with pytest.raises(ValueError, match="otherwise"):
        block_kinds.register("card_lost", "Lost", level=Level.ALERT)


def test_lifting_is_written_down_once(patron, librarian):
    block = place(patron, LOST)
    assert blocks.lift(block=block, by=librarian)
    assert not blocks.lift(block=block, by=librarian)
    assert standing(patron) == []
    assert deeds(patron)[1:] == [("block.lifted", librarian, {"block": "card_lost", "owner": "accounts"})]


def test_all_of_one_owner_are_replaced_and_no_others(patron):
    place(patron, LOST)
    place(patron, NewBlock("fees_owed"), owner="fees")
    blocks.replace_all_of("fees", patron=patron, blocks=[RESTRICTED])
    assert sorted(standing(patron)) == [("accounts", "card_lost"), ("fees", "patron_restricted")]
    blocks.replace_all_of("fees", patron=patron, blocks=[])
    assert standing(patron) == [("accounts", "card_lost")]
    assert [verb for verb, _actor, _data in deeds(patron)] == [
        "block.placed",
        "block.placed",
        "block.lifted",
        "block.placed",
        "block.lifted",
    ]


def test_what_stands_as_it_should_is_left_alone(patron):
    wanted = [NewBlock("fees_owed", note="12.50")]
    for _night in range(3):
        blocks.replace_all_of("fees", patron=patron, blocks=wanted)
    assert len(deeds(patron)) == 1
    blocks.replace_all_of("fees", patron=patron, blocks=[NewBlock("fees_owed", note="13.00")])
    assert PatronBlock.objects.get(patron=patron).note == "13.00"
    assert len(deeds(patron)) == 2


def test_one_owner_wants_a_block_once_and_only_blocks_that_can_be(patron):
    with pytest.raises(ValueError, match="fees wants one block twice"):
        blocks.replace_all_of("fees", patron=patron, blocks=[LOST, LOST])
    with pytest.raises(InvalidInput):
        blocks.replace_all_of("fees", patron=patron, blocks=[LOST, NewBlock("fees_owed", note="x" * 301)])
    assert standing(patron) == []


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"code": "card_lost", "owner": "accounts"}, "patron_block_once_per_owner"),
        ({"code": "card_lost", "owner": "fees", "level": 4}, "patron_block_level_known"),
        ({"code": "", "owner": "fees"}, "patron_block_owner_and_code_said"),
        ({"code": "card_lost", "owner": ""}, "patron_block_owner_and_code_said"),
    ],
)
def test_the_database_refuses(patron, values, constraint):
    place(patron, LOST)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PatronBlock.objects.create(**{"patron": patron, "level": 2, "at": timezone.now(), **values})
    PatronBlock.objects.create(patron=patron, level=3, at=timezone.now(), owner="fees", code="card_lost")


def test_only_what_staff_place_may_they_lift(patron):
    assert [kind.code for kind in block_kinds.placed_by_hand()] == [
        "card_lost",
        "patron_restricted",
        "address_unconfirmed",
    ]
    assert blocks.may_lift(place(patron, LOST))
    assert not blocks.may_lift(place(patron, NewBlock("fees_owed"), owner="fees"))


def test_librarians_may_place_and_lift(librarian):
    assert librarian.role == Role.LIBRARIAN
    assert all(librarian.has_perm(f"accounts.{may}_patronblock") for may in ("view", "add", "delete"))
    assert not make_patron().user.has_perm("accounts.view_patronblock")
