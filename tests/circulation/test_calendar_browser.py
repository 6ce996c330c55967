"""A librarian closes a day in a real browser, sees what that does to due dates, and a real worker moves them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.people import Person
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]
ADMIN = "/admin/circulation/"
PHONE = {"viewport": {"width": 390, "height": 844}}
# A branch, a copy and a loan of its own, so that no other journey notices. 2027-06-14 is a Monday.
LEND = """
WITH branch AS (
  INSERT INTO catalog_branch (code, name, address) VALUES ('quay', 'Quay', '') RETURNING id
), copy AS (
  INSERT INTO catalog_copy (book_id, branch_id, barcode, barcode_folded, shelf_mark, status, not_for_loan, condition, created_at)
  SELECT (SELECT min(id) FROM catalog_book), id, 'QUAY-1', 'quay-1', '', 'on_loan', false, 'good', now() FROM branch RETURNING id, branch_id
), loan AS (
  INSERT INTO circulation_loan (id, copy_id, branch_id, patron_id, checked_out_at, due_at, is_hourly, renewals, explanation)
  SELECT gen_random_uuid(), copy.id, branch_id, patron.user_id, '2027-05-31 10:00+02', '2027-06-14 23:59+02', false, 0, '{}'
  FROM copy, accounts_patron patron JOIN accounts_user ON patron.user_id = accounts_user.id
  WHERE accounts_user.email = 'reader@example.org' RETURNING branch_id
) SELECT branch_id FROM loan
"""
CLEAN = [
    "DELETE FROM circulation_redatedloan WHERE loan_id IN (SELECT id FROM circulation_loan WHERE branch_id = {0}) RETURNING 1",
    "DELETE FROM circulation_loan WHERE branch_id = {0} RETURNING 1",
    "DELETE FROM catalog_copy WHERE branch_id = {0} RETURNING 1",
    "DELETE FROM circulation_redating WHERE branch_id = {0} RETURNING 1",
    "DELETE FROM circulation_openinghours WHERE branch_id = {0} RETURNING 1",
    "DELETE FROM circulation_calendarexception WHERE branch_id = {0} RETURNING 1",
    "DELETE FROM catalog_branch WHERE id = {0} RETURNING 1",
]


@pytest.fixture
def quay(stack) -> Iterator[int]:
    ((branch,),) = stack.sql(LEND)
    yield branch
    for statement in CLEAN:
        stack.sql(statement.format(branch))


@pytest.fixture(params=[{}, PHONE], ids=["desk", "phone"])
def librarian(browser, stack, request) -> Iterator[Person]:
    person = Person(browser, stack, "librarian@example.org", **request.param)
    person.sign_in("lyceum-demo")
    yield person
    person.context.close()
    assert person.faults == []


def due(stack: Stack) -> str:
    ((moment,),) = stack.sql(
        "SELECT to_char(due_at AT TIME ZONE 'Europe/Berlin', 'YYYY-MM-DD HH24:MI') FROM circulation_loan"
        " JOIN catalog_copy ON copy_id = catalog_copy.id WHERE barcode = 'QUAY-1'"
    )
    return str(moment)


def test_a_closed_day_is_seen_in_the_month_and_moves_what_is_due(librarian, stack, quay):
    page = librarian.page
    librarian.go(f"{ADMIN}openinghours/{quay}/week/")
    for name in ("Monday", "Tuesday", "Thursday"):
        librarian.fill(f"{name}, opening 1: from", "10:00")
        librarian.fill(f"{name}, opening 1: until", "16:00")
    librarian.press("Save")
    librarian.sees("Thursday")

    librarian.go(f"{ADMIN}openinghours/{quay}/month/?month=2027-06")
    librarian.shoot(f"month-{page.viewport_size['width']}")
    page.get_by_role("link", name="14 Jun 2027: add an exception").click()
    name = f"Burst pipe {uuid4().hex[:6]}"
    librarian.fill("Name", name)
    librarian.fill("Last day", "2027-06-15")
    librarian.press("Save")

    librarian.sees("1 loan is due on a closed day.")
    librarian.sees("QUAY-1")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"→ Thu\s+17 Jun 2027"))
    assert due(stack) == "2027-06-14 23:59"
    librarian.press("Move 1 due date")
    librarian.sees("Done.", seconds=30)
    librarian.sees("1 loan moved")
    assert due(stack) == "2027-06-17 23:59"
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]

    librarian.go(f"{ADMIN}openinghours/{quay}/month/?month=2027-06")
    librarian.sees(f"closed: {name}")
