"""A text is asked by its document; a book is only the door to it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.tests.factories import make_librarian, make_user
from catalog.errors import BookConfidential
from catalog.tests.factories import make_book
from library.ai import embeddings
from rag import errors, queries
from rag.answers.services import answer
from rag.indexes import spaces
from rag.models import Document, GenerationState, IndexGeneration, Page, Passage

pytestmark = pytest.mark.django_db

BOOKS = [
    ({}, True),
    ({"is_public": False}, False),
    ({"is_suppressed": True}, False),
    ({"is_public": False, "is_suppressed": True}, False),
]


@pytest.mark.parametrize(("values", "is_readers"), BOOKS)
@pytest.mark.parametrize("make_viewer", [make_user, AnonymousUser])
def test_a_document_is_as_visible_as_its_book_and_lists_say_the_same(values, is_readers, make_viewer):
    document = Document.objects.create(book=make_book(**values))
    viewer = make_viewer()
    assert document.visible_to(viewer) == is_readers
    assert Document.objects.visible_to(viewer).filter(pk=document.pk).exists() == is_readers
    if not is_readers:
        with pytest.raises(BookConfidential):
            document.check_visible_to(viewer)


@pytest.mark.parametrize(("values", "is_readers"), BOOKS)
def test_staff_see_every_document(values, is_readers):
    document, staff = Document.objects.create(book=make_book(**values)), make_librarian()
    document.check_visible_to(staff)
    assert list(Document.objects.visible_to(staff)) == [document]


def test_a_document_of_no_book_is_for_staff_alone():
    document = Document.objects.create(book=None)
    document.check_visible_to(make_librarian())
    assert not Document.objects.visible_to(make_user()).exists()
    with pytest.raises(errors.DocumentConfidential) as refusal:
        document.check_visible_to(make_user())
    assert refusal.value.status == 403


def test_title_and_language_are_those_of_its_book():
    document = Document.objects.create(book=make_book(title="Der Wal", language="de"))
    assert (document.title, document.language) == ("Der Wal", "de")
    alone = Document.objects.create(book=None)
    assert (alone.title, alone.language) == (str(alone.pk), "en")


def test_the_door_refuses_who_may_not_read_before_it_says_how_the_index_stands():
    book = make_book(is_public=False)
    with pytest.raises(BookConfidential):
        queries.document_of(book, viewer=make_user())
    with pytest.raises(errors.IndexNotReady, match="no digital file"):
        queries.document_of(book, viewer=make_librarian())


def test_a_document_that_went_meanwhile_says_that_it_cannot_be_asked():
    document = Document.objects.create(book=make_book())
    Document.objects.all().delete()
    with pytest.raises(errors.IndexNotReady):
        queries.read_again(document)


@pytest.mark.model
@pytest.mark.usefixtures("embedder")
def test_a_text_of_no_book_answers_as_that_of_a_book_does():
    text = "The reading room opens at nine in the morning on every working day."
    document = Document.objects.create(book=None)
    model = embeddings.spec()
    generation = IndexGeneration.objects.create(
        document=document,
        space=spaces.space_of(model),
        model=model.name,
        dimensions=model.dimensions,
        chunker="c",
        source_sha256="a",
        state=GenerationState.READY,
        ready_at=timezone.now(),
        page_count=1,
        passage_count=1,
    )
    Page.objects.create(generation=generation, number=1, text=text)
    Passage.objects.create(
        generation=generation,
        space=generation.space,
        ordinal=0,
        first_page=1,
        last_page=1,
        start=0,
        end=len(text),
        text=text,
        text_hash="t",
        language="en",
        embedding=embeddings.for_questions(model.name).embed([text], "passage")[0],
    )
    document.live_generation = generation
    document.save()

    found = answer(document=document, question="When does the reading room open?", viewer=make_librarian())

    assert found.supported
    assert (found.sources[0].quote, found.sources[0].url) == (text, "")
    with pytest.raises(errors.DocumentConfidential):  # not from the cache either
        answer(document=document, question="When does the reading room open?", viewer=make_user())
