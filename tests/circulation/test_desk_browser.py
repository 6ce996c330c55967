"""A day at the desk in a real browser: lend, renew, refuse, override, and take back when the clock has moved.

The librarian has no mouse. The reader has a phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.lending import PASSWORD, Reader, free_copies, make_readers, move_clock, open_loans
from tests.people import Hands, Person
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
LEND = "Scan a card or a barcode, or type a name"
POLICY = "UPDATE circulation_lendingsettings SET overdue_policy = %s RETURNING 1"
WHY = "The head librarian agrees: a school project."


class Librarian(Hands):
    """Stands at the desk."""

    def scans(self, *codes: str, label: str = LEND) -> None:
        """The box has the focus by itself, as a scanner needs it."""
        for code in codes:
            self.lands_on(self.field(label))
            self.page.keyboard.type(code)
            self.enter()

    def presses(self, key: str) -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    @property
    def refusal(self) -> list[str]:
        """Every reason, as it is read out."""
        return self.page.get_by_role("alert").first.locator("li").all_inner_texts()


@pytest.fixture
def librarian(browser, stack) -> Iterator[Librarian]:
    person = Librarian(browser, stack, "librarian@example.org")
    person.sign_in("lyceum-demo")
    yield person
    person.context.close()
    assert person.faults == []


@pytest.fixture
def reader(stack: Stack) -> Reader:
    return make_readers(stack, "Farah Haddad")[0]


def test_librarian_lends_renews_is_refused_overrides_and_takes_back_late_by_keyboard(librarian, reader, stack):
    (first, title), (second, _second), (third, _third), (fourth, _fourth) = free_copies(stack, 4)
    [(in_house, reading_room)] = free_copies(stack, 1, not_for_loan=True)
    librarian.go("/desk/")
    librarian.scans(reader.card, first)
    librarian.sees("Lent")
    librarian.sees("1 of 3 loans")
    librarian.shoot_both("desk-lent")

    librarian.push(f"Renew {title}")
    librarian.sees("Renewed")
    librarian.sees("renewed once")

    librarian.scans(second, third)
    librarian.sees("3 of 3 loans")
    librarian.scans(in_house)
    librarian.sees("Not lent")
    assert len(librarian.refusal) == 2
    assert "for use in the library only" in librarian.refusal[0]
    assert "3 of 3 loans already" in librarian.refusal[1]
    librarian.shoot_both("desk-refused")
    assert in_house not in open_loans(stack, reader.card)

    librarian.page.keyboard.press("F6")
    reasons = librarian.page.locator("#override").get_by_role("checkbox")
    expect(reasons.first).to_be_focused()
    for reason in reasons.all():
        if not librarian.is_at(reason):
            librarian.tab_to(reason)
        librarian.page.keyboard.press("Space")
    librarian.push("Lend it all the same")  # no comment: every override says why
    expect(librarian.page.locator("#override")).to_contain_text(re.compile("comment|why", re.I))
    assert in_house not in open_loans(stack, reader.card)
    librarian.shoot_both("desk-override-without-comment")
    comment = librarian.page.locator("#id_comment")
    if not librarian.is_at(comment):
        librarian.tab_to(comment)
    librarian.page.keyboard.type(WHY)
    librarian.push("Lend it all the same")
    librarian.sees("Lent")
    librarian.sees(reading_room)
    ((codes, by),) = stack.sql(
        "SELECT jsonb_path_query_array(reasons, '$[*].code')::text, comment FROM circulation_override AS override"
        " JOIN circulation_loan AS loan ON loan.id = loan_id JOIN accounts_patron ON user_id = patron_id"
        " WHERE card_number = %s",
        [reader.card],
    )
    assert (codes, by) == ('["copy_not_for_loan", "loan_limit_reached"]', WHY)

    move_clock(stack, reader.card, days=60)
    stack.sql(POLICY, ["block"])  # the demonstration lends to them, and says so
    librarian.go("/desk/")
    librarian.scans(reader.card, fourth)
    librarian.sees("Not lent")
    assert any("overdue" in reason for reason in librarian.refusal)
    librarian.shoot_both("desk-overdue")
    librarian.page.wait_for_timeout(1000)  # a refusal is read: what is scanned at once after it waits
    stack.sql(POLICY, ["confirm"])
    librarian.presses("F2")
    librarian.sees("Taking back")
    librarian.scans(first, label="Scan a barcode to take it back")
    librarian.sees("Returned")
    librarian.sees(re.compile(r"\d+ days late"))
    librarian.shoot_both("desk-late")
    librarian.scans(first, label="Scan a barcode to take it back")
    librarian.sees("Nothing changed")
    librarian.scans(second, third, in_house, label="Scan a barcode to take it back")
    assert open_loans(stack, reader.card) == []


def test_reader_renews_on_a_phone_and_reads_why_not(browser, stack, librarian, reader):
    (first, title), (second, other) = free_copies(stack, 2)
    librarian.go("/desk/")
    librarian.scans(reader.card, first, second)
    stack.sql(  # renewed as often as the rules allow
        "UPDATE circulation_loan SET renewals = 2, renewed_at = now() FROM catalog_copy AS copy"
        " WHERE copy.id = copy_id AND barcode = %s AND returned_at IS NULL RETURNING copy_id",
        [second],
    )
    person = Person(browser, stack, reader.email, **PHONE)
    person.sign_in(PASSWORD)
    person.go("/loans/")
    mine = person.page.locator("section", has=person.page.get_by_role("heading", name="On loan"))
    row = mine.locator("li", has_text=title)
    person.shoot("phone-loans")
    row.get_by_role("button", name=re.compile(f"Renew {re.escape(title)}")).tap()
    expect(mine.locator("li", has_text=title)).to_contain_text("renewed once")
    stuck = mine.locator("li", has_text=other)
    expect(stuck.get_by_role("button")).to_be_disabled()
    expect(stuck).to_contain_text("2 of 2")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= 390
    person.shoot("phone-renewed")

    stuck.get_by_role("link", name=re.compile("Why due then")).tap()
    expect(person.page.get_by_role("main")).to_contain_text("14 days")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= 390
    person.shoot("phone-why")
    person.context.close()
    assert person.faults == []
    librarian.go("/desk/")
    librarian.scans(first, second)
    assert open_loans(stack, reader.card) == []
