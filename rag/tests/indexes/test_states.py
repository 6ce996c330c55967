"""How the index of a book stands, in every state that it can be in, and what is unusual about its file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import make_librarian
from catalog.models import Book
from catalog.tests.factories import make_book
from library.jobs import services as jobs
from rag import errors, queries, recipes, services
from rag.ingest.notes import note_of
from rag.models import Document, IndexGeneration, Page
from rag.tests.factories import give_file
from rag.tests.texts import make_generation, make_passage, make_text, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]


def book_with_file(**values: Any) -> Book:
    book = make_book(**values)
    give_file(book, b"x")
    return book


def live(document: Document) -> IndexGeneration:
    assert document.live_generation is not None
    return document.live_generation


def as_wanted(document: Document, sha256: str = "a") -> Document:
    """Its generation is what the settings want now, of a file with this hash."""
    document.generations.update(chunker=recipes.wanted().chunker, source_sha256=sha256)
    return Document.objects.select_related("book", "live_generation").get(pk=document.pk)


def test_book_without_a_document_has_no_index():
    found = queries.index_state(make_book())
    assert (found.state, found.sentence) == ("none", "This book has no digital file that can be asked.")
    assert (found.pages, found.passages, found.model, found.languages, found.job) == (0, 0, "", [], None)


def test_book_that_waits_for_a_worker_is_being_read():
    book = book_with_file()
    job = services.start_index(book=book, by=None)
    found = queries.index_state(book)
    assert (found.state, found.job) == ("indexing", job)
    assert found.sentence == "The book is being read. Questions can be asked as soon as that is done."


def test_book_whose_first_reading_failed_says_why():
    book = book_with_file()
    put(services.start_index(book=book, by=None), "failed", "The file is empty.")
    found = queries.index_state(book)
    assert (found.state, found.error, found.job) == ("failed", "The file is empty.", None)
    assert found.sentence.endswith("so it cannot answer questions. The file is empty.")


def test_book_whose_first_reading_was_stopped_says_so():
    book = book_with_file()
    put(services.start_index(book=book, by=None), "cancelled")
    assert queries.index_state(book).error == "Reading it was stopped."


def test_book_that_answers_has_its_numbers_and_no_sentence():
    document = as_wanted(make_text(["Rain fell.", "Nobody came."]))
    found = queries.state_of(document)
    assert (found.state, found.pages, found.passages, found.model) == ("ready", 2, 2, "tiny-6")
    assert (found.sentence, found.stale, found.waiting, found.error, found.generation) == (
        "",
        False,
        False,
        "",
        document.live_generation,
    )


def test_index_of_another_recipe_is_stale(settings):
    document = as_wanted(make_text(["Rain fell."]))
    settings.EMBEDDING_MODEL = "tiny-8"
    assert queries.state_of(document).stale
    settings.EMBEDDING_MODEL = "tiny-6"
    assert not queries.state_of(document).stale
    document.generations.update(chunker="another")
    assert queries.state_of(as_is(document)).stale


def as_is(document: Document) -> Document:
    return Document.objects.select_related("book", "live_generation").get(pk=document.pk)


def test_index_of_another_file_is_stale_and_that_of_the_same_is_not():
    book = book_with_file()
    document = Document.objects.create(book=book)
    document.live_generation = make_generation(document)
    document.save()
    assert queries.state_of(as_wanted(document, book.digital_file.sha256)).stale is False
    assert queries.state_of(as_wanted(document, "another")).stale is True


def test_new_reading_that_failed_is_told_until_there_is_a_newer_index():
    book = book_with_file()
    document = make_text(["Rain fell."])
    Document.objects.filter(pk=document.pk).update(book=book)
    document = as_is(document)
    put(jobs.enqueue(kind="index", subject=document), "failed", "The file is empty.")
    found = queries.index_state(book)
    assert (found.state, found.error) == ("ready", "The file is empty.")
    IndexGeneration.objects.update(ready_at=timezone.now() + timedelta(minutes=1))
    assert queries.index_state(book).error == ""


def test_new_reading_that_goes_on_is_told_beside_what_answers():
    document = as_wanted(make_text(["Rain fell."]))
    job = jobs.enqueue(kind="index", subject=document)
    found = queries.state_of(document)
    assert (found.state, found.job) == ("ready", job)


def test_deleted_index_is_told_and_what_still_reads_is_not():
    book = book_with_file()
    job = services.start_index(book=book, by=None)
    services.delete_index(book=book, by=make_librarian())
    put(job, "running")
    found = queries.index_state(book)
    assert (found.state, found.deleted, found.job) == ("none", True, None)
    assert "was deleted" in found.sentence


def test_languages_are_those_of_passages_the_most_frequent_first():
    document = make_text(["one"])
    for ordinal, language in enumerate(["de", "fr", "fr", "", "de", "it"], start=1):
        make_passage(live(document), ordinal, f"text {ordinal}", language=language)
    assert queries.state_of(document).languages == ["de", "fr", "en", "it"]


def test_document_that_answers_nothing_says_why_when_it_is_asked():
    with pytest.raises(errors.IndexNotReady, match="no digital file"):
        queries.live_generation(Document.objects.create(book=make_book()))


def test_page_of_an_index_is_found_by_its_number():
    document = make_text(["one", "two"])
    assert queries.page(live(document), 2).text == "two"
    for number in (0, 3):
        with pytest.raises(errors.PageNotFound):
            queries.page(live(document), number)


def test_document_of_a_book_takes_one_query(django_assert_num_queries):
    document, staff = make_text(["one"]), make_librarian()
    book = Book.objects.get()
    with django_assert_num_queries(1):
        found = queries.document_of(book, viewer=staff)
        assert (found.book, found.live_generation) == (book, document.live_generation)


# -- what was unusual about a file -----------------------------------------------------------------------------------


def noted(*notes: list[str], sources: str = "", facts: list[str] | None = None, missing: Sequence[str] = ()) -> str:
    values = {"notes": facts or [], "missing": list(missing)}
    generation = make_generation(Document.objects.create(book=None), facts=values)
    for number, codes in enumerate(notes, start=1):
        source = {"o": "ocr", "n": "none"}.get(sources[number - 1 : number], "text")
        Page.objects.create(generation=generation, number=number, notes=codes, source=source)
    return note_of(generation)


def test_ordinary_file_has_no_note():
    assert noted([], []) == ""
    assert noted(["turned"]) == "", "of no use to a librarian"


def test_parts_that_are_missing_are_named():
    assert noted([], missing=["one.xhtml"]) == "1 part of the book is missing from the file or damaged: one.xhtml."
    said = noted([], missing=[f"{n}.xhtml" for n in range(30)])
    assert said.startswith("30 parts of the book are missing from the file or damaged: 0.xhtml, 1.xhtml,")
    assert said.endswith("19.xhtml and 10 more.")


@pytest.mark.parametrize(
    ("notes", "sources", "said"),
    [
        ([["unreadable"]], "n", "Page 1 could not be read."),
        ([["unreadable"], [], ["unreadable"]], "nt", "Pages 1, 3 could not be read."),
        (
            [[]],
            "o",
            "1 page is a picture; its text was recognised by its looks and may hold mistakes.",
        ),
        (
            [[], []],
            "oo",
            "2 pages are pictures; their text was recognised by its looks and may hold mistakes.",
        ),
        ([["not_recognised"]], "n", "No text could be recognised in the picture on page 1."),
        ([["not_recognised"]] * 2, "nn", "No text could be recognised in the pictures on pages 1, 2."),
        ([["hidden_text"]], "t", "Text that nobody can see was left out on page 1."),
        ([["hidden_text"]] * 2, "tt", "Text that nobody can see was left out on pages 1, 2."),
        ([["off_page"], [], []], "ttt", "Text beyond the edges of page 1 was left out."),
        ([["off_page"], ["off_page"], [], [], []], "ttttt", "Text beyond the edges of pages 1, 2 was left out."),
        ([["off_page"]] * 4 + [[]], "ttttt", ""),
        ([["unordered"]], "t", "The order of the lines on page 1 could not be told; they may be mixed up."),
    ],
)
def test_what_was_unusual_is_said_with_its_pages(notes, sources, said):
    assert noted(*notes, sources=sources) == said


def test_many_pages_are_counted_from_the_twenty_first_on():
    twenty = ", ".join(map(str, range(1, 21)))
    assert noted(*[["unreadable"]] * 20) == f"Pages {twenty} could not be read."
    assert noted(*[["unreadable"]] * 23) == f"Pages {twenty} and 3 more could not be read."


def test_all_that_was_unusual_is_said_one_after_the_other():
    said = noted(["hidden_text", "unreadable"], ["not_recognised"], [], sources="tno", facts=["repaired"])
    assert said == (
        "The file was damaged but whole; it was repaired while reading. Page 1 could not be read. "
        "1 page is a picture; its text was recognised by its looks and may hold mistakes. "
        "No text could be recognised in the picture on page 2. Text that nobody can see was left out on page 1."
    )
