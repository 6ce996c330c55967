"""Finding books in a real browser, on a phone and at a desk: with a mouse, by touch, by keyboard, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.people import Person
from tests.stack import eventually

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}}


class Visitor(Person):
    """Somebody who looks for a book."""

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("main").locator("input[type=search]")

    @property
    def options(self) -> Locator:
        return self.page.get_by_role("option")

    @property
    def rows(self) -> Locator:
        return self.page.locator("#rows > li")

    def types(self, words: str) -> None:
        self.box.press_sequentially(words, delay=20)

    def opens_the_drawer(self) -> None:
        """On a phone; at a desk it is a column."""
        drawer = self.page.locator("#narrow > summary")
        if drawer.is_visible() and not self.page.locator("#narrow > nav").is_visible():
            drawer.click()

    def at(self, address: str) -> None:
        expect(self.page).to_have_url(re.compile(address))

    def found(self) -> int:
        words = self.page.locator("#found-title").inner_text()
        return int(re.findall(r"[\d,]+", words)[0].replace(",", ""))

    def scrolls_down_only(self) -> None:
        width = self.page.viewport_size
        assert width is not None
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width["width"]


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def device(request) -> dict[str, object]:
    return dict(request.param)


@pytest.fixture
def visitor(browser, stack, device) -> Iterator[Visitor]:
    person = Visitor(browser, stack, "", **device)
    yield person
    person.context.close()
    assert person.faults == []


@pytest.fixture
def plain(browser, stack, device) -> Iterator[Visitor]:
    """Somebody whose browser runs no scripts."""
    person = Visitor(browser, stack, "", java_script_enabled=False, **device)
    yield person
    person.context.close()


def test_a_word_with_a_typing_error_finds_what_was_meant(visitor):
    words = "SELECT 1 FROM catalog_term WHERE lexeme = 'frankenstein' AND deletes IS NOT NULL"
    eventually(lambda: visitor.stack.sql(words), seconds=60)  # a task gathers them
    visitor.go("/catalogue/")
    visitor.box.fill("frankenstien")
    visitor.page.keyboard.press("Enter")
    visitor.sees("Showing results for frankenstein", seconds=20)
    visitor.sees("Mary Shelley")
    visitor.at(r"\?q=frankenstien")
    visitor.scrolls_down_only()
    visitor.page.get_by_role("link", name="Search instead for").click()
    visitor.at("exactly=1")
    visitor.sees("Nothing here answers")
    visitor.shoot(f"nothing-found-{visitor.page.viewport_size['width']}")
    visitor.page.go_back()
    visitor.sees("Showing results for frankenstein")


def test_a_suggestion_is_chosen_by_keyboard(visitor):
    visitor.go("/")
    visitor.types("schro")
    expect(visitor.box).to_have_attribute("aria-expanded", "true")
    expect(visitor.options).to_have_text([re.compile("Erwin Schrödinger")])
    expect(visitor.page.get_by_role("status").filter(has_text="1 suggestion")).to_be_attached()
    visitor.page.keyboard.press("Escape")
    expect(visitor.box).to_have_attribute("aria-expanded", "false")
    expect(visitor.box).to_have_value("schro")
    visitor.page.keyboard.press("ArrowDown")
    expect(visitor.options.first).to_be_visible()
    visitor.page.keyboard.press("ArrowDown")
    expect(visitor.options.first).to_have_attribute("aria-selected", "true")
    expect(visitor.box).to_have_attribute("aria-activedescendant", visitor.options.first.get_attribute("id") or "?")
    visitor.shoot(f"suggestions-{visitor.page.viewport_size['width']}")
    visitor.page.keyboard.press("Enter")
    visitor.at(r"/catalogue/\?author=\d+")
    visitor.sees("What Is Life?")


def test_arrows_go_round_and_home_and_end_to_the_ends(visitor):
    visitor.go("/catalogue/")
    visitor.types("th")
    expect(visitor.options.nth(3)).to_be_visible()
    last = visitor.options.count() - 1
    for key, chosen in (("ArrowUp", last), ("Home", 0), ("ArrowDown", 1), ("End", last), ("ArrowDown", None)):
        visitor.page.keyboard.press(key)
        pressed = visitor.page.locator("[role=option][aria-selected=true]")
        if chosen is None:
            expect(pressed).to_have_count(0)
        else:
            expect(visitor.options.nth(chosen)).to_have_attribute("aria-selected", "true")
            expect(pressed).to_have_count(1)
    expect(visitor.box).to_be_focused()


def test_a_suggestion_is_chosen_by_hand(visitor, device):
    visitor.go("/catalogue/")
    visitor.types("alice")
    option = visitor.options.filter(has_text="Alice's Adventures")
    option.tap() if device.get("has_touch") else option.click()
    visitor.at(r"/books/\d+/")
    visitor.sees("Lewis Carroll")


def test_filters_are_set_and_one_is_taken_away_by_its_chip(visitor):
    visitor.go("/catalogue/?q=cell")
    everything = visitor.found()
    visitor.opens_the_drawer()
    visitor.page.locator("#facet-category + ul").get_by_role("link", name=re.compile("^Biology")).click()
    visitor.at(r"\?q=cell&category=")
    biology = visitor.found()
    assert biology < everything
    expect(visitor.page.locator(":focus")).to_contain_text("Biology")
    visitor.opens_the_drawer()
    visitor.page.locator("#format-digital").click()
    visitor.at("category=.*format=digital")
    visitor.sees("A Primer on the Cell")
    digital = visitor.found()
    assert digital < biology
    visitor.scrolls_down_only()
    visitor.page.get_by_role("link", name=re.compile("^Category: Biology")).click()
    visitor.at(r"\?q=cell&format=digital$")
    visitor.sees("A Primer on the Cell")
    expect(visitor.page.locator("#said")).to_have_text(re.compile(r"\d+ books?"))
    visitor.page.go_back()
    visitor.at("category=.*format=digital")
    expect(visitor.page.locator("#found-title")).to_contain_text(re.compile(f"^{digital} book"))
    visitor.page.get_by_role("link", name="Clear all").click()
    expect(visitor.page.locator("#found-title")).to_contain_text(re.compile(f"^{everything} books"))
    visitor.shoot(f"facets-{visitor.page.viewport_size['width']}")


def test_further_pages_come_while_one_scrolls_until_every_third(visitor):
    visitor.go("/catalogue/?sort=title")
    expect(visitor.rows).to_have_count(20)
    for shown in (40, 60):
        visitor.page.locator("#more").scroll_into_view_if_needed()
        expect(visitor.rows).to_have_count(shown)
    expect(visitor.page.locator("#rows h3 a:focus")).to_have_count(0)
    visitor.page.locator("#more").scroll_into_view_if_needed()
    expect(visitor.page.locator(".htmx-request")).to_have_count(0)
    expect(visitor.rows).to_have_count(60)
    visitor.at("page=3")


def test_more_appends_the_next_page_and_the_back_button_comes_back(visitor):
    visitor.go("/catalogue/?sort=title&page=3")
    expect(visitor.rows).to_have_count(20)
    visitor.page.get_by_role("link", name="Show more").click()
    expect(visitor.rows.nth(21)).to_be_visible()
    expect(visitor.rows.nth(20).locator("h3 a")).to_be_focused()
    visitor.at("page=4")
    title = visitor.rows.nth(20).locator("h3 a").inner_text()
    visitor.page.keyboard.press("Enter")
    visitor.at(r"/books/\d+/")
    visitor.page.go_back()
    visitor.at("sort=title&page=[45]")  # whoever was far down is far down again, where the next page comes by itself
    visitor.sees(title)
    visitor.scrolls_down_only()


def test_the_basic_way_needs_no_scripts(plain):
    plain.go("/")
    plain.box.fill("cell")
    plain.page.keyboard.press("Enter")
    plain.sees("A Primer on the Cell")
    found = plain.found()
    plain.opens_the_drawer()
    plain.page.locator("#format-digital").click()
    plain.at("q=cell.*format=digital")
    assert plain.found() < found
    plain.box.fill("primer")
    plain.page.get_by_role("main").get_by_role("button", name="Search").click()
    plain.at("format=digital")
    plain.page.get_by_role("link", name=re.compile("^Format:")).click()
    plain.at(r"\?q=primer$")
    plain.go("/catalogue/?sort=title")
    plain.page.get_by_role("link", name="Next").click()
    plain.at("page=2")
    plain.page.locator("#rows h3 a").first.click()
    plain.at(r"/books/\d+/")


def test_a_wrong_year_is_said_beside_its_field(visitor):
    visitor.go("/catalogue/?q=cell")
    visitor.opens_the_drawer()
    visitor.page.get_by_label("Year or years").fill("soon")
    visitor.page.get_by_role("button", name="Set").click()
    visitor.at("q=cell&year=soon")
    visitor.opens_the_drawer()
    expect(visitor.page.get_by_label("Year or years")).to_have_value("soon")
    expect(visitor.page.locator("#year-error")).to_be_visible()
    visitor.page.get_by_label("Year or years").fill("2000-")
    visitor.page.keyboard.press("Enter")
    visitor.sees("Year: from 2000")
