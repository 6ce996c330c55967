"""Workers killed half-way, Redis restarted, files that only a parser sees through."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from uuid import uuid4

import httpx
import pymupdf
import pytest

from tests.journeys.test_journey_api import add_book, wait_for_job
from tests.stack import Stack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
WORDS = """river cell library garden winter engine paper mountain signal harbour letter copper theory market bridge
membrane protein sailor mirror valley candle forest island printer orchard glacier""".split()  # noqa: SIM905


def write_pdf(path: Path, pages: int, *, seed: int) -> Path:
    """A book of made-up sentences, no two of them alike."""
    dice = random.Random(seed)
    with pymupdf.open() as document:
        for number in range(pages):
            sentences = [
                f"The {dice.choice(WORDS)} of {dice.choice(WORDS)} number {number * 100 + line} holds a {dice.choice(WORDS)} "
                f"and a {dice.choice(WORDS)} beside the {dice.choice(WORDS)} of the {dice.choice(WORDS)}."
                for line in range(18)
            ]
            page = document.new_page()
            page.insert_textbox(pymupdf.Rect(60, 60, 540, 780), " ".join(sentences), fontsize=11)
        document.save(path)
    return path


def test_killed_worker_goes_on_from_its_checkpoint_and_no_half_answers(stack, tmp_path):
    librarian = stack.client("librarian@example.org")
    book = add_book(librarian, write_pdf(tmp_path / "long.pdf", 70, seed=1), title=f"Long {uuid4()}", authors=["A"])
    passages = (
        "SELECT p.id FROM rag_passage p JOIN rag_indexgeneration g ON g.id = p.generation_id"
        " JOIN rag_document d ON d.id = g.document_id WHERE d.book_id = %s AND p.embedding IS NOT NULL ORDER BY p.id"
    )
    done_before = eventually(
        lambda: len(found := stack.sql(passages, [book["id"]])) > 40 and found, seconds=60, pause=0.05
    )
    done_before = stack.sql(passages, [book["id"]])
    stack.kill("celery slow")
    job = librarian.get(f"/jobs/{book['job']}/").json()
    assert job["state"] == "running", job

    question = {"question": "What does the river of paper hold?"}
    refused = librarian.post(f"/rag/books/{book['id']}/query/", json=question)
    assert (refused.status_code, refused.json()["code"]) == (409, "index_not_ready")
    assert librarian.get(f"/rag/books/{book['id']}/index/").json()["state"] == "indexing"

    resumed = "SELECT attempt FROM jobs_job WHERE id = %s AND state = 'running' AND attempt = 2"
    eventually(lambda: stack.sql(resumed, [book["job"]]), seconds=60)
    assert wait_for_job(librarian, book["job"], seconds=240)["state"] == "done"
    done_after = stack.sql(passages, [book["id"]])
    assert set(done_before) <= set(done_after), "what was embedded before the kill was thrown away"
    (live, counted), *_ = stack.sql(
        "SELECT g.passage_count, (SELECT count(*) FROM rag_passage p WHERE p.generation_id = g.id AND p.embedding IS NOT NULL)"
        " FROM rag_document d JOIN rag_indexgeneration g ON g.id = d.live_generation_id WHERE d.book_id = %s",
        [book["id"]],
    )
    assert live == counted == len(done_after)
    assert librarian.post(f"/rag/books/{book['id']}/query/", json=question).status_code == 200


def test_restarted_redis_loses_no_job(stack, tmp_path):
    librarian = stack.client("librarian@example.org")
    held_up = add_book(librarian, write_pdf(tmp_path / "a.pdf", 25, seed=2), title=f"First {uuid4()}", authors=["A"])
    waiting = add_book(librarian, write_pdf(tmp_path / "b.pdf", 3, seed=3), title=f"Second {uuid4()}", authors=["A"])
    stack.kill("redis-server")
    eventually(lambda: "Redis stopped; starting it again." in stack.words, seconds=5)
    for book in (held_up, waiting):
        assert wait_for_job(librarian, book["job"], seconds=240)["state"] == "done"
    assert httpx.get(f"{stack.url}/healthz").status_code == 200


def test_killed_database_comes_back_with_all_that_was_committed(stack):
    reader = stack.client("reader@example.org")
    before = stack.sql("SELECT count(*) FROM catalog_copy")
    os.kill(stack.part("postgres -D"), signal.SIGKILL)
    eventually(lambda: "PostgreSQL stopped; starting it again." in stack.words, seconds=5)
    eventually(lambda: httpx.get(f"{stack.url}/healthz").status_code == 200, seconds=30, pause=0.5)
    assert stack.sql("SELECT count(*) FROM catalog_copy") == before
    eventually(lambda: reader.get("/me/").status_code == 200, seconds=10, pause=0.5)


def test_files_that_only_a_parser_sees_through_fail_in_words_and_hold_up_nobody(stack, tmp_path):
    librarian = stack.client("librarian@example.org")
    whole = write_pdf(tmp_path / "whole.pdf", 10, seed=4)
    cut_off = tmp_path / "cut.pdf"
    cut_off.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 10])
    encrypted = tmp_path / "encrypted.pdf"
    with pymupdf.open(whole) as document:
        document.save(encrypted, encryption=pymupdf.mupdf.PDF_ENCRYPT_AES_256, owner_pw="owner", user_pw="user")
    jobs = {
        path: add_book(librarian, path, title=f"{path.stem} {uuid4()}", authors=["A"])["job"]
        for path in (encrypted, cut_off, whole)
    }
    ended = {path: wait_for_job(librarian, job) for path, job in jobs.items()}
    assert [ended[path]["state"] for path in (encrypted, cut_off, whole)] == ["failed", "failed", "done"]
    assert "password" in ended[encrypted]["error"]
    assert "cut off" in ended[cut_off]["error"]


def test_stopping_a_job_stops_it(stack, tmp_path):
    librarian = stack.client("librarian@example.org")
    book = add_book(librarian, write_pdf(tmp_path / "long.pdf", 120, seed=5), title=f"Stopped {uuid4()}", authors=["A"])
    eventually(lambda: librarian.get(f"/jobs/{book['job']}/").json()["done"] > 0, seconds=60)
    assert librarian.post(f"/jobs/{book['job']}/cancel/").status_code == 200
    assert wait_for_job(librarian, book["job"], seconds=30)["state"] == "cancelled"
    assert librarian.get(f"/rag/books/{book['id']}/index/").json()["state"] in {"none", "failed"}


def test_web_process_has_loaded_no_ai_library(stack: Stack):
    """After sign-ins, searches, uploads and ten questions (from here and the tests before)."""
    reader = stack.client("reader@example.org")
    (book,), *_ = stack.sql(
        "SELECT book_id FROM rag_document WHERE live_generation_id IS NOT NULL ORDER BY book_id LIMIT 1"
    )
    for number in range(10):
        asked = reader.post(f"/rag/books/{book}/query/", json={"question": f"What is a cell, told in {number} words?"})
        assert asked.status_code == 200, asked.text
    reader.get("/books/", params={"q": "cell"})
    maps = Path(f"/proc/{stack.part('uvicorn library.asgi')}/maps").read_text()
    assert [
        name for name in ("torch", "openvino", "onnxruntime", "mupdf", "tokenizers", "sklearn") if name in maps
    ] == []
    embedder = Path(f"/proc/{stack.part('manage.py embedder')}/maps").read_text()
    assert "openvino" in embedder, "the check would not see it"


def test_embedder_away_is_told_and_mended(stack: Stack):
    reader = stack.client("reader@example.org")
    indexed = "SELECT book_id FROM rag_document WHERE live_generation_id IS NOT NULL ORDER BY book_id LIMIT 1"
    ((book,),) = eventually(lambda: stack.sql(indexed), seconds=180)
    address, question = f"/rag/books/{book}/query/", {"question": f"What is {uuid4()} made of?"}
    stack.kill("manage.py embedder")
    away = reader.post(address, json=question)
    assert (away.status_code, away.json()["by_meaning"], away.json()["supported"]) == (200, False, False)
    eventually(lambda: reader.post(address, json=question).json()["by_meaning"], seconds=60, pause=1)
