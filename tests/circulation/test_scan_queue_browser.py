"""A trolley at the desk in a real browser: two hundred scans, faster than pages come, and none is lost or done twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from tests.circulation.test_desk_browser import Librarian
from tests.lending import free_copies, make_readers, open_loans
from tests.stack import Stack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]
SCANS = 200
APART = 50  # ms
LOST = """
UPDATE catalog_copy SET status = 'missing' WHERE id IN (
    SELECT id FROM catalog_copy WHERE status = 'available' ORDER BY id LIMIT %s
) RETURNING barcode
"""
MISSING = "SELECT barcode FROM catalog_copy WHERE status = 'missing' AND barcode = ANY(%s)"


class SlowLibrary:
    """Every twentieth request waits; one does not arrive, and one is done while its answer is lost."""

    def __init__(self) -> None:
        self.count = 0
        self.lost: list[str] = []

    def __call__(self, route: Route) -> None:
        self.count += 1
        if self.count == 31:
            self.lost.append("request")
            route.abort()
        elif self.count >= 71 and len(self.lost) == 1 and route.request.method == "POST":
            self.lost.append("answer")
            route.fetch()
            route.abort()
        elif self.count % 20 == 0:
            answer = route.fetch()
            route.request.frame.page.wait_for_timeout(300)
            route.fulfill(response=answer)
        else:
            route.continue_()


@pytest.fixture
def librarian(browser, stack) -> Iterator[Librarian]:
    person = Librarian(browser, stack, "librarian@example.org")
    person.sign_in("lyceum-demo")
    yield person
    person.context.close()


def scan(person: Librarian, code: str) -> None:
    """As a scanner does: the digits at once, then Enter; nobody waits for a page."""
    person.page.keyboard.insert_text(code)
    person.page.keyboard.press("Enter")


@pytest.mark.slow
def test_two_hundred_scans_fifty_milliseconds_apart_are_all_accounted_for(librarian, stack):
    codes = [code for (code,) in stack.sql(LOST, [SCANS])]
    assert len(codes) == SCANS
    library = SlowLibrary()
    librarian.go("/desk/?mode=return")
    librarian.page.route("**/desk/**", library)
    for number, code in enumerate(codes):
        scan(librarian, code)
        librarian.page.wait_for_timeout(APART)
        if number == SCANS // 2:
            librarian.page.reload()  # what waits goes on by itself
    taken = librarian.page.locator("section", has=librarian.page.get_by_role("heading", name="Taken back"))
    expect(taken.get_by_role("heading")).to_contain_text(str(SCANS), timeout=90_000)
    assert library.lost == ["request", "answer"]
    assert stack.sql(MISSING, [codes]) == []
    rows = taken.get_by_role("listitem")
    assert rows.count() == 50
    expect(rows.first).to_contain_text(codes[-1])
    expect(rows.first).to_contain_text(re.compile("Found"))
    expect(rows.first).to_contain_text(re.compile("shelve it at|put it in the box"))
    expect(librarian.page.locator("#scan-queue")).to_be_hidden()
    librarian.shoot_both("desk-taken")


def test_what_was_scanned_after_a_refusal_waits_for_staff(librarian, stack: Stack):
    first, second = make_readers(stack, "Farah Haddad", "Gita Rao")
    (book, _title), (other, _other) = free_copies(stack, 2)
    librarian.go("/desk/")
    for code in (first.card, "no-such-card", book, other):
        scan(librarian, code)
    queue = librarian.page.locator("#scan-queue")
    expect(queue).to_contain_text("Stopped")
    expect(queue.get_by_role("listitem")).to_have_text([book, other])
    librarian.sees("No reader has this card")
    librarian.shoot_both("desk-scans-wait")
    assert open_loans(stack, first.card) == []  # they were meant for the reader whose card was not known

    queue.get_by_role("button", name="Forget them").click()
    librarian.scans(second.card, book)
    librarian.sees("Lent")
    scan(librarian, "no-such-card")
    scan(librarian, other)
    expect(queue).to_contain_text("Stopped")
    librarian.page.keyboard.press("F9")
    eventually(lambda: open_loans(stack, second.card) == sorted([book, other]), seconds=10)
    librarian.sees("2 of 3 loans")
    expect(queue).to_be_hidden()
    librarian.go("/desk/?mode=return")
    for code in (book, other):
        scan(librarian, code)
    librarian.sees("Returned")
    eventually(lambda: open_loans(stack, second.card) == [], seconds=10)


def test_readers_of_one_name_are_chosen_with_the_arrow_keys(librarian, stack: Stack):
    make_readers(stack, "Iman Quillfeather", "Nadia Quillfeather")
    librarian.go("/desk/")
    scan(librarian, "quillfeather")
    librarian.sees("Who is it?")
    librarian.shoot_both("desk-choose")
    choices = librarian.page.locator("[data-choices] a")
    librarian.page.keyboard.press("ArrowDown")
    expect(choices.nth(0)).to_be_focused()
    librarian.page.keyboard.press("ArrowDown")
    librarian.lands_on(choices.nth(1))
    librarian.page.keyboard.press("Enter")
    librarian.sees("Lending to Nadia Quillfeather")
    expect(librarian.page.locator("[data-scan]")).to_be_focused()


def test_what_is_typed_while_nothing_has_the_focus_is_typed_into_the_box(librarian, stack: Stack):
    """As in the first moment of a page, or after a click beside everything: the first signs are not lost."""
    page, (reader,) = librarian.page, make_readers(stack, "Tapi Early")
    librarian.go("/desk/")
    page.evaluate("document.activeElement.blur()")

    page.keyboard.type(reader.card)
    expect(page.locator("[data-scan]")).to_have_value(reader.card)
    page.keyboard.press("Enter")

    librarian.sees(reader.name)
