"""People at a real browser, with a mouse or by keyboard alone."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.stack import ROOT, Stack, eventually

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What it would load in the background; once a window did not close for it.
    "--disable-features=OnDeviceModelService,OptimizationGuideOnDeviceModel,OptimizationHints",
]
SHOTS = ROOT / "var" / "screenshots"


class Person:
    """Somebody with a browser of their own, in which nothing may go wrong unseen."""

    def __init__(self, browser: Browser, stack: Stack, email: str, **device: Any) -> None:
        self.stack, self.email = stack, email
        at_a_desk = {"base_url": stack.url, "viewport": {"width": 1280, "height": 900}}
        self.context = browser.new_context(**at_a_desk | device)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))

    def _listen(self, said: ConsoleMessage) -> None:
        # A 422 is how a form is refused; the browser reports the status by itself, and each socket that is not there.
        if said.type == "error" and "status of 4" not in said.text and "WebSocket connection" not in said.text:
            self.faults.append(said.text)

    def go(self, path: str) -> None:
        self.page.goto(path)

    def press(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name, exact=True).click()

    def fill(self, label: str, value: str) -> None:
        self.page.get_by_role("main").get_by_label(label).fill(value)

    def shoot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def sign_in(self, password: str, *, at: str = "/accounts/sign-in/") -> None:
        before = len(self.stack.mails(self.email))
        self.go(at)
        self.fill("E-mail", self.email)
        self.fill("Password", password)
        self.press("Sign in")
        self.fill("Code", self.stack.code(self.email, after=before))
        self.press("Sign in")

    def sign_out(self) -> None:
        self.page.locator("details.menu summary").click()
        self.page.get_by_role("button", name="Sign out").click()

    def sees(self, text: str | re.Pattern[str], *, seconds: float = 5) -> None:
        expect(self.page.get_by_role("main")).to_contain_text(text, timeout=seconds * 1000)


class Hands(Person):
    """Somebody without a mouse: they open one address, and from there on there are only keys.

    Wherever they stop, what they stopped at must be seen, not lie under something else, and have a ring around it.
    """

    MOST_TABS = 160
    LOOK = """found => {
        const box = found.getBoundingClientRect(), style = getComputedStyle(found);
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        const rings = style.outlineStyle === "auto" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
        return {
            name: found.outerHTML.slice(0, 120),
            isSeen: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight,
            isOnTop: found === top || found.contains(top),
            hasRing: rings && style.outlineColor !== "rgba(0, 0, 0, 0)" && found.matches(":focus-visible"),
        };
    }"""

    def is_at(self, wanted: Locator) -> bool:
        return bool(wanted.evaluate_all("found => found.includes(document.activeElement)"))

    def lands_on(self, wanted: Locator) -> None:
        """The focus is there by itself, or has just been brought there."""
        expect(wanted).to_be_focused()
        seen = wanted.evaluate(self.LOOK)
        assert seen.pop("name")
        assert seen == {"isSeen": True, "isOnTop": True, "hasRing": True}, (self.page.url, str(wanted), seen)

    def tab_to(self, wanted: Locator, *, back: bool = False) -> None:
        expect(wanted).to_be_visible()
        for _n in range(self.MOST_TABS):
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
            if self.is_at(wanted):
                return self.lands_on(wanted)
        raise AssertionError(f"no key leads to {wanted} on {self.page.url}")

    def field(self, label: str) -> Locator:
        return self.page.get_by_role("main").get_by_label(label, exact=True)

    def types(self, label: str, value: str) -> None:
        """Goes to the field, where the page did not put them there already, and writes ``value`` over what it has."""
        field = self.field(label)
        expect(field).to_be_visible()
        if self.is_at(field):
            self.lands_on(field)
        else:
            self.tab_to(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(value)

    def enter(self) -> None:
        """Sends the form, follows the link: what Enter does here. Waits for the page that comes of it."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def follow(self, name: str, *, within: str = "main") -> None:
        self.tab_to(self.page.get_by_role(within).get_by_role("link", name=name, exact=True))  # type: ignore[arg-type]
        self.enter()

    def push(self, name: str) -> None:
        self.tab_to(self.page.get_by_role("main").get_by_role("button", name=name, exact=True))
        with self.page.expect_navigation():
            self.page.keyboard.press("Space")

    def from_menu(self, name: str) -> None:
        """Opens the menu under their name and takes what is called ``name``."""
        menu = self.page.get_by_role("banner").locator("details.menu")
        self.tab_to(menu.locator("summary"), back=True)
        self.page.keyboard.press("Enter")
        self.tab_to(menu.get_by_role("link", name=name).or_(menu.get_by_role("button", name=name)))
        self.enter()

    def letter(self, words: str, *, nth: int = 1) -> str:
        """The ``nth`` letter with these words that came to their address; waits for it."""
        return eventually(
            lambda: [mail for mail in self.stack.mails(self.email) if words in mail][nth - 1 :], seconds=60
        )[0]

    def code_for(self, words: str, *, nth: int = 1) -> str:
        digits = re.search(r"\b(\d{6})\b", self.letter(words, nth=nth))
        assert digits
        return digits[1]

    def shoot_both(self, name: str) -> None:
        """The page as it is on a phone and on a desk; on neither may it scroll sideways."""
        for width, height in ((360, 780), (1280, 900)):
            self.page.set_viewport_size({"width": width, "height": height})
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width
            self.shoot(f"{name}-{width}")
