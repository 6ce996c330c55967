"""Authors, categories and subjects: found by name, whatever its case, else made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from catalog import checks
from catalog.models import Author, Book, Category, Subject
from catalog.names import SORT_NAME_LENGTH, display_name, sort_name
from catalog.services.text import refresh_search_texts
from library.search.fold import fold


def filing_name(name: str) -> str:
    """``sort_name``, or for a name without any letter that can be filed, the name itself."""
    return sort_name(name) or name.casefold()[:SORT_NAME_LENGTH]


def authors(names: Sequence[str]) -> list[Author]:
    """The authors of these names, each once, in order. Must run in a transaction."""
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(filing_name(name), display_name(name))
    _take_turns("author", wanted)
    found: dict[str, Author] = {}
    for author in Author.objects.filter(sort_name__in=wanted).order_by("-id"):
        found[author.sort_name] = author  # the oldest of two namesakes wins
    return [found.get(key) or Author.objects.create(name=name, sort_name=key) for key, name in wanted.items()]


def categories(names: Sequence[str]) -> list[Category]:
    """The categories of these names, each once, in order. Must run in a transaction."""
    _take_turns("category", (name.casefold() for name in names))
    found = (Category.objects.filter(name__iexact=name).first() or Category.objects.create(name=name) for name in names)
    return list(dict.fromkeys(found))


def subjects(names: Sequence[str]) -> list[Subject]:
    """The subject headings of these names, each once, in order. Must run in a transaction."""
    _take_turns("subject", (name.casefold() for name in names))
    found = (Subject.objects.filter(name__iexact=name).first() or Subject.objects.create(name=name) for name in names)
    return list(dict.fromkeys(found))


@transaction.atomic
def rename_author(*, author: Author, name: str, filed_as: str = "") -> Author:
    """Give ``author`` another name; their books are found by it at once. Errors: ``InvalidInput``."""
    author.name = _new_name(name, at_most=checks.NAME_LENGTH)
    author.sort_name = fold(filed_as)[:SORT_NAME_LENGTH] or filing_name(author.name)
    author.save()
    refresh_search_texts(Book.objects.filter(authors=author).order_by("pk").distinct())
    return author


@transaction.atomic
def rename_category(*, category: Category, name: str) -> Category:
    """Give ``category`` another name; its books are found by it at once. Errors: ``InvalidInput``."""
    category.name = _new_name(name, at_most=80)
    category.save()
    refresh_search_texts(Book.objects.filter(categories=category).order_by("pk"))
    return category


@transaction.atomic
def rename_subject(*, subject: Subject, name: str) -> Subject:
    """Give ``subject`` another name; its books are found by it at once. Errors: ``InvalidInput``."""
    subject.name = _new_name(name, at_most=checks.NAME_LENGTH)
    subject.save()
    refresh_search_texts(Book.objects.filter(subjects=subject).order_by("pk"))
    return subject


def _new_name(name: str, *, at_most: int) -> str:
    kept = checks.checked({"name": name}, {"name": lambda text: checks.one_line(text, at_most=at_most, required=True)})
    return str(kept["name"])


def _take_turns(kind: str, keys: Iterable[str]) -> None:
    """Whoever makes the same name at the same moment waits here until our transaction ends, and then finds ours.

    Nothing unique forbids two authors of one name (there are such people), so a lock has to prevent doubles.
    """
    with connection.cursor() as cursor:
        for key in sorted(set(keys)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"catalog.{kind}:{key}"])
