"""The golden questions asked of the demonstration books, as the library reads, cuts and searches them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files import File
from django.db import transaction
from django.test import override_settings

from catalog.services import attach_file
from catalog.tests.factories import make_book
from demo import FOLDER
from library.ai.tests.embedder import EmbedderProcess
from library.jobs.tasks import perform
from library.search import texts
from rag.evaluation import golden
from rag.indexes.generation_build import build_index
from rag.models import Document, IndexGeneration

pytestmark = pytest.mark.model
QUESTIONS = golden.read(FOLDER / "golden")
ANSWERABLE = [one for one in QUESTIONS if one.is_answerable]
# PostgreSQL has no stop words for Arabic: to it "in" and "what" are words as any others.
FUNCTION_WORDS = {"ar": "في من ما إلى على هل كيف أي لم هي عن مع"}


@pytest.fixture(scope="module")
def generations(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, embedder_process: EmbedderProcess, tmp_path_factory
) -> Iterator[dict[str, IndexGeneration]]:
    """The live index of each book that has questions, by the name of its file; gone with the last test here."""
    folder = tmp_path_factory.mktemp("media")
    here = override_settings(MEDIA_ROOT=folder, EMBEDDER_SOCKET_FILE=embedder_process.announcement)
    with django_db_blocker.unblock(), here, transaction.atomic():  # type: ignore[attr-defined]
        found = {}
        for name in sorted({one.book for one in QUESTIONS}):
            (file,) = (FOLDER / "files").glob(f"{name}.*")
            found[name] = indexed(file)
        yield found
        transaction.set_rollback(True)


def indexed(file: Path) -> IndexGeneration:
    """The live index of a new book with this file."""
    with file.open("rb") as opened:
        job = attach_file(book=make_book(), upload=File(opened, name=file.name), by=None)
    assert job is not None
    perform(job.pk, build_index)
    document = Document.objects.select_related("live_generation").get(pk=job.subject_id)
    assert document.live_generation is not None, file.name
    return document.live_generation


@pytest.mark.django_db
def test_each_book_is_long_and_in_one_language(generations):
    languages = {one.book: one.language for one in QUESTIONS}
    for name, generation in generations.items():
        assert generation.passage_count >= 120, name
        assert generation.language == languages[name]


@pytest.mark.django_db
def test_each_quotation_stands_on_one_page(generations):
    for one in ANSWERABLE:
        assert len(pages_of(generations, one)) == 1, one


@pytest.mark.django_db
def test_a_paraphrased_question_has_no_content_word_of_its_page(generations):
    for one in ANSWERABLE:
        if one.kind == "paraphrased":
            (number,) = pages_of(generations, one)
            page = generations[one.book].pages.get(number=number)
            shared = content_words(one.question, one.language) & content_words(page.text, one.language)
            assert shared == set(), one
            assert len(content_words(one.question, one.language)) >= 3, one


def pages_of(generations, question):
    pages = generations[question.book].pages.order_by("number").values_list("number", "text")
    return golden.pages_with(question.quote, pages)


def content_words(text: str, language: str) -> set[str]:
    """Its lexemes as PostgreSQL reads them for the search, without those of function words."""
    return set(texts.lexemes(text, [language])) - set(texts.lexemes(FUNCTION_WORDS.get(language, ""), [language]))
