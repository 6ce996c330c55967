from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.tests.factories import make_book
from rag.tests.factories import make_indexed_book

pytestmark = [pytest.mark.django_db, pytest.mark.model, pytest.mark.usefixtures("embedder")]


def ask(book, question, **options):
    out = StringIO()
    call_command("ask", str(book), question, stdout=out, **options)
    return out.getvalue()


def test_ask_shows_passages_pages_scores_and_the_answer():
    book = make_indexed_book(is_public=False)
    shown = ask(book.pk, "Why does bread rise?", num_chunks=2)
    assert shown.count("p. ") >= 2
    assert "yeast" in shown
    assert "Written now (extractive)." in shown
    assert "From the cache." in ask(book.pk, "Why does bread rise?", num_chunks=2)


def test_ask_ends_with_a_sentence_where_it_cannot():
    with pytest.raises(CommandError, match="no book 999"):
        ask(999, "Why?")
    with pytest.raises(CommandError, match="no digital file"):
        ask(make_book().pk, "Why?")
