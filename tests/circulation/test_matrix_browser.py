"""An administrator adds a rule in the matrix in a real browser, mends a cell, asks what holds, and removes it again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.people import Person

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]
MATRIX = "/admin/circulation/loanrule/"
RULES = "FROM circulation_loanrule WHERE branch_id = {0}"
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def mill(stack) -> Iterator[int]:
    """A branch of its own, so that no other journey notices."""
    ((branch,),) = stack.sql(
        "INSERT INTO catalog_branch (code, name, address) VALUES ('mill', 'Mill', '') RETURNING id"
    )
    yield branch
    stack.sql(f"DELETE {RULES.format(branch)} RETURNING 1")
    stack.sql("DELETE FROM catalog_branch WHERE code = 'mill' RETURNING 1")


@pytest.fixture(
    params=[pytest.param({}, marks=pytest.mark.slow), PHONE, PHONE | {"java_script_enabled": False}],
    ids=["desk", "phone", "no script"],
)
def administrator(browser, stack, request) -> Iterator[Person]:
    person = Person(browser, stack, "admin@example.org", **request.param)
    person.sign_in("lyceum-demo")
    yield person
    person.context.close()
    assert person.faults == []


def test_a_rule_is_added_mended_explained_and_removed(administrator, stack, mill):
    page = administrator.page
    administrator.go(MATRIX)
    new = page.locator("#new")
    new.get_by_label("Branch").select_option("Mill")
    new.get_by_label("Loan period, new row").fill("two weeks")
    new.get_by_label("Loans at a time, new row").fill("∞")
    administrator.press("Save the matrix")
    administrator.sees("Nothing was saved yet.")
    expect(new.locator(".loan_period")).to_contain_text("A whole number, at least 1.")
    expect(new.get_by_label("Loans at a time, new row")).to_have_value("∞")
    new.get_by_label("Loan period, new row").fill("9")
    administrator.press("Save the matrix")
    expect(page.locator(".messagelist")).to_contain_text("1 row was saved.")

    row = page.locator("tr", has_text="Mill").filter(has=page.get_by_label("Loan period, Mill"))
    expect(row.get_by_label("Loan period, Mill")).to_have_value("9")
    expect(row.locator(".renewals_allowed .inherited")).to_contain_text("row 1")
    administrator.shoot(f"matrix-{page.viewport_size['width']}")
    assert page.locator("html").bounding_box()["width"] <= page.viewport_size["width"]

    page.get_by_text("Explain: what would hold for …").click()
    page.get_by_label("Branch that owns the copy").select_option("Mill")
    administrator.press("Explain")
    administrator.sees("row “Mill · any tier · any item type”")
    administrator.sees("9 days")

    row.get_by_label("Remove Mill · any tier · any item type").check()
    administrator.press("Save the matrix")
    expect(page.locator(".messagelist")).to_contain_text("1 row was saved.")
    assert stack.sql("SELECT count(*) " + RULES.format(mill)) == [(0,)]
