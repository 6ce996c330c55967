"""Two readers and one copy in real browsers: one waits and lets it go, the other is late, pays, and is paid back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.lending import PASSWORD, Reader, make_readers, move_clock, open_loans
from tests.people import Person
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]
THE_ONLY_COPY = """
SELECT copy.barcode, book.id, book.title FROM catalog_copy AS copy JOIN catalog_book AS book ON book.id = copy.book_id
JOIN catalog_branch AS branch ON branch.id = copy.branch_id
WHERE copy.status = 'available' AND NOT copy.not_for_loan AND copy.item_type_id IS NULL AND branch.code = 'central'
  AND book.total_copies = 1 AND book.language = 'en' AND NOT book.is_suppressed AND book.minimum_age IS NULL
  AND NOT EXISTS (SELECT FROM circulation_hold WHERE book_id = book.id)
ORDER BY book.id DESC LIMIT 1
"""
# Weeks go by; then comes the first day on which the branch is open again.
LONG_ON_THE_SHELF = """
UPDATE circulation_hold SET placed_at = placed_at - interval '60 days', ready_at = ready_at - interval '60 days',
  shelf_until = shelf_until - 60
FROM accounts_patron WHERE user_id = patron_id AND card_number = %s AND state = 'ready' RETURNING id
"""
SET_FINES = "from circulation.money import nightly; nightly.set_all()"
END_HOLDS = """
from datetime import datetime, time
from catalog.models import Branch
from circulation.services.holds import nightly
from circulation.state.calendars import calendar_of
from library.core import days
calendar = calendar_of(Branch.objects.get(code="central").pk)
nightly.tend(at=calendar.moment(calendar.next_open(days.today()), time(23, 30)))
"""
OWED = """
SELECT circulation_owed(user_id)::numeric(8, 2)::text FROM accounts_patron WHERE card_number = %s
"""
WHY = "The book had been kept safe at the school."


@pytest.fixture
def people(browser: Browser, stack: Stack) -> Iterator[tuple[Person, Person, Person, Reader, Reader]]:
    """The librarian, the one who waits and the one who is late, each with a browser; then the readers' cards."""
    waiting, late = make_readers(stack, "Wanda Waits", "Lars Late")
    librarian = Person(browser, stack, "librarian@example.org")
    wanda, lars = (Person(browser, stack, one.email) for one in (waiting, late))
    librarian.sign_in("lyceum-demo")
    for person in (wanda, lars):
        person.sign_in(PASSWORD)
    yield librarian, wanda, lars, waiting, late
    for person in (librarian, wanda, lars):
        person.context.close()
        assert person.faults == []


def scan(librarian: Person, *codes: str) -> None:
    for code in codes:
        librarian.page.keyboard.type(code)
        with librarian.page.expect_response(lambda answer: answer.request.method == "POST"):
            librarian.page.keyboard.press("Enter")
        expect(librarian.page.locator("[data-scan]")).to_have_value("")


def at_night(stack: Stack, script: str) -> None:
    ran = stack.manage("shell", "-v", "0", "-c", script)
    assert ran.returncode == 0, ran.stderr


def test_one_waits_is_served_and_lets_it_go_the_other_is_late_pays_and_is_paid_back(people, stack: Stack) -> None:
    librarian, wanda, lars, waiting, late = people
    ((barcode, book, title),) = stack.sql(THE_ONLY_COPY)
    librarian.go("/desk/")
    scan(librarian, late.card, str(barcode))
    assert open_loans(stack, late.card) == [barcode]

    wanda.go(f"/books/{book}/")
    wanda.press("Wait in the queue")
    wanda.sees("Requested")
    wanda.go("/loans/")
    wanda.sees(str(title))
    wanda.sees(re.compile(r"\b1 of 1\b"))
    wanda.shoot("waiting")

    move_clock(stack, late.card, days=40)
    at_night(stack, SET_FINES)
    ((owed,),) = stack.sql(OWED, [late.card])
    assert 0 < float(owed) <= 8
    lars.go("/charges/")
    lars.sees(f"{owed} EUR to pay")
    lars.sees("still running")
    lars.shoot("fined")

    librarian.go("/desk/")
    scan(librarian, str(barcode))
    librarian.sees("Hold shelf")
    librarian.sees(waiting.name)
    assert open_loans(stack, late.card) == []
    wanda.go("/notices/")  # the letter waits some minutes for what else becomes ready
    wanda.sees(f"“{title}” is ready for you at Central Library")
    wanda.go("/loans/")
    wanda.sees("ready")

    assert stack.sql(LONG_ON_THE_SHELF, [waiting.card])
    at_night(stack, END_HOLDS)
    wanda.go("/loans/")
    expect(wanda.page.get_by_role("button", name=f"Cancel the request for {title}")).to_have_count(0)
    assert stack.sql("SELECT status FROM catalog_copy WHERE barcode = %s", [barcode]) == [("available",)]

    librarian.go("/desk/")
    scan(librarian, late.card)
    librarian.page.get_by_role("main").get_by_role("link", name=f"{owed} EUR").click()
    librarian.sees("Money of Lars Late")
    librarian.page.get_by_role("main").get_by_label("Amount").first.fill(str(owed).replace(".", ","))
    librarian.press("Pay")
    librarian.sees("Nothing to pay")
    librarian.sees(re.compile(r"receipt \d+"))
    lars.go("/charges/")
    lars.sees("Nothing to pay")
    receipt = lars.page.get_by_role("link", name=re.compile(r"receipt \d+")).get_attribute("href")
    answer = lars.context.request.get(f"{stack.url}{receipt}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")

    takes_back = librarian.page.locator("button", has_text="Take back and pay out")
    line = librarian.page.locator("details", has=takes_back)
    line.locator("summary").click()
    paying_back = line.locator("form", has=takes_back)
    paying_back.get_by_label("Amount").fill("0.10")
    paying_back.get_by_label("Why").fill(WHY)
    paying_back.get_by_role("button", name="Take back and pay out").click()
    librarian.sees("Paid back")
    librarian.sees(WHY)
    librarian.shoot("paid-back")
    assert stack.sql(OWED, [late.card]) == [("0.00",)]
    lars.go("/charges/")
    lars.sees("Paid back")
