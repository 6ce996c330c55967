"""What readers had made for themselves goes along when their book's record goes into another one."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import make_user
from aistudy import services
from aistudy.models import Artifact, ArtifactState
from catalog.tests.factories import make_book
from rag.models import Document
from rag.signals import document_merging

pytestmark = pytest.mark.django_db
CONTENT: dict[str, Any] = {"sentences": [], "words": 0}


@pytest.fixture
def goes() -> Document:
    return Document.objects.create(book=make_book(title="Goes"))


@pytest.fixture
def stays() -> Document:
    return Document.objects.create(book=make_book(title="Stays"))


def make_artifact(document: Document, owner: User | None, **values: Any) -> Artifact:
    ready = {"kind": "summary", "language": "en", "state": ArtifactState.READY, "content": CONTENT}
    return Artifact.objects.create(document=document, owner=owner, **(ready | values))


def test_it_goes_along_out_of_date(goes, stays):
    own = make_artifact(goes, make_user())
    services.move_own_work(document=goes, kept=stays)
    own.refresh_from_db()
    assert (own.document, own.state, own.content, own.generation) == (stays, "stale", CONTENT, None)


def test_what_the_library_made_does_not(goes, stays):
    library_own = make_artifact(goes, None)
    services.move_own_work(document=goes, kept=stays)
    library_own.refresh_from_db()
    assert (library_own.document, library_own.state) == (goes, "ready")


def test_what_they_have_of_the_one_that_stays_is_not_replaced(goes, stays):
    me = make_user()
    theirs, newer = make_artifact(goes, me), make_artifact(stays, me)
    german = make_artifact(goes, me, language="de")
    services.move_own_work(document=goes, kept=stays)
    for artifact in (theirs, newer, german):
        artifact.refresh_from_db()
    assert (theirs.document, newer.document, newer.state) == (goes, stays, "ready")
    assert (german.document, german.state) == (stays, "stale")


def test_another_readers_work_is_no_reason_to_leave_mine(goes, stays):
    make_artifact(stays, make_user())
    mine = make_artifact(goes, make_user())
    services.move_own_work(document=goes, kept=stays)
    mine.refresh_from_db()
    assert mine.document == stays


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_is_being_written_is_left_to_its_job(goes, stays, state):
    under_way = make_artifact(goes, make_user(), state=state)
    services.move_own_work(document=goes, kept=stays)
    under_way.refresh_from_db()
    assert (under_way.document, under_way.state) == (goes, state)


def test_what_failed_without_content_is_nothing_to_take_along(goes, stays):
    failed = make_artifact(goes, make_user(), state="failed", content=None)
    services.move_own_work(document=goes, kept=stays)
    failed.refresh_from_db()
    assert failed.document == goes


def test_where_no_document_stays_nothing_is_moved(goes):
    own = make_artifact(goes, make_user())
    services.move_own_work(document=goes, kept=None)
    own.refresh_from_db()
    assert (own.document, own.state) == (goes, "ready")


def test_the_merge_of_two_records_asks_for_it(goes, stays):
    own = make_artifact(goes, make_user())
    document_merging.send(sender=Document, document=goes, kept=stays)
    goes.delete()
    own.refresh_from_db()
    assert own.document == stays
