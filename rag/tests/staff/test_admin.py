from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import make_librarian
from rag.models import Document, IndexGeneration
from rag.tests.factories import make_digital_book

pytestmark = pytest.mark.django_db


def make_document() -> Document:
    document = Document.objects.create(book=make_digital_book(b"x"))
    generation = IndexGeneration.objects.create(
        document=document, source_sha256="a", model="m", dimensions=3, chunker="c", page_count=12, passage_count=34
    )
    document.live_generation = generation
    document.save()
    return document


@pytest.mark.parametrize("model", ["document", "indexgeneration"])
def test_lists_take_as_many_queries_for_many_rows_as_for_two(client, model):
    client.force_login(make_librarian())
    address = reverse(f"admin:rag_{model}_changelist")
    make_document(), make_document()
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        assert client.get(address).status_code == 200
    for _ in range(8):
        make_document()
    with CaptureQueriesContext(connection) as many:
        shown = client.get(address)
    assert len(many) == len(few)
    assert "34" in shown.content.decode()


def test_nothing_is_changed_by_hand(client):
    client.force_login(make_librarian())
    document = make_document()
    address = reverse("admin:rag_document_change", args=[document.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {}).status_code == 403
    assert client.get(reverse("admin:rag_document_add")).status_code == 403
