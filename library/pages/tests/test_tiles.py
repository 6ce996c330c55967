"""Tiles of the back office are what apps register, for whom they are meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tests.factories import make_librarian, make_user
from library.core import tiles
from library.core.tiles import Tile, TileSource

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 30, 9, tzinfo=timezone.get_default_timezone())


def count_chairs(at: datetime) -> Sequence[Tile]:
    return [Tile(_("chairs"), at.year, "/chairs/"), Tile(_("tables"), 3, "/tables/", is_pressing=True)]


@pytest.fixture(autouse=True)
def own_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers goes with it."""
    monkeypatch.setattr(tiles, "_sources", dict(tiles._sources))


def chairs(order: int) -> TileSource:
    return tiles.register(TileSource("chairs", "catalog", "catalog.view_book", order, f"{__name__}.count_chairs"))


def names(user) -> list[str]:
    return [str(tile.name) for tile in tiles.tiles(user, at=MONDAY)]


def test_tiles_stand_in_the_order_of_their_sources():
    librarian = make_librarian()
    before = names(librarian)
    assert before[:1] == ["lent today"]
    assert before[-1:] == ["registered today"]
    chairs(order=99)
    assert names(librarian) == [*before, "chairs", "tables"]
    chairs(order=1)
    assert names(librarian) == ["chairs", "tables", *before]


def test_they_are_counted_for_the_time_that_is_asked_for():
    chairs(order=1)
    found = tiles.tiles(make_librarian(), at=MONDAY)[0]
    assert (found.number, found.address, found.is_pressing) == (2026, "/chairs/", False)


def test_who_may_not_see_them_costs_no_count(monkeypatch, django_assert_num_queries):
    reader = make_user()
    assert not reader.has_perm("catalog.view_book")  # reads the permissions once
    tiles.register(TileSource("chairs", "catalog", "catalog.view_book", 1, "nowhere.at_all"))
    with django_assert_num_queries(0):
        assert names(reader) == []


def test_the_first_page_of_the_admin_shows_them(client):
    chairs(order=1)
    client.force_login(make_librarian())
    page = client.get(reverse("admin:index")).text
    assert "chairs" in page
    assert 'href="/tables/"' in page


def test_a_code_belongs_to_one_app():
    with pytest.raises(ValueError, match="belong to circulation"):
        tiles.register(TileSource("loans", "another", "catalog.view_book", 1, f"{__name__}.count_chairs"))
    tiles.register(TileSource("loans", "circulation", "catalog.view_book", 1, f"{__name__}.count_chairs"))
    assert names(make_librarian())[:2] == ["chairs", "tables"]
