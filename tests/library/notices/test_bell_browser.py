"""The bell in a real browser: rung and read elsewhere, it is counted on the page that is open; and the page of news."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.people import Person

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]
RING = """
import time
from uuid import uuid4
from django.utils import timezone
from accounts.models import User
from library.notices import bell, services
reader = User.objects.get(email="reader@example.org")
bell.mark_read(user=reader, up_to=10**9)
{what}
time.sleep(1)  # the nudge is sent by a thread
"""
ONE = (
    "services.queue(user=reader, kind='due_soon', loan=str(uuid4()), title='The cell', barcode='B-1', branch='Central',"
    " due=timezone.now(), is_hourly=False)"
)


@pytest.fixture
def reader(browser, stack):
    elsewhere(stack, "pass")
    person = Person(browser, stack, "reader@example.org")
    person.sign_in("lyceum-demo")
    yield person
    person.context.close()


def elsewhere(stack, what: str) -> None:
    ran = stack.manage("shell", "-v", "0", "-c", RING.format(what=what))
    assert ran.returncode == 0, ran.stderr


def test_what_is_new_is_counted_on_the_open_page_and_read_on_its_own(reader, stack):
    with reader.page.expect_websocket(lambda socket: "/ws/notices/" in socket.url):
        reader.go("/catalogue/")
    count = reader.page.locator("[data-bell-count]")
    expect(count).to_have_count(0)
    elsewhere(stack, ONE)
    expect(count).to_have_text("1", timeout=5000)
    reader.page.get_by_role("link", name="News for you").click()
    reader.sees("“The cell” is due on")
    reader.shoot("news")
    reader.press("Mark all as read")
    expect(count).to_have_count(0)
    elsewhere(stack, ONE)
    expect(count).to_have_text("1", timeout=5000)
    elsewhere(stack, "pass")
    expect(count).to_have_count(0, timeout=5000)
    assert reader.faults == []


def test_open_pages_forget_the_news_once_their_reader_is_signed_out(reader, stack):
    elsewhere(stack, ONE)
    other = reader.context.new_page()
    other.goto("/catalogue/")
    reader.go("/notices/")
    reader.sees("“The cell” is due on")
    expect(other.locator("[data-bell-count]")).to_have_text("1")
    elsewhere(stack, "from accounts.models.sessions import BrowserSession as B; B.objects.filter(user=reader).delete()")
    expect(reader.page).to_have_url(re.compile("/accounts/sign-in/"), timeout=15000)
    expect(other.locator("[data-bell-count]")).to_have_count(0, timeout=15000)
    assert reader.faults == []


def test_where_no_socket_gets_through_the_next_page_has_the_count(reader, stack):
    def shut(socket: WebSocketRoute) -> None:
        socket.close(code=1013)

    reader.page.route_web_socket(re.compile("/ws/"), shut)
    reader.go("/catalogue/")
    elsewhere(stack, ONE)
    reader.page.reload()
    expect(reader.page.locator("[data-bell-count]")).to_have_text("1")
    elsewhere(stack, "pass")
    assert reader.faults == []


def test_choices_are_made_and_kept(reader):
    reader.go("/accounts/preferences/")
    letters = reader.page.get_by_label("Letters: Books that you wait for")
    letters.select_option("digest")
    reader.press("Save")
    reader.sees("Your choices are saved.")
    expect(letters).to_have_value("digest")
    reader.shoot("choices")
    letters.select_option("at_once")
    reader.press("Save")
    assert reader.faults == []
