"""A journey on which much goes wrong, and then every log: none holds what somebody typed, owns or may open."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.urls import reverse

from library.embedded import folders
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
BOOK_TEXT = "unmistakable sentence of a private book"
BCRYPT = ("bcrypt_sha256$", "$2b$")


def logs_of(stack: Stack) -> dict[str, str]:
    """What every process has written: into the data folder, and to whoever started it."""
    paths = [*(stack.var / "log").rglob("*"), *stack.var.rglob("*.log*"), stack.log]
    return {str(path): path.read_text(errors="replace").lower() for path in paths if path.is_file()}


def told(stack: Stack, secrets: list[str]) -> list[tuple[str, str]]:
    """Each file with each of ``secrets`` that it holds."""
    return [(path, word) for path, text in logs_of(stack).items() for word in secrets if word.lower() in text]


class Journey:
    """Failures of every kind; ``secrets`` is all that was typed, sent or kept on the way."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.client, word = stack, stack.client(), uuid4().hex[:8]
        self.password, self.username = f"a silent room {word}", f"quiet{word}"
        self.addresses = [f"silent{number}-{word}@example.net" for number in range(4)]
        self.tokens = [f"{kind}-{uuid4().hex}{uuid4().hex}" for kind in ("feed", "invitation", "reset")]
        self.secrets = [*self.addresses, *self.tokens, self.password, self.username, BOOK_TEXT, *BCRYPT]

    def registers_four_times_at_once(self) -> None:
        def ask(address: str) -> str:
            answer = self.client.post("/auth/otp/", json={"email": address, "purpose": "register"})
            assert answer.status_code == 202, answer.text
            return self.stack.code(address)

        def register(address: str, code: str) -> httpx.Response:
            body = {
                "email": address,
                "otp": code,
                "password": self.password,
                "full_name": "Silent",
                "username": self.username,
            }
            return self.client.post("/auth/register/", json=body)

        with ThreadPoolExecutor(4) as together:
            codes = list(together.map(ask, self.addresses))
            wrong = self.client.post(
                "/auth/register/",
                json={"email": self.addresses[0], "otp": "x" * 6, "password": self.password, "full_name": "Silent"},
            )
            assert wrong.status_code == 400, wrong.text
            answers = list(together.map(register, self.addresses, codes))
        assert sorted(answer.status_code for answer in answers)[0] == 201
        assert sum(answer.status_code == 201 for answer in answers) == 1, [answer.text for answer in answers]
        self.secrets += [f"{before}{code}" for code in codes for before in ("'", '"', "=", " ")]
        made = next(answer.json() for answer in answers if answer.status_code == 201)
        self.secrets += [made["access"], made["refresh"]]

    def signs_in_wrongly(self) -> None:
        for address in self.addresses[:2]:
            body = {"email": address, "password": f"{self.password} wrong"}
            assert self.client.post("/auth/login/", json=body).status_code == 401

    def opens_wrong_addresses(self) -> None:
        feed, invitation, reset = self.tokens
        for path in (
            reverse("circulation:calendar-feed", args=[feed]),
            reverse("accounts:accept-invitation", args=[invitation]),
            f"/no-such-page/?token={reset}",
        ):
            assert httpx.get(f"{self.stack.url}{path}").status_code < 500

    def adds_a_book_that_cannot_be_read(self) -> None:
        librarian = self.stack.client("librarian@example.org")
        self.secrets.append(str(librarian.headers["Authorization"]).removeprefix("Bearer "))
        broken = f"%PDF-1.7\n{BOOK_TEXT}\n%%EOF".encode()
        added = librarian.post("/books/", data={"title": "Broken"}, files={"pdf": ("b.pdf", broken, "application/pdf")})
        assert 200 <= added.status_code < 500, added.text

    def breaks_a_rule_of_the_database(self) -> None:
        for statement, values in (
            (
                "INSERT INTO accounts_user (email, password) VALUES (%s, %s)",
                [self.addresses[0], f"{BCRYPT[0]}{BCRYPT[1]}"],
            ),
            (
                "UPDATE accounts_user SET email = (SELECT min(email) FROM accounts_user) WHERE username = %s",
                [self.username],
            ),
            ("SELECT %s::uuid", [BOOK_TEXT]),
        ):
            with pytest.raises(psycopg.Error):
                self.stack.sql(statement, values)


@pytest.fixture(scope="module")
def journey(stack: Stack) -> Journey:
    journey = Journey(stack)
    journey.registers_four_times_at_once()
    journey.signs_in_wrongly()
    journey.opens_wrong_addresses()
    journey.adds_a_book_that_cannot_be_read()
    journey.breaks_a_rule_of_the_database()
    return journey


def test_no_log_holds_what_was_typed_sent_or_kept(journey):
    logs = logs_of(journey.stack)
    assert any(path.endswith("postgres.log") and text for path, text in logs.items())
    assert logs[str(journey.stack.log)], "what the parts say comes through"
    assert told(journey.stack, journey.secrets) == []


def test_a_leak_would_be_found(journey):
    leak = journey.stack.var / "log" / "leak.log"
    leak.write_text(f"DETAIL: Key (email)=({journey.addresses[3].upper()}) already exists.")
    try:
        assert told(journey.stack, journey.secrets) == [(str(leak), journey.addresses[3])]
    finally:
        leak.unlink()


def open_to_others(var: Path) -> Iterator[str]:
    """What lies in the data folder, and anybody but its owner may read or change."""
    for path in var.rglob("*"):
        try:
            found = path.lstat()
        except FileNotFoundError:  # a temporary file that has gone
            continue
        is_ours = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
        if is_ours and stat.S_IMODE(found.st_mode) & 0o077:
            yield f"{path.relative_to(var)} {stat.S_IMODE(found.st_mode):o}"


def test_nobody_else_may_read_what_the_library_keeps(journey):
    var = journey.stack.var
    assert list(open_to_others(var)) == []
    assert stat.S_IMODE(var.stat().st_mode) in {0o700, 0o711}
    data = folders.postgres_data(var, folders.postgres_account())
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
