"""Two real books through the whole journey; what happened is left in var/real-books.json."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.test_journey_api import add_book, wait_for_job
from tests.stack import ROOT, eventually

pytestmark = [pytest.mark.stack, pytest.mark.data, pytest.mark.xdist_group("stack")]
PDFS = ROOT.parent / "shared" / "data" / "pdf"
# File, pages, and questions each with a word that a right answer cannot do without.
BOOKS = {
    "category-theory-for-programmers.pdf": (
        199,
        {
            "What is a category made of?": "arrow",
            "What is a functor?": "functor",
            "What does it mean that composition is associative?": "composition",
            "What is an initial object?": "initial",
            "What is the difference between a product and a coproduct?": "product",
        },
    ),
    "riscv-privileged.pdf": (
        221,
        {
            "What does the MRET instruction do?": "MRET",
            "What is the purpose of the mstatus register?": "mstatus",
            "How does physical memory protection restrict access?": "PMP",
            "Which privilege levels are there?": "mode",
            "What happens on a page fault during address translation?": "page",
        },
    ),
}


# Each takes about a minute: only in `make test-full`.
@pytest.mark.slow
@pytest.mark.parametrize("name", BOOKS)
def test_real_book_is_indexed_summarised_and_answers_with_its_own_words(stack, name):
    pages, questions = BOOKS[name]
    librarian = stack.client("librarian@example.org")
    began = time.monotonic()
    book = add_book(librarian, PDFS / name, title=f"{name} {uuid4().hex[:6]}", authors=["Several"])
    assert wait_for_job(librarian, book["job"], seconds=300)["state"] == "done"
    report: dict[str, Any] = {"index_seconds": round(time.monotonic() - began, 1), "questions": []}
    index = librarian.get(f"/rag/books/{book['id']}/index/").json()
    assert (index["state"], index["pages"]) == ("ready", pages)
    report |= {"pages": index["pages"], "passages": index["passages"]}

    def summary() -> dict[str, Any]:
        rows = librarian.get(f"/books/{book['id']}/study/").json()["artifacts"]
        return next((row for row in rows if row["kind"] == "summary" and row["state"] == "ready"), {})

    report["summary"] = eventually(summary, seconds=120)["content"]
    report["summary_seconds"] = round(time.monotonic() - began - report["index_seconds"], 1)
    for question, word in questions.items():
        answer = ask(librarian, book["id"], question)
        assert answer["supported"], question
        assert word.lower() in answer["answer"].lower(), answer
        for source in answer["sources"]:
            assert folded(source["quote"]) in folded(page_text(stack, book["id"], source["page"]))
        assert ask(librarian, book["id"], question)["cached"]
        report["questions"].append({"question": question, "answer": answer["answer"], "sources": answer["sources"]})
    assert not ask(librarian, book["id"], "How long should I boil an egg?")["supported"]
    write(name, report)


def ask(client: Any, book: int, question: str) -> dict[str, Any]:
    answer = client.post(f"/rag/books/{book}/query/", json={"question": question})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def page_text(stack: Any, book: int, number: int) -> str:
    (text,), *_ = stack.sql(
        "SELECT p.text FROM rag_page p JOIN rag_document d ON d.live_generation_id = p.generation_id"
        " WHERE d.book_id = %s AND p.number = %s",
        [book, number],
    )
    return str(text)


def folded(text: str) -> str:
    return " ".join(text.split())


def write(name: str, report: dict[str, Any]) -> None:
    path = ROOT / "var" / "real-books.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | {name: report}, indent=1, ensure_ascii=False))
