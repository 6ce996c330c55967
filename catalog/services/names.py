"""Authors, categories, subjects and series: found by name, whatever its case, else made; renamed, joined, moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from catalog import checks
from catalog.errors import CategoryCircle
from catalog.models import Author, AuthorAlias, Book, Category, Series, Subject
from catalog.names import SORT_NAME_LENGTH, display_name, sort_name
from catalog.services.text import refresh_search_texts
from library.core.transactions import constraint_of
from library.search.fold import fold

Named = TypeVar("Named", Subject, Series)


def filing_name(name: str) -> str:
    """``sort_name``, or for a name without any letter that can be filed, the name itself."""
    return sort_name(name) or name.casefold()[:SORT_NAME_LENGTH]


def folded(name: str) -> str:
    """What a subject heading or a series is found by as it is typed."""
    return (fold(name) or name.casefold())[:SORT_NAME_LENGTH]


def authors(names: Sequence[str]) -> list[Author]:
    """The authors of these names, each once, in order; another name of somebody finds them too.

    Must run in a transaction.
    """
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(filing_name(name), display_name(name))
    _take_turns("author", wanted)
    found: dict[str, Author] = {}
    for alias in AuthorAlias.objects.filter(sort_name__in=wanted).select_related("author").order_by("-author_id"):
        found[alias.sort_name] = alias.author
    for author in Author.objects.filter(sort_name__in=wanted).order_by("-id"):
        found[author.sort_name] = author  # the oldest of two namesakes wins, and a name wins over another's alias
    people = (found.get(key) or Author.objects.create(name=name, sort_name=key) for key, name in wanted.items())
    return list(dict.fromkeys(people))


def categories(names: Sequence[str]) -> list[Category]:
    """The categories of these names, each once, in order. Must run in a transaction."""
    _take_turns("category", (name.casefold() for name in names))
    found = (_category(name) or Category.objects.create(name=name) for name in names)
    return list(dict.fromkeys(found))


def _category(name: str) -> Category | None:
    """PostgreSQL may know capitals of ASCII alone, so other names are compared here; categories are few."""
    if name.isascii():
        return Category.objects.filter(name__iexact=name).first()
    return next((row for row in Category.objects.all() if row.name.casefold() == name.casefold()), None)


def subjects(names: Sequence[str]) -> list[Subject]:
    """The subject headings of these names, each once, in order. Must run in a transaction."""
    _take_turns("subject", (folded(name) for name in names))
    return list(dict.fromkeys(_named(Subject, name) for name in names))


def series(name: str) -> Series:
    """The series of this name. Must run in a transaction."""
    _take_turns("series", [folded(name)])
    return _named(Series, name)


def _named(model: type[Named], name: str) -> Named:
    """The row of this name, without regard to case and accents; the same letters win, then the oldest."""
    key = folded(name)
    rows = list(model._default_manager.filter(Q(sort_name=key) | Q(name=name)).order_by("pk"))
    known = next((row for row in rows if row.name == name), rows[0] if rows else None)
    return known or model._default_manager.create(name=name, sort_name=key)


@transaction.atomic
def rename_author(*, author: Author, name: str, filed_as: str = "") -> Author:
    """Give ``author`` another name, and write their years; their books are found by it at once.

    Errors: ``InvalidInput``.
    """
    author.name = _new_name(name, at_most=checks.NAME_LENGTH)
    author.sort_name = fold(filed_as)[:SORT_NAME_LENGTH] or filing_name(author.name)
    author.save()
    refresh_books_of(author)
    return author


@transaction.atomic
def set_aliases(*, author: Author, names: Sequence[str]) -> list[AuthorAlias]:
    """Make ``names`` the other names of ``author``, in place of those before. Errors: ``InvalidInput``."""
    kept: list[str] = checks.checked({"aliases": names}, {"aliases": checks.names})["aliases"]
    wanted = {filing_name(name): display_name(name) for name in kept}
    wanted.pop(author.sort_name, None)
    author.aliases.exclude(sort_name__in=wanted).delete()
    known = set(author.aliases.values_list("sort_name", flat=True))
    AuthorAlias.objects.bulk_create(
        AuthorAlias(author=author, name=name, sort_name=key) for key, name in wanted.items() if key not in known
    )
    refresh_books_of(author)
    return list(author.aliases.all())


def refresh_books_of(author: Author) -> None:
    """Let the books of ``author`` be found by the names that are stored now."""
    refresh_search_texts(Book.objects.filter(authors=author).order_by("pk").distinct())


@transaction.atomic
def rename_category(*, category: Category, name: str) -> Category:
    """Give ``category`` another name; its books are found by it at once. Errors: ``InvalidInput``."""
    return save_category(category=category, name=name, parent=category.parent)


def save_category(*, category: Category, name: str, parent: Category | None) -> Category:
    """Write name and place of ``category``, new or known. Errors: ``InvalidInput``, ``CategoryCircle``."""
    category.name, category.parent = _new_name(name, at_most=80), parent
    try:
        with transaction.atomic():
            category.save()
            refresh_search_texts(Book.objects.filter(categories=category).order_by("pk"))
    except IntegrityError as clash:
        if constraint_of(clash) == "category_no_circle" and parent is not None:
            refusal = circle(category, parent)
            category.refresh_from_db(fields=["name", "parent"])
            raise refusal from clash
        raise
    return category


def lies_within(inner: Category, outer: Category) -> bool:
    """Whether ``inner`` is ``outer`` or one of its narrower categories."""
    seen: set[int] = set()
    step: Category | None = inner
    while step is not None and step.pk not in seen:
        if step.pk == outer.pk:
            return True
        seen.add(step.pk)
        step = step.parent
    return False


def circle(category: Category, parent: Category) -> CategoryCircle:
    """The refusal to put ``category`` into ``parent``, which lies within it."""
    refusal = CategoryCircle(name=category.name, parent=parent.name)
    refusal.fields = {"parent": [refusal.detail]}
    return refusal


@transaction.atomic
def rename_subject(*, subject: Subject, name: str) -> Subject:
    """Give ``subject`` another name; its books are found by it at once. Errors: ``InvalidInput``."""
    subject.name = _new_name(name, at_most=checks.NAME_LENGTH)
    subject.sort_name = folded(subject.name)
    subject.save()
    refresh_search_texts(Book.objects.filter(subjects=subject).order_by("pk"))
    return subject


@transaction.atomic
def rename_series(*, series: Series, name: str) -> Series:
    """Give ``series`` another name; its books are found by it at once. Errors: ``InvalidInput``."""
    series.name = _new_name(name, at_most=checks.NAME_LENGTH)
    series.sort_name = folded(series.name)
    series.save()
    refresh_search_texts(Book.objects.filter(series=series).order_by("pk"))
    return series


def _new_name(name: str, *, at_most: int) -> str:
    kept: Mapping[str, Any] = checks.checked(
        {"name": name}, {"name": lambda text: checks.one_line(text, at_most=at_most, required=True)}
    )
    return str(kept["name"])


def _take_turns(kind: str, keys: Iterable[str]) -> None:
    """Whoever makes the same name at the same moment waits here until our transaction ends, and then finds ours.

    Nothing unique forbids two authors of one name (there are such people), so a lock has to prevent doubles.
    """
    with connection.cursor() as cursor:
        for key in sorted(set(keys)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"catalog.{kind}:{key}"])
