"""From an invitation to the end of all sessions, in a real browser, by keyboard alone."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.people import Hands

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("stack")]
FIRST, SECOND = "a lamp by the door 5", "the door stands open 6"
LOGIN, RESET, INVITE = "to finish signing in", "to choose a new password", "to accept the invitation"


@pytest.fixture
def people(browser, stack):
    """An administrator, the person they invite, and that person at another browser."""
    invited = f"invited-{uuid4().hex[:8]}@example.net"
    everybody = [Hands(browser, stack, email) for email in ("admin@example.org", invited, invited)]
    yield everybody
    for person in everybody:
        person.context.close()
    assert [person.faults for person in everybody] == [[], [], []]


def give_password(person: Hands, password: str) -> None:
    person.types("E-mail address", person.email)
    person.types("Password", password)
    person.enter()


def sign_in(person: Hands, password: str, *, nth: int = 1) -> None:
    give_password(person, password)
    person.types("Code", person.code_for(LOGIN, nth=nth))
    person.enter()


def sign_out(person: Hands) -> None:
    person.from_menu("Sign out")
    person.sees("You are signed out.")
    person.follow("Sign in", within="banner")


def invite(administrator: Hands, email: str) -> None:
    page = administrator.page
    administrator.go("/admin/")
    already = [mail for mail in administrator.stack.mails(administrator.email) if LOGIN in mail]
    sign_in(administrator, "lyceum-demo", nth=len(already) + 1)
    expect(page).to_have_url(re.compile("/admin/$"))
    administrator.tab_to(page.locator("#content-main").get_by_role("link", name="Invitations", exact=True))
    administrator.enter()
    administrator.tab_to(page.locator("#content-main").get_by_role("link", name="Add Invitation"))
    administrator.enter()
    email_field, role = page.locator("#id_email"), page.locator("#id_role")
    if not administrator.is_at(email_field):
        administrator.tab_to(email_field)
    page.keyboard.type(email)
    administrator.tab_to(role)
    page.keyboard.type("Librarian")
    administrator.shoot_both("admin-invitation")
    administrator.tab_to(page.get_by_role("button", name="Save", exact=True))
    administrator.enter()
    expect(page.locator(".messagelist")).to_contain_text("successfully")
    expect(page.locator("#result_list")).to_contain_text(email)


def accept(invited: Hands) -> None:
    link = re.search(r"http://\S+/accounts/invitation/\S+", invited.letter("Open this page to accept"))
    assert link
    invited.page.goto(link[0])
    invited.sees("in the role of librarian")
    invited.shoot_both("invitation")
    invited.push("Send me a code")
    invited.types("Code", invited.code_for(INVITE))
    invited.types("Full name", "Ines Duarte")
    invited.types("Password", "short")
    invited.enter()
    invited.sees("at least 8 characters")
    invited.types("Password", FIRST)
    expect(invited.page.locator("[data-rules] li.good")).to_have_count(4)
    invited.shoot_both("invitation-confirm")
    invited.enter()
    invited.sees("Welcome, Ines Duarte. You work here now.")
    expect(invited.page.get_by_role("banner").get_by_role("link", name="Desk")).to_be_visible()


def lock_out(person: Hands) -> None:
    for guess in range(5):
        give_password(person, f"a wrong guess {guess}")
        person.sees("This address and password do not belong together.")
    give_password(person, FIRST)
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Come back a little later")
    person.shoot_both("slow-down")
    person.letter("opens again by itself")


def reset(person: Hands) -> None:
    person.follow("Sign in", within="banner")
    person.follow("Forgot your password?")
    person.shoot_both("reset")
    person.types("E-mail address", person.email)
    person.enter()
    person.types("Code", person.code_for(RESET))
    person.types("New password", SECOND)
    person.shoot_both("reset-confirm")
    person.enter()
    person.sees("Your password is changed, and you are signed out everywhere.")
    person.letter("your library account was changed")


@pytest.mark.slow
def test_invited_librarian_needs_no_mouse_until_all_other_sessions_are_ended(people):
    administrator, librarian, elsewhere = people
    invite(administrator, librarian.email)
    accept(librarian)
    sign_out(librarian)
    sign_in(librarian, FIRST)
    expect(librarian.page.get_by_role("banner")).to_contain_text("Ines")
    sign_out(librarian)
    lock_out(librarian)
    reset(librarian)
    sign_in(librarian, SECOND, nth=2)
    elsewhere.go("/accounts/sign-in/?next=/accounts/sessions/")
    sign_in(elsewhere, SECOND, nth=3)
    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Sessions and devices")

    librarian.from_menu("Sessions and devices")
    expect(librarian.page.locator("main .list > li")).to_have_count(2)
    librarian.shoot_both("sessions")
    librarian.push("End all others")
    librarian.sees("You are signed out everywhere else.")
    expect(librarian.page.locator("main .list > li")).to_have_count(1)
    elsewhere.from_menu("Change password")
    expect(elsewhere.page).to_have_url(re.compile("/accounts/sign-in/"))
    librarian.from_menu("Change password")
    librarian.types("Present password", SECOND)
    librarian.types("New password", "abc")
    librarian.shoot_both("password")
