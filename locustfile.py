"""Load of a library day, for locust: root and health, readers, the desk, questions. `make bench-load` runs it.

By hand, against a running `make run` (loopback only):

    LYCEUM_VAR=var .venv-bench/bin/locust --host http://127.0.0.1:8000

With LYCEUM_VAR it signs in as a reader and a librarian through the real two steps, browser and API, reading the mailed
codes from that data folder. Without, it takes LOAD_READER_TOKEN and LOAD_LIBRARIAN_TOKEN (access tokens), and
LOAD_READER_SESSION and LOAD_LIBRARIAN_SESSION (session cookies) for the pages.
"""

from __future__ import annotations

import email
import email.policy
import ipaddress
import itertools
import os
import random
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from locust import FastHttpUser, between, events, tag, task
from locust.exception import RescheduleTask, StopUser

READER = "reader@example.org"
LIBRARIAN = "librarian@example.org"
PASSWORD = "lyceum-demo"  # of the demonstration accounts, which exist in embedded mode only
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
WORDS = ("cell", "okafor", "history", "library", "plant", "river", "handbook", "science", "garden", "nobody wrote this")
QUESTIONS = (
    "Who proposed that all plants are made of cells?",
    "What does the mitochondrion do?",
    "How do cells divide?",
    "What is the membrane made of?",
    "What did Hooke see in cork?",
    "Who won the 1998 football world cup?",
)
MOST_UNIQUE = 200  # questions that no cache has seen, in a run


@dataclass
class Signed:
    """What one person holds after signing in."""

    token: str = ""
    session: str = ""

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"sessionid={self.session}"}


@dataclass
class World:
    """What the users of this run share: one sign-in for each person, and what there is to ask for."""

    reader: Signed = field(default_factory=Signed)
    librarian: Signed = field(default_factory=Signed)
    books: list[int] = field(default_factory=list)
    digital: int = 0
    card: str = ""
    barcodes: list[str] = field(default_factory=list)
    unique: Any = field(default_factory=lambda: itertools.count())


WORLD = World()


# -- before the first user ----------------------------------------------------------------------------------------


def check_loopback(host: str) -> None:
    """Errors: ``LookupError`` where ``host`` is another machine's."""
    name = urlsplit(host).hostname or ""
    try:
        is_here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_here = name == "localhost"
    if not is_here:
        raise LookupError(f"it is for a library on this machine only, not for {host or 'an unnamed host'}.")


@events.test_start.add_listener
def prepare(environment: Any, **_kwargs: Any) -> None:
    """Sign both people in and look around. What fails here ends the run with a sentence."""
    host = (environment.host or "").rstrip("/")
    try:
        check_loopback(host)
        sign_everybody_in(host)
        look_around(host)
    except (requests.RequestException, LookupError) as fault:
        print(f"The load could not begin: {fault}", file=sys.stderr)
        environment.process_exit_code = 2
        environment.runner.quit()


def sign_everybody_in(host: str) -> None:
    var = os.environ.get("LYCEUM_VAR", "")
    if not var:
        WORLD.reader = Signed(_given("LOAD_READER_TOKEN"), os.environ.get("LOAD_READER_SESSION", ""))
        WORLD.librarian = Signed(_given("LOAD_LIBRARIAN_TOKEN"), os.environ.get("LOAD_LIBRARIAN_SESSION", ""))
        return
    mail = Path(var) / "mail"
    # One after the other: a second code to an address waits until the first is used.
    WORLD.reader = Signed(api_sign_in(host, READER, mail), web_sign_in(host, READER, mail))
    WORLD.librarian = Signed(api_sign_in(host, LIBRARIAN, mail), web_sign_in(host, LIBRARIAN, mail))


def api_sign_in(host: str, address: str, mail: Path) -> str:
    """An access token, by password and mailed code."""
    seen = set(mail.glob("*.eml"))
    begun = _ok(requests.post(f"{host}/api/v1/auth/login/", json={"email": address, "password": PASSWORD}, timeout=30))
    step = {"challenge": begun.json()["challenge"], "otp": mailed_code(mail, address, seen)}
    return str(_ok(requests.post(f"{host}/api/v1/auth/login/", json=step, timeout=30)).json()["access"])


def web_sign_in(host: str, address: str, mail: Path) -> str:
    """A session key, by the two pages that a browser would fill in."""
    seen = set(mail.glob("*.eml"))
    browser = requests.Session()
    page = _ok(browser.get(f"{host}/accounts/sign-in/", timeout=30))
    page = _fill_in(browser, page, email=address, password=PASSWORD)
    page = _fill_in(browser, page, code=mailed_code(mail, address, seen))
    key = browser.cookies.get("sessionid")
    if not key or "/accounts/" in page.url:
        raise LookupError(f"{address} could not sign in in the browser: it stayed at {page.url}.")
    return key


def mailed_code(mail: Path, address: str, seen: set[Path], *, seconds: float = 20) -> str:
    """The code in a letter to ``address`` that was not there before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in sorted(set(mail.glob("*.eml")) - seen, reverse=True):
            letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = letter.get_body(("plain",))
            found = CODE.search(body.get_content()) if body and address in str(letter["To"]) else None
            if found:
                return found[0]
        time.sleep(0.1)
    raise LookupError(f"no code for {address} came to {mail} within {seconds:.0f} s.")


def look_around(host: str) -> None:
    """Which books, which card and which copies there are."""

    def get(path: str, who: Signed) -> Any:
        return _ok(requests.get(f"{host}/api/v1{path}", headers=who.bearer, timeout=30)).json()

    rows = get("/books/", WORLD.reader)["results"]
    WORLD.books = [row["id"] for row in rows]
    WORLD.card = get("/me/", WORLD.reader)["card_number"]
    asked = get("/books/?q=Primer+on+the+Cell", WORLD.reader)["results"] + rows
    WORLD.digital = next(row["id"] for row in asked if row["has_file"])
    for book in WORLD.books:
        copies = get(f"/books/{book}/", WORLD.librarian)["copies"]
        WORLD.barcodes += [copy["barcode"] for copy in copies if copy["status"] == "available" and copy["for_loan"]][:1]
    wait_for_an_answer(host)


def wait_for_an_answer(host: str, *, seconds: float = 180) -> None:
    """Until the book is indexed and the embedder has loaded its model."""
    end = time.monotonic() + seconds
    while True:
        answer = requests.post(
            f"{host}/api/v1/rag/books/{WORLD.digital}/query/",
            json={"question": QUESTIONS[0]},
            headers=WORLD.reader.bearer,
            timeout=30,
        )
        if answer.ok:
            return
        if time.monotonic() > end:
            raise LookupError(f"no book answered a question within {seconds:.0f} s: {answer.text[:200]}")
        time.sleep(1)


def _fill_in(browser: requests.Session, page: requests.Response, **values: str) -> requests.Response:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if token is None:
        raise LookupError(f"there is no form at {page.url}.")
    form = {"csrfmiddlewaretoken": token[1], **values}
    return _ok(browser.post(page.url, data=form, headers={"Referer": page.url}, timeout=30))


def _ok(response: requests.Response) -> requests.Response:
    if not response.ok:
        raise LookupError(f"{response.url} answered {response.status_code}: {response.text[:200]}")
    return response


def _given(name: str) -> str:
    if not os.environ.get(name):
        raise LookupError(f"set LYCEUM_VAR to the library's data folder, or {name} to an access token.")
    return os.environ[name]


# -- users ----------------------------------------------------------------------------------------------------------


class LibraryUser(FastHttpUser):
    """What all have in common. A task without what it needs (a session, say) is left out."""

    abstract = True
    connection_timeout = network_timeout = 30.0

    def page(self, path: str, who: Signed, *, name: str = "") -> None:
        """A page as a signed-in browser asks for it; to be led to the sign-in is a failure."""
        if not who.session:
            raise RescheduleTask
        with self.client.get(
            path, headers=who.cookie, name=name or path, allow_redirects=False, catch_response=True
        ) as answer:
            if answer.status_code != 200:
                answer.failure(f"answered {answer.status_code}")

    def api(self, method: str, path: str, who: Signed, *, name: str = "", **kwargs: Any) -> Any:
        """The answer to an API request, or ``None`` where it failed, which locust has counted then."""
        with self.client.request(
            method, f"/api/v1{path}", headers=who.bearer, name=f"/api/v1{name or path}", catch_response=True, **kwargs
        ) as answer:
            if answer.status_code >= 400 or answer.status_code == 0:
                answer.failure(f"answered {answer.status_code}")
                return None
            return answer.json()


class Visitor(LibraryUser):
    """Nobody yet: root and health."""

    weight = 3
    wait_time = between(1, 3)

    @tag("root")
    @task(4)
    def root(self) -> None:
        self.client.get("/", name="/")

    @tag("health")
    @task(3)
    def health(self) -> None:
        self.client.get("/healthz")

    @tag("root")
    @task(1)
    def sign_in_page(self) -> None:
        self.client.get("/accounts/sign-in/")


class Reader(LibraryUser):
    """Looks for books, opens them, sees what is on loan."""

    weight = 4
    wait_time = between(1, 4)

    @tag("reader")
    @task(4)
    def search(self) -> None:
        self.page(f"/catalogue/?q={random.choice(WORDS)}", WORLD.reader, name="/catalogue/?q=[words]")

    @tag("reader")
    @task(4)
    def book(self) -> None:
        self.page(f"/books/{random.choice(WORLD.books)}/", WORLD.reader, name="/books/[id]/")

    @tag("reader")
    @task(2)
    def home(self) -> None:
        self.page("/", WORLD.reader, name="/ (reader)")

    @tag("reader")
    @task(1)
    def my_loans(self) -> None:
        self.page("/loans/", WORLD.reader)

    @tag("reader")
    @task(1)
    def study(self) -> None:
        self.page(f"/books/{WORLD.digital}/study/", WORLD.reader, name="/books/[id]/study/")

    @tag("reader")
    @task(3)
    def api_search(self) -> None:
        self.api("GET", f"/books/?q={random.choice(WORDS)}", WORLD.reader, name="/books/?q=[words]")

    @tag("reader")
    @task(1)
    def api_me(self) -> None:
        self.api("GET", "/me/", WORLD.reader)


class Desk(LibraryUser):
    """Lends a copy of its own and takes it back, so that two desks never want the same one."""

    weight = 2
    wait_time = between(1, 2)
    barcode = ""

    def on_start(self) -> None:
        if not WORLD.barcodes:
            raise StopUser  # more desks than copies
        self.barcode = WORLD.barcodes.pop()

    def on_stop(self) -> None:
        if self.barcode:
            WORLD.barcodes.append(self.barcode)

    @tag("desk")
    @task(4)
    def lend_and_take_back(self) -> None:
        lent = self.api("POST", "/loans/", WORLD.librarian, json={"copy": self.barcode, "patron": WORLD.card})
        if lent is not None:
            self.api("POST", "/check-ins/", WORLD.librarian, json={"copy": self.barcode})

    @tag("desk")
    @task(2)
    def desk(self) -> None:
        self.page("/desk/", WORLD.librarian)

    @tag("desk")
    @task(1)
    def pick_list(self) -> None:
        self.page("/pick-list/", WORLD.librarian)

    @tag("desk")
    @task(1)
    def loans(self) -> None:
        self.api("GET", "/loans/", WORLD.librarian)


class Asker(LibraryUser):
    """Puts questions to a digital book: mostly ones that were asked before, some that nobody has asked."""

    weight = 2
    wait_time = between(2, 5)

    @tag("rag")
    @task(4)
    def known_question(self) -> None:
        self.ask(random.choice(QUESTIONS), name="/rag/books/[id]/query/ (asked before)")

    @tag("rag")
    @task(2)
    def new_question(self) -> None:
        number = next(WORLD.unique)
        if number >= MOST_UNIQUE:
            raise RescheduleTask
        self.ask(f"What does page {number} say about cells? {time.time_ns()}", name="/rag/books/[id]/query/ (new)")

    @tag("rag")
    @task(1)
    def ask_page(self) -> None:
        self.page(f"/books/{WORLD.digital}/ask/", WORLD.reader, name="/books/[id]/ask/")

    def ask(self, question: str, *, name: str) -> None:
        self.api("POST", f"/rag/books/{WORLD.digital}/query/", WORLD.reader, json={"question": question}, name=name)
