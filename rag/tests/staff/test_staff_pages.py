"""Reindexing, deleting and rebuilding on the pages of staff: the admin and the book's own page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from library.jobs.models import Job
from rag import queries, services
from rag.indexes import rebuilding
from rag.models import Document, IndexGeneration, Rebuild
from rag.tests.factories import live_generation, make_digital_book, make_indexed_book, work
from tests.html import assert_valid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
LIST = reverse("admin:rag_document_changelist")
REBUILDS = reverse("admin:rag_rebuild_changelist")


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff() -> Client:
    return signed_in(make_librarian())


def document_of(book: Any) -> Document:
    return Document.objects.get(book=book)


def admin_page(book: Any, name: str = "change") -> str:
    return reverse(f"admin:rag_document_{name}", args=[document_of(book).pk])


# -- the admin ----------------------------------------------------------------------------------------------------


def test_list_says_how_each_stands(staff):
    ready, failed, deleted, waiting = make_indexed_book(), make_digital_book(b"%PDF-1.7\n"), make_indexed_book(), None
    services.start_index(book=failed, by=None)
    work()
    services.delete_index(book=deleted, by=None)
    waiting = make_digital_book()
    services.start_index(book=waiting, by=None)
    shown = staff.get(LIST)
    assert_valid(shown.content)
    for words in ("can be asked", "failed", "deleted", "being read"):
        assert f'field-stands">{words}</td>' in shown.text
    for wish, book in (("ready", ready), ("failed", failed), ("deleted", deleted), ("under_way", waiting)):
        found = staff.get(LIST, {"index": wish}).context["cl"].queryset
        assert [document.book for document in found] == [book], wish
    assert not staff.get(LIST, {"index": "stale"}).context["cl"].queryset


def test_list_takes_as_many_queries_for_many_rows_as_for_two(staff):
    make_indexed_book(), make_indexed_book()
    staff.get(LIST)
    with CaptureQueriesContext(connection) as few:
        staff.get(LIST)
    for _ in range(8):
        make_indexed_book()
    with CaptureQueriesContext(connection) as many:
        assert staff.get(LIST).status_code == 200
    assert len(many) == len(few)


def test_one_document_is_read_anew_after_a_question(staff):
    book = make_indexed_book()
    old = live_generation(book)
    page = staff.get(admin_page(book))
    assert_valid(page.content)
    assert admin_page(book, "reindex") in page.text
    question = staff.get(admin_page(book, "reindex"))
    assert_valid(question.content)
    assert not Job.objects.open().filter(kind="index").exists()
    done = staff.post(admin_page(book, "reindex"), {"sure": "yes"}, follow=True)
    assert "1 book will be read anew" in done.text
    job = Job.objects.open().get(kind="index")
    assert reverse("jobs:progress", args=[job.pk]) in done.text
    assert reverse("jobs:cancel", args=[job.pk]) in done.text
    work()
    assert live_generation(book) != old


def test_one_index_is_deleted_after_a_question(staff):
    book = make_indexed_book()
    assert "The file and the record stay" in staff.get(admin_page(book, "delete_index")).text
    assert IndexGeneration.objects.exists()
    done = staff.post(admin_page(book, "delete_index"), {"sure": "yes"}, follow=True)
    assert_valid(done.content)
    assert "1 index is deleted" in done.text
    assert admin_page(book, "delete_index") not in done.text
    assert not IndexGeneration.objects.exists()


@pytest.mark.parametrize(("action", "left"), [("reindex_chosen", 2), ("delete_chosen", 0)])
def test_many_at_once_after_a_question(staff, action, left):
    books = [make_indexed_book(), make_indexed_book()]
    asked = {"action": action, "_selected_action": [str(document_of(book).pk) for book in books]}
    question = staff.post(LIST, asked)
    assert_valid(question.content)
    assert IndexGeneration.objects.count() == 2
    staff.post(LIST, asked | {"sure": "yes"})
    assert Job.objects.open().filter(kind="index").count() == left
    assert Document.objects.filter(index_deleted_at=None).count() == left


def test_refusal_is_told(staff):
    book = make_indexed_book()
    book.digital_file.delete()
    done = staff.post(admin_page(book, "reindex"), {"sure": "yes"}, follow=True)
    assert "no digital file" in done.text


def test_note_and_failure_are_shown(staff):
    book = make_indexed_book()
    IndexGeneration.objects.update(note="Page 3 could not be read.", language="en")
    page = staff.get(admin_page(book)).text
    assert "Page 3 could not be read." in page


@pytest.mark.parametrize("name", ["change", "reindex", "delete_index"])
def test_documents_are_for_staff(name):
    book = make_indexed_book()
    assert signed_in(make_user()).get(admin_page(book, name)).status_code in {302, 403}
    assert Client().get(admin_page(book, name)).status_code == 302


def test_librarian_without_the_permission_may_look_and_no_more():
    book, librarian = make_indexed_book(), make_librarian()
    rights = Permission.objects.filter(codename__in=["add_indexgeneration", "delete_indexgeneration"])
    Group.objects.get(name=Role.LIBRARIAN).permissions.remove(*rights)
    client = signed_in(librarian)
    page = client.get(admin_page(book))
    assert page.status_code == 200
    assert admin_page(book, "reindex") not in page.text
    for name in ("reindex", "delete_index"):
        assert client.post(admin_page(book, name), {"sure": "yes"}).status_code == 403
    asked = {"action": "delete_chosen", "_selected_action": [str(document_of(book).pk)], "sure": "yes"}
    client.post(LIST, asked)
    assert IndexGeneration.objects.exists()


def test_rebuilding_is_seen_stopped_and_gone_on_with(staff, settings):
    make_indexed_book(), make_indexed_book()
    assert "Every index is by tiny-6 (6)" in staff.get(REBUILDS).text
    assert "banner-note" not in staff.get(reverse("admin:index")).text
    settings.EMBEDDING_MODEL = "tiny-8"
    rebuilding.check()
    for address in (REBUILDS, LIST, reverse("admin:index")):
        page = staff.get(address)
        assert "2 of 2 books answer from indexes that were not made by tiny-8 (8)" in page.text
    stop, resume = reverse("admin:rag_rebuild_stop"), reverse("admin:rag_rebuild_resume")
    assert stop in staff.get(REBUILDS).text
    assert "It is being stopped." in staff.post(stop, follow=True).text
    assert Rebuild.objects.get().state == "cancelled"
    stopped = staff.get(REBUILDS).text
    assert stop not in stopped
    assert resume in stopped
    assert "A worker goes on with it." in staff.post(resume, follow=True).text
    work()
    assert "Every index is by tiny-8 (8)" in staff.get(REBUILDS).text
    assert staff.get(stop).status_code == 405
    reader = signed_in(make_user())
    assert reader.post(stop).status_code in {302, 403}
    assert reader.post(resume).status_code in {302, 403}


# -- the book's own page ------------------------------------------------------------------------------------------


def test_book_page_shows_staff_how_the_index_stands(staff):
    book = make_indexed_book()
    IndexGeneration.objects.update(note="Page 3 could not be read.")
    shown = staff.get(book.get_absolute_url())
    assert_valid(shown.content)
    assert "Its 4 pages can be asked, by tiny-6." in shown.text
    assert "Page 3 could not be read." in shown.text
    assert reverse("rag:reindex", args=[book.pk]) in shown.text
    reader = signed_in(make_user()).get(book.get_absolute_url()).text
    assert "can be asked, by" not in reader
    assert reverse("rag:reindex", args=[book.pk]) not in reader


def test_book_page_has_a_book_read_anew_and_shows_how_far_it_is(staff):
    book = make_indexed_book()
    shown = staff.post(reverse("rag:reindex", args=[book.pk]), follow=True)
    assert_valid(shown.content)
    job = Job.objects.open().get(kind="index")
    assert "A worker reads the book." in shown.text
    assert reverse("jobs:progress", args=[job.pk]) in shown.text
    assert reverse("rag:reindex", args=[book.pk]) not in shown.text, "nothing to ask for while it is under way"


def test_book_page_deletes_an_index_after_a_question_and_reads_it_again(staff):
    book = make_indexed_book()
    address = reverse("rag:delete-index", args=[book.pk])
    assert address in staff.get(book.get_absolute_url()).text
    assert_valid(staff.get(address).content)
    shown = staff.post(address, follow=True)
    assert_valid(shown.content)
    assert "Its index was deleted" in shown.text
    assert address not in shown.text
    assert staff.get(address).status_code == staff.post(address).status_code == 404
    staff.post(reverse("rag:reindex", args=[book.pk]))
    work()
    assert queries.index_state(book).state == "ready"


def test_book_page_says_why_reading_failed(staff):
    book = make_digital_book(b"%PDF-1.7\n")
    services.start_index(book=book, by=None)
    work()
    shown = staff.get(book.get_absolute_url())
    assert_valid(shown.content)
    assert queries.index_state(book).error in shown.text
    assert "Try again" in shown.text


@pytest.mark.parametrize("name", ["rag:reindex", "rag:delete-index"])
def test_buttons_of_the_book_page_are_for_staff(name):
    book = make_indexed_book()
    address = reverse(name, args=[book.pk])
    assert Client().post(address).status_code == 302
    assert signed_in(make_user()).post(address).status_code == 403
    assert live_generation(book)
    assert not Job.objects.open().filter(kind="index").exists()
