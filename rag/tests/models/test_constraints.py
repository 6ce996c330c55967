"""What the database itself refuses, whoever writes to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.tests.factories import make_book
from rag.models import (
    Document,
    GenerationTerm,
    IndexGeneration,
    LibraryTermChange,
    Page,
    Rebuild,
    Section,
    VectorSpace,
)
from rag.tests.texts import make_generation, make_passage, make_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
NOW = timezone.now()


def generation() -> IndexGeneration:
    return make_generation(Document.objects.create(book=None))


def twice(make: Callable[[IndexGeneration], Any]) -> Callable[[], None]:
    def both() -> None:
        of = generation()
        make(of)
        make(of)

    return both


def section(of: IndexGeneration, **values: Any) -> Section:
    whole: dict[str, Any] = {"ordinal": 0, "level": 1, "title": "t", "path": ["t"], "page": 1, "start": 0}
    return Section.objects.create(generation=of, **whole | values)


def rebuild(**values: Any) -> Rebuild:
    return Rebuild.objects.create(**{"space_id": generation().space_id, "chunker": "c"} | values)


def two_of_one_book() -> None:
    book = make_book()
    Document.objects.create(book=book)
    Document.objects.create(book=book)


def two_builds() -> None:
    document = Document.objects.create(book=None)
    for _ in range(2):
        make_generation(document, state="building", ready_at=None)


def deleted_and_answering() -> None:
    document = make_text(["Rain fell."])
    document.index_deleted_at = NOW
    document.save()


REFUSED: dict[str, Callable[[], Any]] = {
    "vector_space_once": lambda: [VectorSpace.objects.create(model="m", dimensions=3) for _ in range(2)],
    "vector_space_has_dimensions": lambda: VectorSpace.objects.create(model="m", dimensions=0),
    "rag_document_book_id": two_of_one_book,
    "document_deleted_index_answers_nothing": deleted_and_answering,
    "generation_one_building_per_document": two_builds,
    "generation_ready_at_exactly_when_ready": lambda: make_generation(
        Document.objects.create(book=None), ready_at=None
    ),
    "page_once_per_generation": twice(lambda of: Page.objects.create(generation=of, number=1)),
    "page_number_from_one": lambda: Page.objects.create(generation=generation(), number=0),
    "section_ordinal_once": twice(section),
    "section_level_and_page_from_one": lambda: section(generation(), level=0),
    "passage_once_per_generation": twice(
        lambda of: make_passage(of, of.passages.count(), "Rain fell.", text_hash="same")
    ),
    "passage_ordinal_once": twice(lambda of: make_passage(of, 0, "Rain fell.", text_hash=str(of.passages.count()))),
    "passage_pages_in_order": lambda: make_passage(generation(), 0, "Rain fell.", page=2, last_page=1),
    "generation_term_once": twice(lambda of: GenerationTerm.objects.create(generation=of, lexeme="rain", passages=1)),
    "rebuild_one_at_a_time": lambda: [rebuild() for _ in range(2)],
    "rebuild_ended_at_exactly_when_ended": lambda: rebuild(ended_at=NOW),
}


@pytest.mark.parametrize("name", REFUSED)
def test_database_refuses(name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        REFUSED[name]()


@pytest.mark.parametrize(
    ("name", "violate"),
    [
        ("section_level_and_page_from_one", lambda: section(generation(), page=0)),
        (
            "generation_ready_at_exactly_when_ready",
            lambda: make_generation(Document.objects.create(book=None), state="building"),
        ),
        ("rebuild_ended_at_exactly_when_ended", lambda: rebuild(state="done")),
    ],
)
def test_database_refuses_the_other_way_round_too(name, violate):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        violate()


def test_what_is_next_to_the_refused_is_taken():
    of = generation()
    make_passage(of, 0, "Rain fell.", page=2, last_page=2)
    section(of, ordinal=1)
    Page.objects.create(generation=of, number=1)
    rebuild(state="done", ended_at=NOW)
    rebuild(state="superseded", ended_at=NOW)
    rebuild()
    make_generation(of.document, state="building", ready_at=None)
    Document.objects.create(book=None)
    Document.objects.create(book=None, index_deleted_at=NOW)


def test_space_that_generations_use_cannot_be_deleted():
    space = VectorSpace.objects.get(generations=generation())
    with pytest.raises(IntegrityError):
        space.delete()


def test_with_a_book_goes_all_that_was_read_of_it_and_no_more():
    going, staying = make_text(["Rain fell."]), make_text(["Nobody came."])
    assert going.book is not None
    going.book.delete()
    assert list(Document.objects.all()) == [staying]
    assert list(IndexGeneration.objects.all()) == [staying.live_generation]
    assert [page.text for page in Page.objects.all()] == ["Nobody came."]
    assert Section.objects.count() == 1


def test_document_outlives_the_generation_that_answered():
    document = make_text(["Rain fell."])
    assert document.live_generation is not None
    document.live_generation.delete()
    document.refresh_from_db()
    assert document.live_generation is None


def test_names_that_staff_see():
    document = make_text(["Rain fell all day."], title="On Rain")
    live = document.live_generation
    assert live is not None
    assert str(document) == document.title
    assert str(live) == f"{document.pk} {live.model} ready"
    assert str(live.space) == f"{live.model} ({live.dimensions})"
    assert str(live.pages.get()) == "p. 1"
    assert str(live.passages.get()) == "0: Rain fell all day."
    assert str(Section(path=["The Sea", "Whales"])) == "The Sea › Whales"
    assert str(GenerationTerm(lexeme="rain")) == "rain"
    assert str(LibraryTermChange(lexeme="rain", passages=-2)) == "rain -2"
    assert str(rebuild()) == f"{live.space} running"
