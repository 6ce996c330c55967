"""Book vectors in a running library: saved records are found by meaning in seconds, and kills lose nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.stack import Stack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
VECTORS = (
    "SELECT count(*) FROM catalog_bookvector v JOIN catalog_bookgeneration g ON g.id = v.generation_id"
    " JOIN catalog_bookfacts f ON f.book_id = v.book_id AND f.text_version = v.text_version WHERE g.state = 'live'"
)
MANY = 1_500
ADD = """
from catalog.models import Book
rows = [Book(title=f"{name} {{n}}", search_a=f"{name} {{n}}", description="A long day's journey. " * 8) for n in range({many})]
Book.objects.bulk_create(rows, batch_size=1000)
"""


def vectors(stack: Stack, book: int) -> int:
    return int(stack.sql(f"{VECTORS} AND v.book_id = %s", [book])[0][0])


def add(stack: Stack, **values: object) -> int:
    made = stack.client("librarian@example.org").post("/books/", json={"authors": ["Mina Roth"]} | values)
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


LIVE = "SELECT 1 FROM catalog_bookgeneration WHERE state = 'live'"


def test_a_saved_record_is_found_by_other_words_within_seconds_and_has_its_shelf(stack):
    eventually(lambda: stack.sql(LIVE), seconds=90)
    book = add(stack, title=f"The Blackout Kitchen {uuid4().hex[:6]}", description="Meals on camping stoves.")
    eventually(lambda: vectors(stack, book), seconds=15)
    question = {"q": "cookbook for campers"}
    anybody = stack.client()
    eventually(
        lambda: book in [row["id"] for row in anybody.get("/books/", params=question).json()["near"]], seconds=20
    )
    found = anybody.get(f"/books/{book}/similar/")
    assert found.status_code == 200
    assert found.json().keys() == {"count", "next", "previous", "results"}
    newest = anybody.get("/books/newest/").json()["results"]
    assert book in [row["id"] for row in newest[:5]]
    assert newest[0]["reason"] == "Added today"


def test_where_the_embedder_is_away_the_worker_embeds_with_its_own_model(stack):
    stack.kill("manage.py embedder")
    book = add(stack, title=f"Bread by Candlelight {uuid4().hex[:6]}")
    eventually(lambda: vectors(stack, book), seconds=60)


@pytest.mark.slow
def test_a_killed_worker_loses_no_vector_that_was_made(stack):
    eventually(lambda: stack.sql(LIVE), seconds=90)
    name = f"Bulk {uuid4().hex[:6]}"
    before = stack.sql(VECTORS)[0][0]
    made = stack.manage("shell", "-c", ADD.format(name=name, many=MANY))
    assert made.returncode == 0, made.stderr
    assert "embeds them" in stack.manage("book_vectors").stdout
    eventually(lambda: stack.sql(VECTORS)[0][0] > before, seconds=60)
    stack.kill("celery slow")
    kept = stack.sql(VECTORS)[0][0]
    assert before < kept < before + MANY, "it was too quick to be killed"
    oldest = {row[0] for row in stack.sql("SELECT id FROM catalog_bookvector")}

    eventually(lambda: stack.sql(VECTORS)[0][0] == before + MANY, seconds=240)
    assert oldest <= {row[0] for row in stack.sql("SELECT id FROM catalog_bookvector")}
    job = "SELECT state, attempt FROM jobs_job WHERE kind = 'book_vectors' ORDER BY created_at DESC LIMIT 1"
    eventually(lambda: stack.sql(job)[0] == ("done", 2), seconds=30)
    stack.sql(
        "WITH gone AS (DELETE FROM catalog_book WHERE title LIKE %s RETURNING 1) SELECT count(*) FROM gone",
        [f"{name}%"],
    )
