"""The tabs of the book page are what apps register, in their order, for whom they are shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import reverse
from django.utils.module_loading import import_string

from catalog.models import Book
from catalog.pages import tabs
from catalog.pages.tabs import TabPanel
from catalog.tests.factories import make_copy
from library.pages.tests.factories import make_digital_book, make_whole_book
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def show_all(request: HttpRequest, book: Book) -> TabPanel:
    return TabPanel({"availability": []}, status=203)


def is_for_staff(book: Book, user: Any) -> bool:
    return bool(user.is_staff)


@pytest.fixture
def own_tabs(monkeypatch: pytest.MonkeyPatch) -> dict[str, tabs.BookTab]:
    """What a test registers goes with it."""
    mine = {tab.code: tab for tab in tabs.registered()}
    monkeypatch.setattr(tabs, "_tabs", mine)
    return mine


def test_every_tab_has_a_page_and_something_to_show():
    assert [tab.code for tab in tabs.registered()] == ["copies", "study", "ask"]
    for tab in tabs.registered():
        get_template(tab.template)
        assert callable(import_string(tab.show))


@pytest.mark.parametrize("code", ["copies", "study", "ask"])
def test_each_tab_is_marked_as_the_open_one_at_its_own_address(reader_client, code):
    book, tab = make_digital_book(), tabs.get(code)
    page = reader_client.get(tab.url(book))
    assert page.status_code == 200
    nav = page.text[page.text.index('class="tabs"') :].partition("</nav>")[0]
    assert nav.count('aria-current="page"') == 1
    marked = next(link for link in nav.split("<a") if "aria-current" in link)
    assert str(tab.label) in marked
    assert f'hx-get="{tab.url(book)}"' in marked
    assert_valid(page.content)


def test_the_first_tab_stands_at_the_address_of_the_book():
    book = make_whole_book()
    assert tabs.get("copies").url(book) == book.get_absolute_url()
    assert tabs.get("ask").url(book) == reverse("pages:book-ask", args=[book.pk])


def test_only_the_copies_are_counted(client):
    book = make_whole_book()
    make_copy(book=book)
    make_copy(book=book)
    book.refresh_from_db()
    assert [link.count for link in tabs.links(book, None)] == [2, None, None]
    assert '<span class="number small">2</span>' in client.get(book.get_absolute_url()).text


def test_a_tab_for_some_is_not_there_for_others(own_tabs, client, librarian_client):
    tabs.register(replace(tabs.get("study"), is_shown=is_for_staff))
    book = make_digital_book()
    path = tabs.get("study").url(book)

    assert "/study/" in librarian_client.get(book.get_absolute_url()).text
    assert librarian_client.get(path).status_code == 200
    assert "/study/" not in client.get(book.get_absolute_url()).text
    refused = client.get(path)
    assert refused.status_code == 404
    assert_valid(refused.content)


def test_what_a_tab_shows_and_answers_is_its_own(own_tabs, client):
    tabs.register(replace(tabs.get("copies"), show=f"{__name__}.show_all"))
    book = make_whole_book()
    make_copy(book=book)

    part, whole = (client.get(book.get_absolute_url(), headers=headers) for headers in (HTMX, {}))

    assert (part.status_code, whole.status_code) == (203, 203)
    assert "<main" not in part.text
    assert "<main" in whole.text
    assert "The library has no copy of it yet." in part.text


@pytest.mark.parametrize(("code", "allowed"), [("copies", False), ("study", False), ("ask", True)])
def test_only_a_tab_that_takes_posts_is_posted_to(reader_client, code, allowed):
    answer = reader_client.post(tabs.get(code).url(make_digital_book()), {"question": ""})
    assert (answer.status_code != 405) == allowed
    if not allowed:
        assert answer["Allow"] == "GET, HEAD"


def test_a_tab_that_needs_no_text_is_open_for_a_confidential_book(own_tabs, reader_client):
    book = make_digital_book(is_public=False)
    path = tabs.get("study").url(book)
    assert reader_client.get(path).status_code == 403
    tabs.register(replace(tabs.get("study"), without_text=None))
    assert reader_client.get(path).status_code == 200


def test_each_tab_says_in_its_own_words_that_there_is_no_text(client):
    book = make_whole_book()
    for tab in tabs.registered():
        assert (tab.without_text is not None) == tab.needs_text == (tab.code != "copies")
        if tab.needs_text:
            assert str(tab.without_text) in client.get(tab.url(book)).text


def test_a_code_belongs_to_one_app(own_tabs):
    with pytest.raises(ValueError, match="belongs to circulation"):
        tabs.register(replace(tabs.get("copies"), app="another"))
    tabs.register(replace(tabs.get("copies"), order=99))
    assert [tab.code for tab in tabs.registered()] == ["study", "ask", "copies"]
    with pytest.raises(KeyError):
        tabs.get("unknown")
