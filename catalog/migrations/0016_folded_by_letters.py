"""Whatever is kept folded is folded again: marks belong to letters, and writing without spaces is cut into pairs.

In batches, each a transaction of its own: killed half-way, it is simply run again. The database follows with the
vectors and the statistics of terms. What a record means does not change by that: its vector stays as new as it was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.db import connection, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from catalog.values.filing import sort_title
from library.search.cut import RUN, recorded, spaced
from library.search.fold import fold

TOGETHER = 500
LENGTH = 200
COLUMNS = ("search_a", "search_b", "search_c", "search_d", "sort_title")
FORMER = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'"}
)
WORD = re.compile(r"[^\s,]+")
AS_NEW = """
UPDATE catalog_bookfacts AS facts SET text_version = before.version
FROM unnest(%s::bigint[], %s::bigint[]) AS before(book, version) WHERE facts.book_id = before.book
"""


def former(text: str) -> str:
    """``text`` as it was folded before."""
    low = unicodedata.normalize("NFKD", text).casefold().translate(FORMER)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", low) if not unicodedata.combining(sign))
    return " ".join(plain.split())


def refolded(filed: str, name: str) -> str:
    """``filed``, however a librarian has turned it, with the letters that ``name`` has."""
    letters = {former(word): fold(word) for word in WORD.findall(name)}
    return WORD.sub(lambda word: letters.get(word[0]) or fold(word[0]), filed)[:LENGTH]


def file_names_again(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for model in ("Author", "AuthorAlias", "Subject", "Series"):
        turned = model in {"Author", "AuthorAlias"}
        for rows in _batches(apps.get_model("catalog", model).objects.exclude(name="")):
            for row in rows:
                again = refolded(row.sort_name, row.name) if turned else fold(row.name)[:LENGTH]
                if again and again != row.sort_name and not (model == "AuthorAlias" and _is_taken(row, again)):
                    row.sort_name = again
                    row.save(update_fields=["sort_name"])


def _is_taken(alias: Any, filed: str) -> bool:
    """Whether the same person has another name that is filed so by now: each is kept, once under that."""
    return bool(type(alias).objects.filter(author_id=alias.author_id, sort_name=filed).exclude(pk=alias.pk).exists())


def read_books_again(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    books = apps.get_model("catalog", "Book").objects.select_related("series")
    facts = apps.get_model("catalog", "BookFacts").objects
    for rows in _batches(books.prefetch_related("authors__aliases", "categories", "subjects")):
        changed = [book for book in rows if _read_again(book)]
        if not changed:
            continue
        with transaction.atomic():
            versions = dict(facts.filter(pk__in=[book.pk for book in changed]).values_list("pk", "text_version"))
            books.model.objects.bulk_update(changed, COLUMNS)
            with connection.cursor() as cursor:
                cursor.execute(AS_NEW, [list(versions), list(versions.values())])


def _read_again(book: Any) -> bool:
    before = [getattr(book, name) for name in COLUMNS]
    book.search_a = recorded(f"{book.title} {book.subtitle}")
    book.search_b = recorded(" ".join(dict.fromkeys(name for author in book.authors.all() for name in _names(author))))
    about = [*(one.name for one in book.categories.all()), *(one.name for one in book.subjects.all())]
    book.search_c = recorded(" ".join([*about, *([book.series.name] if book.series else [])]))
    book.search_d = spaced(f"{book.description} {book.publisher}")
    if not book.title.isascii():
        book.sort_title = sort_title(book.title, book.language)
    return before != [getattr(book, name) for name in COLUMNS]


def _names(author: Any) -> Iterator[str]:
    yield author.name
    if not author.name.isascii() and RUN.search(author.name):
        yield author.sort_name
    yield from (alias.name for alias in author.aliases.all())


def _batches(rows: Any) -> Iterator[list[Any]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:TOGETHER]):
        yield batch
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("catalog", "0015_languages")]
    operations = [
        migrations.RunPython(file_names_again, migrations.RunPython.noop),
        migrations.RunPython(read_books_again, migrations.RunPython.noop),
    ]
