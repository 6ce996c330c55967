"""What was kept folded as before is read again by the migrations, whatever the writing."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from catalog.models import Author, AuthorAlias, Book, BookFacts
from catalog.tests.factories import record

again = import_module("catalog.migrations.0016_folded_by_letters")
pytestmark = pytest.mark.django_db
KEPT = ("search_a", "search_b", "search_c", "search_d", "sort_title")


def formerly(book: Book) -> None:
    """Keep ``book`` as it was kept before."""
    Book.objects.filter(pk=book.pk).update(
        search_a=again.former(book.title), search_b=again.former("Мой Друг"), sort_title=again.former(book.title)
    )


@pytest.mark.parametrize("title", ["हिन्दी साहित्य", "三国演义", "Мой дядя", "O’Neill’s C++"])
def test_books_are_read_again_and_their_vectors_stay(title):
    book = record(title, "Мой Друг")
    right = Book.objects.values_list(*KEPT).get(pk=book.pk)
    formerly(book)
    version = BookFacts.objects.get(pk=book.pk).text_version
    again.read_books_again(apps, connection)
    assert Book.objects.values_list(*KEPT).get(pk=book.pk) == right
    assert BookFacts.objects.get(pk=book.pk).text_version == version


def test_names_are_filed_again_as_librarians_turned_them():
    author = Author.objects.create(name="Мой Друг", sort_name="друг, мои")
    for name, filed in (("یزدی", "یزدی"), ("يزدي", "يزدي")):
        AuthorAlias.objects.create(author=author, name=name, sort_name=filed)
    again.file_names_again(apps, connection)
    author.refresh_from_db()
    assert author.sort_name == "друг, мой"
    assert set(author.aliases.values_list("name", "sort_name")) == {("یزدی", "یزدی"), ("يزدي", "يزدي")}, (
        "one is kept so"
    )
