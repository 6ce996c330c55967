"""Readers and staff of a library that is measured, signed in through its own doors."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

import httpx

from bench.library import Library

PASSWORD = "lyceum-demo"
BOOK = "A Primer on the Cell"


def client(library: Library, email: str) -> httpx.Client:
    """An API client with a bearer token."""
    made = httpx.Client(base_url=f"{library.url}/api/v1", timeout=30)
    before = len(_mails(library.var, email))
    step = made.post("/auth/login/", json={"email": email, "password": PASSWORD}).raise_for_status().json()
    code = _code(library.var, email, after=before)
    tokens = made.post("/auth/login/", json={"challenge": step["challenge"], "otp": code}).raise_for_status().json()
    made.headers["Authorization"] = f"Bearer {tokens['access']}"
    return made


def book_to_ask(reader: httpx.Client) -> int:
    """The number of the demonstration's book that can be asked."""
    rows = reader.get("/books/", params={"q": BOOK}).raise_for_status().json()["results"]
    return next(int(row["id"]) for row in rows if row["title"] == BOOK)


def ask(reader: httpx.Client, book: int, question: str) -> None:
    """Put a question, again while the book is still being indexed or the embedder still loads."""
    end = time.monotonic() + 180
    while True:
        answer = reader.post(f"/rag/books/{book}/query/", json={"question": question})
        if answer.status_code not in {409, 503} or time.monotonic() > end:
            answer.raise_for_status()
            return
        time.sleep(0.5)


def upload(librarian: httpx.Client, path: Path) -> None:
    """Add a book with a file and wait until it is indexed. Errors: ``RuntimeError`` where that fails."""
    with path.open("rb") as file:
        added = librarian.post(
            "/books/",
            data={"title": f"Measured {time.time_ns()}", "authors": ["A. Author"], "is_public": "true"},
            files={"pdf": (path.name, file, "application/pdf")},
        )
    job = added.raise_for_status().json()["job"]
    end = time.monotonic() + 180
    while (state := librarian.get(f"/jobs/{job}/").raise_for_status().json()["state"]) != "done":
        if state in {"failed", "cancelled"} or time.monotonic() > end:
            raise RuntimeError(f"The file was not indexed: {state}")
        time.sleep(0.2)


def _mails(var: Path, to: str) -> list[str]:
    bodies = []
    for path in sorted((var / "mail").glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        if to in str(message["To"]) and body:
            bodies.append(body.get_content())
    return bodies


def _code(var: Path, to: str, *, after: int) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := re.findall(r"^\d{6}$", "\n".join(_mails(var, to)[after:]), re.M):
            return str(found[-1])
        time.sleep(0.1)
    raise RuntimeError(f"No code came for {to}.")
