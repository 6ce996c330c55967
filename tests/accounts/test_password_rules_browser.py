"""The rules of a new password, in a real browser: told as one types, by keyboard alone."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from accounts.tests.factories import PASSWORD, make_user
from tests.people import QUIET

pytestmark = [pytest.mark.browser]


@pytest.mark.django_db(transaction=True)
def test_rules_are_told_as_one_types_and_the_change_needs_no_mouse(live_server):
    client = Client()
    client.force_login(make_user())
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        context = browser.new_context()
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        # Django's server of tests knows no sockets.
        is_fault = lambda said: said.type == "error" and "WebSocket connection" not in said.text  # noqa: E731
        page.on("console", lambda said: faults.append(said.text) if is_fault(said) else None)
        page.goto(f"{live_server.url}/accounts/password/")
        kept, status = page.locator("[data-rules] li.good"), page.locator("[data-rules-status]")
        expect(page.get_by_label("Present password")).to_be_focused()
        expect(kept).to_have_count(0)
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Tab")
        page.keyboard.type("abc")
        expect(kept).to_have_text(["At most 100 characters (kept)", "A letter (kept)"])
        expect(status).to_have_text("Still missing: At least 8 characters, A digit")
        page.keyboard.type(" horse 8")
        expect(kept).to_have_count(4)
        expect(status).to_contain_text("All rules")
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_contain_text("Your password is changed.")
        expect(page.get_by_role("main")).to_contain_text("This one")
        browser.close()
    assert faults == []
