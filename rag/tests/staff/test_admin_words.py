"""What the admin says of documents, readings and rebuildings, and how they are looked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_librarian
from catalog.tests.factories import make_book
from library.ai import embeddings
from library.jobs import services as jobs
from library.jobs.models import Job
from rag import recipes
from rag.indexes import spaces
from rag.models import Document, IndexGeneration, Rebuild
from rag.tests.texts import make_generation, make_text, put
from tests.html import assert_valid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
LIST = reverse("admin:rag_document_changelist")
READINGS = reverse("admin:rag_indexgeneration_changelist")
REBUILDS = reverse("admin:rag_rebuild_changelist")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_librarian())
    return client


def document(title: str = "On Rain", **values: Any) -> Document:
    made = make_text(["Rain fell all day."], title=title)
    made.generations.update(**{"chunker": recipes.wanted().chunker} | values)
    return made


def job_of(of: Document, state: str, error: str = "") -> None:
    put(jobs.enqueue(kind="index", subject=of), state, error)


def unread() -> Document:
    return Document.objects.create(book=make_book(title="Unread"))


def deleted() -> Document:
    return Document.objects.create(book=make_book(title="Unread"), index_deleted_at=timezone.now())


@pytest.mark.parametrize(
    ("make", "state", "said"),
    [
        (document, "", "can be asked"),
        (document, "done", "can be asked"),
        (document, "queued", "can be asked, being read anew"),
        (document, "running", "can be asked, being read anew"),
        (document, "failed", "can be asked, last reading failed"),
        (document, "cancelled", "can be asked"),
        (lambda: document(chunker="old"), "", "can be asked, out of date"),
        (lambda: document(chunker="old"), "failed", "can be asked, out of date"),
        (unread, "queued", "being read"),
        (unread, "running", "being read"),
        (unread, "failed", "failed"),
        (unread, "cancelled", "stopped"),
        (deleted, "done", "deleted"),
        (deleted, "running", "deleted"),
    ],
)
def test_list_says_in_a_few_words_how_each_stands(staff, make, state, said):
    of = make()
    if state:
        job_of(of, state)
    assert f'<td class="field-stands">{said}</td>' in staff.get(LIST).text


def test_only_the_latest_reading_counts(staff):
    of = document()
    job_of(of, "failed")
    job_of(of, "done")
    assert '<td class="field-stands">can be asked</td>' in staff.get(LIST).text


def test_list_shows_numbers_model_language_and_note(staff):
    document(note="Page 3 could not be read.", language="de", page_count=12, passage_count=345)
    shown = staff.get(LIST)
    assert_valid(shown.content)
    for words in ("On Rain", ">12<", ">345<", "tiny-6", ">de<", "Page 3 could not be read."):
        assert words in shown.text


def test_filters_find_what_a_librarian_would_do_something_about(staff):
    fine, stale, noted = document("Fine"), document("Stale", chunker="old"), document("Noted", note="Unusual.")
    reading, failed, gone = unread(), document("Failed"), deleted()
    job_of(reading, "running")
    job_of(failed, "failed")
    job_of(gone, "failed")
    expected = {
        "ready": {fine, stale, noted, failed},
        "stale": {stale},
        "under_way": {reading},
        "failed": {failed},
        "noted": {noted},
        "deleted": {gone},
        "nonsense": {fine, stale, noted, reading, failed, gone},
    }
    for wish, found in expected.items():
        assert set(staff.get(LIST, {"index": wish}).context["cl"].queryset) == found, wish


def test_books_are_looked_for_by_their_title(staff):
    found = document("The Mill on the River")
    document("Of Whales")
    assert list(staff.get(LIST, {"q": "mill"}).context["cl"].queryset) == [found]
    assert list(staff.get(READINGS, {"q": "mill"}).context["cl"].queryset) == [found.live_generation]
    assert not staff.get(LIST, {"q": "nothing"}).context["cl"].queryset


def test_document_shows_all_its_readings_its_languages_and_why_the_last_failed(staff):
    of = document()
    make_generation(of, chunker="older", note="A note of old.")
    job_of(of, "failed", "The file is empty.")
    shown = staff.get(reverse("admin:rag_document_change", args=[of.pk]))
    assert_valid(shown.content)
    for words in ("The file is empty.", "A note of old.", ">en<", "older"):
        assert words in shown.text


def test_document_without_a_book_can_be_looked_at_and_not_read_anew(staff):
    of = Document.objects.create(book=None)
    shown = staff.get(reverse("admin:rag_document_change", args=[of.pk]))
    assert_valid(shown.content)
    again = reverse("admin:rag_document_reindex", args=[of.pk])
    assert again not in shown.text
    done = staff.post(again, {"sure": "yes"}, follow=True)
    assert "will be read anew" not in done.text
    assert not Job.objects.exists()


def test_document_that_is_gone_is_not_found(staff):
    of = document()
    addresses = [reverse(f"admin:rag_document_{name}", args=[of.pk]) for name in ("reindex", "delete_index")]
    of.delete()
    assert [staff.get(address).status_code for address in addresses] == [404, 404]
    assert [staff.post(address, {"sure": "yes"}).status_code for address in addresses] == [404, 404]


@pytest.mark.parametrize(
    ("action", "question"),
    [("reindex_chosen", "Read it anew?"), ("delete_chosen", "Delete the index?")],
)
def test_chosen_books_are_named_before_anything_happens_to_them(staff, action, question):
    chosen = [document("The Mill"), document("Of <Whales>")]
    asked = staff.post(LIST, {"action": action, "_selected_action": [str(one.pk) for one in chosen]})
    assert_valid(asked.content)
    assert question in asked.text
    assert "The Mill" in asked.text
    assert "Of &lt;Whales&gt;" in asked.text
    assert IndexGeneration.objects.count() == 2


def test_of_many_at_once_each_refusal_is_named_and_the_others_are_done(staff):
    good, bad = document("The Mill"), unread()
    chosen = [str(one.pk) for one in (good, bad)]
    done = staff.post(LIST, {"action": "delete_chosen", "_selected_action": chosen, "sure": "yes"}, follow=True)
    assert "1 index is deleted." in done.text
    assert "Unread: This book has no index." in done.text
    good.refresh_from_db()
    assert good.index_deleted_at is not None


def test_reading_says_whether_it_answers(staff):
    of = document()
    make_generation(of, chunker="older")
    shown = staff.get(READINGS)
    assert_valid(shown.content)
    assert shown.text.count('alt="True"') == 1
    assert shown.text.count('alt="False"') == 1


def test_nobody_writes_readings_or_rebuildings_by_hand(staff):
    of = document()
    rebuild = Rebuild.objects.create(space=spaces.space_of(embeddings.spec()), chunker="c")
    for model, pk in (("indexgeneration", of.live_generation_id), ("rebuild", rebuild.pk)):
        assert staff.get(reverse(f"admin:rag_{model}_add")).status_code == 403
        assert staff.post(reverse(f"admin:rag_{model}_change", args=[pk]), {}).status_code == 403
        assert staff.post(reverse(f"admin:rag_{model}_delete", args=[pk]), {"post": "yes"}).status_code == 403
    assert IndexGeneration.objects.exists()
    assert Rebuild.objects.exists()


def test_rebuilding_that_is_not_needed_is_said_to_be_none(staff):
    document()
    assert "Nothing is being indexed anew." in staff.post(reverse("admin:rag_rebuild_stop"), follow=True).text
    assert "Every index is as it should be." in staff.post(reverse("admin:rag_rebuild_resume"), follow=True).text
    assert not Rebuild.objects.exists()


def test_list_of_rebuildings_takes_as_many_queries_for_many_as_for_two(staff):
    space = document().generations.get().space
    values = {"space": space, "chunker": "c", "state": "done", "ended_at": timezone.now()}
    Rebuild.objects.bulk_create(Rebuild(**values) for _ in range(2))
    staff.get(REBUILDS)
    with CaptureQueriesContext(connection) as few:
        staff.get(REBUILDS)
    Rebuild.objects.bulk_create(Rebuild(**values) for _ in range(8))
    with CaptureQueriesContext(connection) as many:
        shown = staff.get(REBUILDS)
    assert len(many) == len(few)
    assert shown.text.count("tiny-6 (6)") >= 10


def test_first_page_of_the_admin_warns_who_may_do_something_about_it(staff):
    document(chunker="old")
    assert "1 of 1 books answers from an index" in staff.get(reverse("admin:index")).text
