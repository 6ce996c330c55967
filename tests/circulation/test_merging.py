"""What other apps keep of a book goes along when its record is merged into another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.tests.factories import make_user
from aistudy.models import Artifact, ArtifactState
from catalog.models import Book
from catalog.services import create_book, merge_books
from catalog.tests.factories import pdf
from rag.models import Document

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def digital(title: str) -> Book:
    """A record with a file of its own, and its document."""
    content = b"%PDF-1.7\n" + title.encode()
    return create_book(title=title, authors=[], by=None, file=pdf(content, name=f"{title}.pdf")).book


def artifact(book: Book, **values: Any) -> Artifact:
    ready = {"kind": "summary", "language": "en", "state": ArtifactState.READY, "content": {"text": "So it is."}}
    return Artifact.objects.create(document=Document.objects.get(book=book), **ready | values)


def test_the_index_and_all_study_content_go_along_with_the_file():
    keep, other = create_book(title="Print", authors=[], by=None).book, digital("Digital")
    document, made = Document.objects.get(book=other), artifact(other)
    merge_books(keep=keep, merged=other, by=None)
    assert Document.objects.get() == document
    assert Document.objects.get().book == keep
    assert Artifact.objects.get() == made


@pytest.mark.parametrize("whose", ["keep", "merged"])
def test_of_two_files_the_index_of_the_one_that_stays_stays_and_readers_keep_their_own_work(whose):
    keep, other = digital("First"), digital("Second")
    stays, goes = (keep, other) if whose == "keep" else (other, keep)
    reader, document = make_user(), Document.objects.get(book=stays)
    library, lost = artifact(stays), artifact(goes)
    own = artifact(goes, owner=reader)
    merge_books(keep=keep, merged=other, by=None, file=whose)
    document.refresh_from_db()
    own.refresh_from_db()
    assert list(Document.objects.all()) == [document]
    assert document.book == keep
    assert (own.document, own.state, own.content) == (document, ArtifactState.STALE, {"text": "So it is."})
    assert Artifact.objects.filter(pk=library.pk, state=ArtifactState.READY).exists()
    assert not Artifact.objects.filter(pk=lost.pk).exists()


def test_what_a_reader_has_from_both_stays_as_the_record_that_stays_has_it():
    keep, other = digital("First"), digital("Second")
    reader = make_user()
    ours, _theirs = artifact(keep, owner=reader), artifact(other, owner=reader)
    merge_books(keep=keep, merged=other, by=None, file="keep")
    assert Artifact.objects.get() == ours
