"""What a mobile client does, over HTTP, against everything that really runs."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from demo import FOLDER
from tests.stack import Stack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
PRIMER = FOLDER / "files" / "a-primer-on-the-cell.pdf"


def register(stack: Stack, name: str) -> httpx.Client:
    client = stack.client()
    email = f"{name}-{uuid4().hex[:8]}@example.net"
    assert client.post("/auth/otp/", json={"email": email, "purpose": "register"}).status_code == 202
    body = {"email": email, "otp": stack.code(email), "password": "a quiet room 7", "full_name": name.title()}
    made = client.post("/auth/register/", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["user"]["role"] == "patron"
    client.headers["Authorization"] = f"Bearer {made.json()['access']}"
    return client


def titles(client: httpx.Client, **query: Any) -> list[str]:
    found = client.get("/books/", params=query)
    assert found.status_code == 200, found.text
    return [book["title"] for book in found.json()["results"]]


def wait_for_job(client: httpx.Client, job: str, seconds: float = 180) -> dict[str, Any]:
    def ended() -> dict[str, Any]:
        found: dict[str, Any] = client.get(f"/jobs/{job}/").json()
        return found if found["state"] in {"done", "failed", "cancelled"} else {}

    return eventually(ended, seconds=seconds, pause=0.3)


def add_book(librarian: httpx.Client, path: Path, **values: Any) -> dict[str, Any]:
    with path.open("rb") as file:
        added = librarian.post(
            "/books/", data={"is_public": "true"} | values, files={"pdf": (path.name, file, "application/pdf")}
        )
    assert added.status_code == 201, added.text
    body: dict[str, Any] = added.json()
    return body


def test_reader_registers_finds_asks_for_borrows_and_returns(stack):
    reader, librarian = register(stack, "nadia"), stack.client("librarian@example.org")
    assert reader.get("/me/").json()["role"] == "patron"
    assert "A Primer on the Cell" in titles(reader, q="cell biology")
    assert "A Primer on the Cell" in titles(reader, q="okafor")
    (isbn, title), *_ = stack.sql("SELECT isbn, title FROM catalog_book WHERE isbn IS NOT NULL ORDER BY id LIMIT 1")
    assert titles(reader, q=isbn) == [title]

    book = reader.get("/books/", params={"q": "Primer on the Cell"}).json()["results"][0]
    record = reader.get(f"/books/{book['id']}/").json()
    assert record["available_copies"] > 0
    copy = next(copy for copy in record["copies"] if copy["status"] == "available" and copy["for_loan"])
    (branch,), *_ = stack.sql("SELECT branch_id FROM catalog_copy WHERE barcode = %s", [copy["barcode"]])
    hold = reader.post("/holds/", json={"book": book["id"], "branch": branch})
    assert hold.status_code == 201, hold.text
    assert hold.json()["state"] == "requested"
    assert reader.get(f"/books/{book['id']}/").json()["available_copies"] == record["available_copies"] - 1
    assert reader.get("/pick-list/").status_code == 403

    waiting = [row["id"] for row in librarian.get("/pick-list/").json()["results"]]
    assert hold.json()["id"] in waiting
    ready = librarian.post(f"/holds/{hold.json()['id']}/confirm/", json={})
    assert (ready.status_code, ready.json()["state"]) == (200, "ready")
    card = reader.get("/me/").json()["card_number"]
    (barcode,), *_ = stack.sql(
        "SELECT c.barcode FROM circulation_hold h JOIN catalog_copy c ON c.id = h.copy_id WHERE h.id = %s",
        [hold.json()["id"]],
    )
    loan = librarian.post("/loans/", json={"copy": f" {barcode.lower()} ", "patron": card})
    assert loan.status_code == 201, loan.text
    assert [row["id"] for row in reader.get("/loans/", params={"status": "active"}).json()["results"]] == [
        loan.json()["id"]
    ]
    assert reader.get("/holds/").json()["results"][0]["state"] == "fulfilled"

    again = librarian.post("/loans/", json={"copy": barcode, "patron": card})
    assert (again.status_code, again.json()["code"]) == (409, "already_lent_to_patron")
    returned = librarian.post("/check-ins/", json={"copy": barcode})
    assert (returned.status_code, returned.json()["action"]) == (200, "shelve")
    assert reader.get("/loans/", params={"status": "returned"}).json()["count"] == 1


def test_book_with_pdf_is_indexed_summarised_asked_and_cited(stack):
    reader, librarian = register(stack, "omar"), stack.client("librarian@example.org")
    title = f"Notes on the Cell {uuid4().hex[:6]}"
    book = add_book(librarian, PRIMER, title=title, authors=["Miriam Okafor", "Jun Ito"], categories=["Biology"])
    assert wait_for_job(librarian, book["job"])["state"] == "done"
    index = reader.get(f"/rag/books/{book['id']}/index/").json()
    assert (index["state"], index["pages"]) == ("ready", 48)

    def summary() -> dict[str, Any]:
        artifacts = reader.get(f"/books/{book['id']}/study/").json()["artifacts"]
        found: dict[str, Any] = next(row for row in artifacts if row["kind"] == "summary")
        return found if found["state"] == "ready" else {}

    sentences = eventually(summary, seconds=60)["content"]["sentences"]
    assert len(sentences) >= 4
    assert all(1 <= sentence["page"] <= 48 for sentence in sentences)

    question = {"question": "Who proposed that all plants are made of cells?", "num_chunks": 4}
    first = reader.post(f"/rag/books/{book['id']}/query/", json=question)
    assert first.status_code == 200, first.text
    answer = first.json()
    assert answer["supported"]
    assert not answer["cached"]
    assert "Schleiden" in answer["answer"]
    for source in answer["sources"]:
        page = httpx.get(stack.url + source["url"], follow_redirects=True)
        assert page.status_code in {200, 401, 403}  # the page asks for a sign-in of its own; the text is checked below
        (text,), *_ = stack.sql(
            "SELECT p.text FROM rag_page p JOIN rag_document d ON d.live_generation_id = p.generation_id"
            " WHERE d.book_id = %s AND p.number = %s",
            [book["id"], source["page"]],
        )
        assert " ".join(source["quote"].split()) in " ".join(text.split())
    assert reader.post(f"/rag/books/{book['id']}/query/", json=question).json() == answer | {"cached": True}

    unanswerable = reader.post(
        f"/rag/books/{book['id']}/query/", json={"question": "Who won the 1998 football world cup?"}
    ).json()
    assert (unanswerable["supported"], unanswerable["sources"]) == (False, [])


def test_readers_cannot_add_books_and_nobody_unknown_gets_in(stack):
    reader = register(stack, "piet")
    assert reader.post("/books/", json={"title": "Mine", "authors": ["Me"]}).status_code == 403
    assert stack.client().get("/loans/").status_code == 401
    assert (
        stack.client().post("/auth/login/", json={"email": "reader@example.org", "password": "wrong"}).status_code
        == 401
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.pdf", b""), ("renamed.pdf", b"Just a text that calls itself a PDF.\n" * 40)],
)
def test_file_that_is_no_pdf_is_refused_at_once_and_nothing_stored(stack, name, content):
    librarian = stack.client("librarian@example.org")

    def stored() -> tuple[Any, ...]:
        files = sorted(path.name for path in (stack.var / "media").rglob("*") if path.is_file())
        return stack.sql("SELECT count(*) FROM catalog_book"), stack.sql("SELECT count(*) FROM jobs_job"), files

    before = stored()
    refused = librarian.post(
        "/books/", data={"title": "Refused", "authors": ["Nobody"]}, files={"pdf": (name, content, "application/pdf")}
    )
    assert refused.status_code == 400, refused.text
    assert "pdf" in refused.json()["fields"]
    assert stored() == before


def test_two_readers_at_once_share_no_last_copy(stack):
    readers = [register(stack, name) for name in ("quinn", "rosa")]
    (book, branch), *_ = stack.sql(
        "SELECT b.id, c.branch_id FROM catalog_book b JOIN catalog_copy c ON c.book_id = b.id"
        " WHERE b.available_copies = 1 AND c.status = 'available' AND NOT c.not_for_loan ORDER BY b.id LIMIT 1"
    )
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda reader: reader.post("/holds/", json={"book": book, "branch": branch}), readers))
    assert [answer.status_code for answer in answers] == [201, 201]
    states = sorted((answer.json()["state"], answer.json()["position"]) for answer in answers)
    assert states == [("queued", 1), ("requested", None)]


def test_openapi_document_names_every_endpoint_of_the_journey(stack):
    document = httpx.get(f"{stack.url}/api/schema/", headers={"Accept": "application/json"}).json()
    for path in (
        "auth/otp/",
        "auth/register/",
        "auth/login/",
        "auth/token/refresh/",
        "me/",
        "books/",
        "books/{id}/",
        "holds/",
        "holds/{id}/confirm/",
        "pick-list/",
        "loans/",
        "check-ins/",
        "jobs/{id}/",
        "books/{id}/study/",
        "rag/books/{id}/query/",
        "rag/books/{id}/index/",
    ):
        known = {re.sub(r"{\w+}", "{id}", name) for name in document["paths"]}
        assert f"/api/v1/{path}" in known, f"{path} is not in the document"
    docs = httpx.get(f"{stack.url}/api/docs/")
    assert docs.status_code == 200
    assert "swagger" in docs.text
