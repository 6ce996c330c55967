"""The summary of a book: made by itself after the index, remade with it, shown with its pages."""

from __future__ import annotations

from typing import Any

import html5lib
import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from aistudy import queries, writing
from aistudy.models import Artifact
from catalog.models import Book
from library.jobs import services as jobs
from library.jobs.models import Job
from library.jobs.tasks import perform
from rag import queries as rag
from rag import services
from rag.indexes.generation_build import build_index
from rag.models import Document, Page
from rag.tests import pdfs
from rag.tests.factories import give_file, index, live_generation, make_digital_book, make_indexed_book
from rag.text.sentences import fold_space

pytestmark = [pytest.mark.django_db, pytest.mark.model, pytest.mark.usefixtures("embedder")]


def waiting(book: Book) -> Job:
    return Job.objects.get(kind="summary", state="queued", subject_id=artifact(book).pk)


def artifact(book: Book) -> Artifact:
    return Artifact.objects.get(document__book=book)


def sentences(book: Book) -> list[dict[str, Any]]:
    content = artifact(book).content
    assert content is not None
    found: list[dict[str, Any]] = content["sentences"]
    return found


def text_of(book: Book, number: int) -> str:
    return Page.objects.get(generation=live_generation(book), number=number).text or ""


def write(job: Job) -> Job:
    perform(job.pk, writing.write)
    job.refresh_from_db()
    return job


def panel(book: Book, user: Any) -> str:
    context = {
        "book": book,
        "artifacts": queries.artifacts(rag.find_document(book), user),
        "index": rag.index_state(book),
        "user": user,
    }
    made = render_to_string("aistudy/_study_panel.html", context | {"jobs": Job.objects.open().filter(kind="summary")})
    html5lib.HTMLParser(strict=True).parseFragment(made)
    return made


def test_index_asks_for_a_summary_and_a_worker_writes_it():
    book = make_indexed_book()
    assert artifact(book).state == "queued"
    assert write(waiting(book)).state == "done"
    found = artifact(book)
    assert (found.state, found.writer, found.owner, found.language) == ("ready", "extractive", None, "en")
    assert found.generation == live_generation(book)
    assert len(sentences(book)) >= 4
    assert found.content is not None
    assert found.content["words"] == sum(len(sentence["text"].split()) for sentence in sentences(book))
    for sentence in sentences(book):
        text = text_of(book, sentence["page"])
        assert fold_space(text[sentence["start"] : sentence["end"]]) == sentence["text"]


def test_whoever_added_the_file_asked_for_the_summary():
    librarian = make_librarian()
    book = make_digital_book()
    job = services.start_index(book=book, by=librarian)
    perform(job.pk, build_index)
    assert waiting(book).requested_by == librarian


def test_new_index_writes_the_summary_anew_and_hides_the_old_one():
    book = make_indexed_book()
    write(waiting(book))
    give_file(book, pdfs.as_bytes(pdfs.book(pdfs.CHAPTERS[:2])))
    index(book)
    assert (artifact(book).state, artifact(book).content) == ("queued", None)
    assert write(waiting(book)).state == "done"
    assert max(sentence["page"] for sentence in sentences(book)) <= 2
    assert Artifact.objects.count() == 1


def test_book_read_anew_while_the_summary_is_written_gets_the_new_one(monkeypatch):
    book = make_indexed_book()
    job = waiting(book)
    real = writing.store
    done: list[bool] = []

    def replaced(*arguments: Any) -> None:
        if not done:
            done.append(True)
            give_file(book, pdfs.as_bytes(pdfs.book(pdfs.CHAPTERS[:2])))
            index(book)
        real(*arguments)

    monkeypatch.setattr(writing, "store", replaced)
    assert write(job).state == "done"
    assert artifact(book).generation == live_generation(book)
    assert max(sentence["page"] for sentence in sentences(book)) <= 2


def test_index_that_comes_as_the_summary_ends_gets_a_summary_of_its_own():
    book = make_indexed_book()
    job = waiting(book)

    def finishes_too_early(run: Any) -> None:
        writing.write(run)
        give_file(book, pdfs.as_bytes(pdfs.book(pdfs.CHAPTERS[:2])))
        index(book)

    perform(job.pk, finishes_too_early)
    assert waiting(book).pk != job.pk
    assert write(waiting(book)).state == "done"
    assert artifact(book).generation == live_generation(book)


def test_book_of_tables_fails_with_a_sentence():
    rows = [[f"{n}00 {n}01 XXXX read and write register {n}" for n in range(9)]]
    book = make_indexed_book(pdfs.as_bytes(pdfs.book(rows)))
    assert write(waiting(book)).state == "failed"
    assert artifact(book).state == "failed"
    assert "no sentences" in artifact(book).error
    assert "no sentences" in panel(book, make_user())


def test_stopped_summary_is_cancelled():
    book = make_indexed_book()
    jobs.cancel(job=waiting(book), by=make_user(Role.ADMINISTRATOR))
    assert artifact(book).state == "cancelled"


def test_killed_worker_leaves_no_half_summary(monkeypatch):
    book = make_indexed_book()
    job = waiting(book)

    def dies(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(writing, "store", dies)
        with pytest.raises(KeyboardInterrupt):
            perform(job.pk, writing.write)
    assert (artifact(book).state, artifact(book).content) == ("running", None)
    Job.objects.filter(pk=job.pk).update(state="queued", lease_id=None, lease_until=None)
    assert write(job).state == "done"


def test_api_shows_every_artifact_in_the_promised_shape():
    book, client = make_indexed_book(), APIClient()
    client.force_authenticate(make_user())
    address = f"/api/v1/books/{book.pk}/study/"
    (before,) = client.get(address).json()["artifacts"]
    assert (before["state"], before["content"]) == ("queued", None)
    write(waiting(book))
    (row,) = client.get(address).json()["artifacts"]
    assert set(row) == {"kind", "language", "mine", "state", "writer", "created_at", "content"}
    assert (row["kind"], row["mine"], row["state"], row["writer"]) == ("summary", False, "ready", "extractive")
    assert set(row["content"]["sentences"][0]) == {"text", "page", "start", "end"}


def test_api_is_for_who_may_read_the_book():
    book, client = make_digital_book(is_public=False), APIClient()
    address = f"/api/v1/books/{book.pk}/study/"
    assert client.get(address).status_code == 401
    client.force_authenticate(make_user())
    refused = client.get(address)
    assert (refused.status_code, refused.json()["code"]) == (403, "book_confidential")
    client.force_authenticate(make_librarian())
    assert client.get(address).json() == {"artifacts": []}
    assert client.get("/api/v1/books/999999/study/").status_code == 404


def test_others_own_content_is_not_shown():
    book, me, other = make_digital_book(), make_user(), make_user()
    document = Document.objects.create(book=book)
    for owner in (None, me, other):
        Artifact.objects.create(document=document, kind="summary", language="en", owner=owner)
    assert [made.owner for made in queries.artifacts(rag.find_document(book), me)] == [None, me]


def test_panel_on_the_way_from_nothing_to_a_reading_path():
    book, user = make_digital_book(), make_user()
    assert "Nothing to study yet" in panel(book, user)
    assert index(book).state == "done"
    assert f"job-{waiting(book).pk}" in panel(book, user)
    write(waiting(book))
    shown = panel(book, user)
    first = sentences(book)[0]
    assert f"/books/{book.pk}/pages/{first['page']}/?mark={first['start']}-{first['end']}" in shown
    assert "without a model" in shown


def test_admin_list_takes_as_many_queries_for_many_rows_as_for_two(client):
    client.force_login(make_librarian())
    address = reverse("admin:aistudy_artifact_changelist")

    def more(count: int) -> None:
        for _ in range(count):
            document = Document.objects.create(book=make_digital_book(b"x"))
            Artifact.objects.create(document=document, kind="summary", language="en")

    more(2)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        assert client.get(address).status_code == 200
    more(8)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
    assert client.get(reverse("admin:aistudy_artifact_add")).status_code == 403
