"""Generations of book vectors for staff: the admin and the command."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from catalog.models import BookGeneration
from catalog.semantic import vectors
from catalog.tests.factories import make_book
from library.jobs import services as jobs
from library.jobs.models import Job, JobState
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_bookgeneration_changelist")


@pytest.fixture
def building() -> BookGeneration:
    make_book()
    vectors.check()
    return BookGeneration.objects.get()


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_librarian_sees_the_share_and_the_progress_and_may_stop_it(building):
    client = signed_in(make_librarian())
    assert "0 of 1 (0 %)" in client.get(LIST).text
    response = client.get(reverse("admin:catalog_bookgeneration_change", args=[building.pk]))
    assert_valid(response.content)
    job = Job.objects.get()
    assert reverse("jobs:progress", args=[job.pk]) in response.text
    assert reverse("jobs:cancel", args=[job.pk]) in response.text
    assert client.post(reverse("jobs:cancel", args=[job.pk])).status_code == 302
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_librarian_goes_on_with_what_was_stopped(building):
    librarian = make_librarian()
    jobs.cancel(job=Job.objects.get(), by=librarian)
    asked = {"action": "go_on", "_selected_action": [str(building.pk)]}
    assert "A worker embeds them." in signed_in(librarian).post(LIST, asked, follow=True).text
    assert Job.objects.open().get().requested_by == librarian


def test_readers_and_strangers_see_nothing_and_nobody_changes_a_generation_by_hand(building):
    one = reverse("admin:catalog_bookgeneration_change", args=[building.pk])
    assert signed_in(make_user()).get(LIST).status_code in {302, 403}
    assert Client().get(LIST).status_code == 302
    admin = signed_in(make_user(Role.ADMINISTRATOR))
    assert admin.post(one, {"model": "another"}).status_code == 403
    assert admin.get(reverse("admin:catalog_bookgeneration_add")).status_code == 403
    assert admin.post(reverse("admin:catalog_bookgeneration_delete", args=[building.pk])).status_code == 403


def test_as_many_queries_for_thirty_records_as_for_one(building):
    client = signed_in(make_librarian())
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for _ in range(29):
        make_book()
    with CaptureQueriesContext(connection) as many:
        assert "0 of 30 (0 %)" in client.get(LIST).text
    assert len(many) == len(few)


def test_the_command_starts_the_job_and_says_how_far_it_is(capsys):
    call_command("book_vectors", "--status")
    assert "no generation yet" in capsys.readouterr().out
    make_book()
    call_command("book_vectors")
    assert str(Job.objects.get().pk) in capsys.readouterr().out
    call_command("book_vectors", "--status")
    said = capsys.readouterr().out
    assert "all-MiniLM-L6-v2 (being built), 384 dimensions: 0 of 1 records; job queued 0 %" in said
