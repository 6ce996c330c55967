"""Authors, categories, subjects and series: found by name, whatever its case, else made; renamed, joined, moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q

from catalog import validation
from catalog.errors import CategoryCircle
from catalog.models import Author, AuthorAlias, Book, Category, Series, Subject
from catalog.search_index.text import refresh_search_texts
from catalog.values.filing import SORT_NAME_LENGTH, display_name, sort_name
from catalog.values.personal_names import Name, NameKind, kind_of, read
from library.core.database.transactions import constraint_of, take_turns
from library.search.fold import fold, words

Named = TypeVar("Named", Subject, Series)


def filing_name(name: str) -> str:
    """What an author of this name is filed by."""
    return sort_name(name)


def folded(name: str) -> str:
    """What a subject heading or a series is found by as it is typed."""
    return (fold(name) or name.casefold())[:SORT_NAME_LENGTH]


def authors(names: Sequence[str]) -> list[Author]:
    """The authors of these names, each once, in order; another name of somebody finds them too.

    Whether with a comma or without, a name is that of the same person, where no year of birth or death says otherwise.
    What a cataloguer's comma says of the filing is kept, and years that were not known. Must run in a transaction.
    """
    wanted: dict[tuple[str, int | None], Name] = {}
    for entered in names:
        one = read(entered)
        key = (one.said, one.birth)
        before = wanted.setdefault(key, one)
        if one.is_given and not before.is_given:
            wanted[key] = replace(before, filed=one.filed, is_given=True)
    _take_turns("author", (one.said for one in wanted.values()))
    known = _Known([way for one in wanted.values() for way in one.other_filings])
    return list(dict.fromkeys(known.find_or_make(one) for one in wanted.values()))


class _Known:
    """The authors that are filed in one of ``ways``, or have another name that is."""

    def __init__(self, ways: Sequence[str]) -> None:
        self._named: dict[str, list[Author]] = {}
        self._also: dict[str, list[Author]] = {}
        for author in Author.objects.filter(sort_name__in=ways).order_by("id"):
            self._named.setdefault(author.sort_name, []).append(author)
        aliases = AuthorAlias.objects.filter(sort_name__in=ways).select_related("author").order_by("author_id")
        for alias in aliases:
            self._also.setdefault(alias.sort_name, []).append(alias.author)

    def find_or_make(self, one: Name) -> Author:
        """The oldest of namesakes wins, and a name wins over another's alias."""
        if author := self._first(self._named, one):
            _learn(author, one)
            return author
        author = self._first(self._also, one) or Author.objects.create(
            name=one.shown,
            sort_name=one.filed,
            kind=one.kind,
            is_filed_by_hand=one.is_given,
            birth_year=one.birth,
            death_year=one.death,
        )
        self._named.setdefault(author.sort_name, []).append(author)
        return author

    @staticmethod
    def _first(rows: Mapping[str, list[Author]], one: Name) -> Author | None:
        found = (author for way in one.other_filings for author in rows.get(way, ()) if _may_be(author, one))
        return next(found, None)


def _may_be(author: Author, one: Name) -> bool:
    """Whether no year tells them apart."""
    years = ((author.birth_year, one.birth), (author.death_year, one.death))
    return all(kept is None or said is None or kept == said for kept, said in years)


def _learn(author: Author, one: Name) -> None:
    """Keep what ``one`` says that was not known of ``author``."""
    before = (author.birth_year, author.death_year, author.sort_name, author.is_filed_by_hand)
    birth, death = author.birth_year or one.birth, author.death_year or one.death
    if birth is None or death is None or birth <= death:
        author.birth_year, author.death_year = birth, death
    if one.is_given and not author.is_filed_by_hand:
        author.sort_name, author.is_filed_by_hand = one.filed, True
    if before != (author.birth_year, author.death_year, author.sort_name, author.is_filed_by_hand):
        author.save(update_fields=["birth_year", "death_year", "sort_name", "is_filed_by_hand"])


def categories(names: Sequence[str]) -> list[Category]:
    """The categories of these names, each once, in order. Must run in a transaction."""
    _take_turns("category", (name.casefold() for name in names))
    found = (_category(name) or Category.objects.create(name=name) for name in names)
    return list(dict.fromkeys(found))


def _category(name: str) -> Category | None:
    """PostgreSQL may know capitals of ASCII alone, so other names are compared here; categories are few."""
    if name.isascii() and (known := Category.objects.filter(name__iexact=name).first()):
        return known
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
def rename_author(*, author: Author, name: str, filed_as: str | None = None) -> Author:
    """Write ``author`` under ``name``, with kind and years; their books are found by it at once.

    ``filed_as``: what the name is filed by; empty: by the rule; ``None``: as before, where a cataloguer said it and the
    name still has the same words. Errors: ``InvalidInput``.
    """
    stored = Author.objects.filter(pk=author.pk).first()
    text = _new_name(name, at_most=validation.NAME_LENGTH)
    one = read(text, author.kind if stored else kind_of(text) if author.kind == NameKind.PERSON else author.kind)
    author.name, author.kind = one.shown, one.kind
    author.sort_name, author.is_filed_by_hand = one.filed, one.is_given
    if filed := fold(filed_as or "")[:SORT_NAME_LENGTH]:
        author.sort_name, author.is_filed_by_hand = filed, True
    elif filed_as is None and stored and _is_still_right(stored, author):
        author.sort_name, author.is_filed_by_hand = stored.sort_name, True
    author.save()
    refresh_books_of(author)
    return author


def _is_still_right(stored: Author, author: Author) -> bool:
    """Whether what a cataloguer filed ``stored`` by is right for its new name, too."""
    if not stored.is_filed_by_hand or stored.kind != author.kind:
        return False
    same = sorted(words(stored.sort_name).split()) == sorted(words(author.name).split())
    return same or fold(stored.name) == fold(author.name)


@transaction.atomic
def set_aliases(*, author: Author, names: Sequence[str]) -> list[AuthorAlias]:
    """Make ``names`` the other names of ``author``, in place of those before. Errors: ``InvalidInput``."""
    kept: list[str] = validation.checked({"aliases": names}, {"aliases": validation.names})["aliases"]
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
    subject.name = _new_name(name, at_most=validation.NAME_LENGTH)
    subject.sort_name = folded(subject.name)
    subject.save()
    refresh_search_texts(Book.objects.filter(subjects=subject).order_by("pk"))
    return subject


@transaction.atomic
def rename_series(*, series: Series, name: str) -> Series:
    """Give ``series`` another name; its books are found by it at once. Errors: ``InvalidInput``."""
    series.name = _new_name(name, at_most=validation.NAME_LENGTH)
    series.sort_name = folded(series.name)
    series.save()
    refresh_search_texts(Book.objects.filter(series=series).order_by("pk"))
    return series


def _new_name(name: str, *, at_most: int) -> str:
    kept: Mapping[str, Any] = validation.checked(
        {"name": name}, {"name": lambda text: validation.one_line(text, at_most=at_most, required=True)}
    )
    return str(kept["name"])


def _take_turns(kind: str, keys: Iterable[str]) -> None:
    """Whoever makes the same name at the same moment waits here until our transaction ends, and then finds ours.

    Nothing unique forbids two authors of one name (there are such people), so a lock has to prevent doubles.
    """
    for key in sorted(set(keys)):
        take_turns(f"catalog.{kind}:{key}")
