"""The tabs of the book page, which each app registers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import RequestFactory
from django.utils.translation import gettext_lazy as _

from accounts.tests.factories import make_librarian, make_user
from catalog.models import Book
from catalog.pages import tabs
from catalog.pages.tabs import BookTab, TabPanel
from catalog.tests.factories import make_book, make_copy

SMELL = BookTab("smell", "nose", _("Smell"), 500, "nose/smell.html", "catalog.tests.pages.test_tabs.sniffed")


def sniffed(request, book) -> TabPanel:
    return TabPanel({"smells_of": book.title}, status=203)


@pytest.fixture(autouse=True)
def _own(monkeypatch):
    """What a test registers is gone after it."""
    monkeypatch.setattr(tabs, "_tabs", dict(tabs._tabs))


def test_a_registered_tab_is_known_by_its_code_and_stands_in_its_place():
    before = tabs.registered()
    tabs.register(SMELL)
    first = tabs.register(replace(SMELL, code="taste", order=-1))
    assert tabs.get("smell") is SMELL
    assert tabs.registered() == (first, *before, SMELL)
    assert tabs.first() == first


def test_tabs_of_one_place_stand_by_their_codes():
    for code in ("zest", "aroma"):
        tabs.register(replace(SMELL, code=code))
    assert [tab.code for tab in tabs.registered()][-2:] == ["aroma", "zest"]


def test_an_app_may_register_its_own_tab_again_and_no_other_may():
    tabs.register(SMELL)
    louder = tabs.register(replace(SMELL, order=7))
    assert tabs.get("smell") == louder
    with pytest.raises(ValueError, match="The tab smell belongs to nose"):
        tabs.register(replace(SMELL, app="ear"))
    assert tabs.get("smell") == louder


def test_a_tab_that_nobody_registered_is_unknown():
    with pytest.raises(KeyError, match="smell"):
        tabs.get("smell")


def test_what_a_tab_shows_is_looked_up_when_it_is_asked_for():
    request, book = RequestFactory().get("/"), Book(title="Paper")
    assert SMELL.panel(request, book) == TabPanel({"smells_of": "Paper"}, 203)
    with pytest.raises(ImportError):
        replace(SMELL, show="catalog.nowhere.sniffed").panel(request, book)


def test_a_tab_needs_the_text_of_a_book_where_it_says_what_is_said_without():
    assert not SMELL.needs_text
    assert replace(SMELL, without_text=_("Nothing to smell.")).needs_text


def test_a_panel_is_an_ordinary_page_unless_it_says_otherwise():
    assert (TabPanel().context, TabPanel().status) == ({}, 200)


@pytest.mark.django_db
def test_the_first_tab_stands_at_the_address_of_the_book_itself():
    book = make_book()
    first, *others = tabs.registered()
    assert first.url(book) == book.get_absolute_url()
    assert len({tab.url(book) for tab in others} | {first.url(book)}) == len(others) + 1
    for tab in others:
        assert tab.url(book).startswith(book.get_absolute_url())


@pytest.mark.django_db
def test_who_may_not_see_a_tab_has_no_link_to_it():
    book, staff, reader = make_book(), make_librarian(), make_user()
    first = tabs.first()
    tabs.register(replace(first, is_shown=lambda _book, user: user.is_staff))
    assert first.code in [link.tab.code for link in tabs.links(book, staff)]
    assert first.code not in [link.tab.code for link in tabs.links(book, reader)]


@pytest.mark.django_db
def test_the_number_beside_a_tab_is_that_of_the_book():
    book = make_copy().book
    book.refresh_from_db()
    first = tabs.first()
    tabs.register(replace(first, count="total_copies"))
    assert [link.count for link in tabs.links(book, make_user()) if link.tab.code == first.code] == [1]
    tabs.register(replace(first, count=""))
    assert [link.count for link in tabs.links(book, make_user()) if link.tab.code == first.code] == [None]
