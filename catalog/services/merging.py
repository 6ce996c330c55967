"""Two records of one book become one; with all that hangs on them, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeVar

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.covers import keeping
from catalog.errors import MergeFileUnclear, MergeIncomplete
from catalog.files.services import remove_on_commit
from catalog.models import Author, AuthorAlias, Authorship, Book, BookFile, BookIdentifier, BookMerge, Copy, Subject
from catalog.redirects import kept_id, moved_to
from catalog.search_index.text import refresh_search_text, refresh_search_texts
from catalog.services import history
from catalog.services.authorities import refresh_books_of
from catalog.signals import books_merging, copies_freed
from library.activity import services as activity
from library.activity.values import Value
from library.core.database.transactions import again_after_deadlock
from library.core.errors import InvalidInput, NotFound

# What this module takes along, and what the database deletes with a book because it can be made again.
OURS = frozenset(
    {
        "catalog.Authorship.book",
        "catalog.BookFacts.book",
        "catalog.BookFile.book",
        "catalog.BookIdentifier.book",
        "catalog.BookMerge.book",
        "catalog.BookVector.book",
        "catalog.Book_categories.book",
        "catalog.Book_subjects.book",
        "catalog.Copy.book",
        "catalog.Cover.book",
    }
)
OF_AUTHORS = frozenset({"catalog.Authorship.author", "catalog.AuthorAlias.author"})
OF_SUBJECTS = frozenset({"catalog.Book_subjects.subject"})
# Where the record that stays says nothing, the other one's word is taken.
FILLED = (
    "subtitle",
    "publisher",
    "year",
    "description",
    "page_count",
    "reading_level",
    "minimum_age",
)
PLACED = ("series", "series_position", "series_position_end")
WhoseFile = Literal["keep", "merged"]
Named = TypeVar("Named", Author, Subject)


@again_after_deadlock
@transaction.atomic
def merge_books(*, keep: Book, merged: Book, by: User | None, file: WhoseFile | None = None) -> Book:
    """Make ``merged`` a part of ``keep`` and give ``keep``: copies with their loans, holds, numbers, headings, file.

    What ``keep`` leaves empty is filled from ``merged``, whose address and number answer with ``keep`` from then on.
    ``file``: whose digital file stays, where both have one. Done once more it changes nothing. Errors:
    ``InvalidInput`` (one record twice), ``NotFound``, ``MergeFileUnclear``, ``MergeIncomplete``; then all is as before.
    """
    if keep.pk == merged.pk:
        raise InvalidInput(_("A record cannot be merged with itself."))
    rows: dict[int, Book] = _locked(Book, keep.pk, merged.pk)
    if keep.pk not in rows:
        raise moved_to(keep.pk) or NotFound
    if merged.pk not in rows:
        if kept_id(merged.pk) == keep.pk:
            return rows[keep.pk]
        raise moved_to(merged.pk) or NotFound
    keep, merged = rows[keep.pk], rows[merged.pk]
    before = history.snapshot(keep.pk)
    takes_file = _takes_file(keep, merged, file)
    _ask_the_others(keep, merged, takes_file=takes_file, by=by)
    _move_copies(keep, merged)
    _move_file(keep, merged, takes_file=takes_file)
    keeping.move_all(keep, merged, takes_file=takes_file)
    _unite_lists(keep, merged)
    _fill(keep, merged)
    old_id = _replace(keep, merged)
    refresh_search_text(keep)
    history.record_change(keep, before, by=by)
    activity.record(actor=by, verb="book.merged", object=keep, data={"merged": old_id, "title": merged.title})
    copies_freed.send(Copy, book_id=keep.pk)
    return keep


@again_after_deadlock
@transaction.atomic
def merge_authors(*, keep: Author, merged: Author, by: User | None) -> Author:
    """Make ``merged`` another name of ``keep``, whose books they now are. Errors: ``InvalidInput``, ``NotFound``."""
    keep, merged = _two(Author, keep, merged, OF_AUTHORS)
    twice = Authorship.objects.filter(author=keep).values_list("book_id", "role")
    for row in Authorship.objects.filter(author=merged).order_by("pk"):
        if (row.book_id, row.role) in set(twice):
            row.delete()
        else:
            row.author = keep
            row.save(update_fields=["author"])
    names = {alias.sort_name: alias.name for alias in merged.aliases.all()} | {merged.sort_name: merged.name}
    known = {keep.sort_name, *keep.aliases.values_list("sort_name", flat=True)}
    years = {"birth_year": keep.birth_year or merged.birth_year, "death_year": keep.death_year or merged.death_year}
    data: dict[str, Value] = {"merged": merged.pk, "name": merged.name}
    merged.delete()
    AuthorAlias.objects.bulk_create(
        AuthorAlias(author=keep, name=name, sort_name=key) for key, name in names.items() if key not in known
    )
    keep.birth_year, keep.death_year = years["birth_year"], years["death_year"]
    if keep.birth_year is not None and keep.death_year is not None and keep.death_year < keep.birth_year:
        raise InvalidInput(_("Their years do not fit together: one died before the other was born. Mend them first."))
    keep.save(update_fields=["birth_year", "death_year"])
    refresh_books_of(keep)
    activity.record(actor=by, verb="author.merged", object=keep, data=data)
    return keep


@again_after_deadlock
@transaction.atomic
def merge_subjects(*, keep: Subject, merged: Subject, by: User | None) -> Subject:
    """Put the books of ``merged`` under ``keep``. Errors: ``InvalidInput``, ``NotFound``."""
    keep, merged = _two(Subject, keep, merged, OF_SUBJECTS)
    books = list(merged.books.order_by("pk").values_list("pk", flat=True))
    data: dict[str, Value] = {"merged": merged.pk, "name": merged.name}
    keep.books.add(*books)
    merged.delete()
    refresh_search_texts(Book.objects.filter(pk__in=books).order_by("pk"))
    activity.record(actor=by, verb="subject.merged", object=keep, data=data)
    return keep


def relations(model: type[models.Model]) -> set[str]:
    """Everything that points to ``model``, as ``app.Model.field``."""
    return {
        f"{relation.related_model._meta.label}.{relation.field.name}"
        for relation in model._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel) and isinstance(relation.field, models.ForeignKey)
    }


def _locked(model: type[models.Model], *pks: int) -> dict[int, Any]:
    """The rows, wholly locked: the one that goes must gain nothing that points to it."""
    return {row.pk: row for row in model._default_manager.select_for_update().filter(pk__in=pks).order_by("pk")}


def _two(model: type[Named], keep: Named, merged: Named, known: Iterable[str]) -> tuple[Named, Named]:
    if keep.pk == merged.pk:
        raise InvalidInput(_("A record cannot be merged with itself."))
    _refuse_unknown(model, known)
    rows = _locked(model, keep.pk, merged.pk)
    if len(rows) < 2:
        raise NotFound
    return rows[keep.pk], rows[merged.pk]


def _refuse_unknown(model: type[models.Model], known: Iterable[str]) -> None:
    unknown = relations(model) - set(known)
    if unknown:
        raise MergeIncomplete(what=", ".join(sorted(unknown)))


def _takes_file(keep: Book, merged: Book, file: WhoseFile | None) -> bool:
    """Whether the file of ``merged`` becomes that of ``keep``."""
    files = {row.book_id: row for row in BookFile.objects.filter(book__in=[keep, merged])}
    if merged.pk not in files:
        return False
    if keep.pk not in files:
        return True
    if files[keep.pk].sha256 == files[merged.pk].sha256:
        return False
    if file is None:
        raise MergeFileUnclear(fields={"file": [str(MergeFileUnclear.message)]})
    return file == "merged"


def _ask_the_others(keep: Book, merged: Book, *, takes_file: bool, by: User | None) -> None:
    """Let the higher apps take along what is theirs."""
    given = {"kept": keep, "merged": merged, "takes_file": takes_file, "by": by}
    answers: list[Any] = [answer for _to, answer in books_merging.send(sender=Book, **given)]
    _refuse_unknown(Book, OURS.union(*answers))


def _move_copies(keep: Book, merged: Book) -> None:
    """Loans follow their copies. The books' locks keep everybody else from both."""
    Copy.objects.filter(book=merged).update(book=keep)


def _move_file(keep: Book, merged: Book, *, takes_file: bool) -> None:
    if takes_file:
        remove_on_commit(keep)
        BookFile.objects.filter(book=keep).delete()
        BookFile.objects.filter(book=merged).update(book=keep)
        keep.is_public = keep.is_public and merged.is_public  # a file does not become readable by a merge
    else:
        remove_on_commit(merged)
        BookFile.objects.filter(book=merged).delete()


def _unite_lists(keep: Book, merged: Book) -> None:
    keep.categories.add(*merged.categories.all())
    keep.subjects.add(*merged.subjects.all())
    for role in Authorship.Position.values:
        if not keep.authorships.filter(role=role).exists():
            merged.authorships.filter(role=role).update(book=keep)
    known = set(keep.identifiers.values_list("kind", "value"))
    numbers = list(merged.identifiers.values_list("kind", "value"))
    if merged.isbn and keep.isbn:
        numbers.append((BookIdentifier.Kind.ISBN.value, merged.isbn))
    known.add((BookIdentifier.Kind.ISBN.value, keep.isbn or merged.isbn or ""))
    BookIdentifier.objects.bulk_create(
        BookIdentifier(book=keep, kind=kind, value=value) for kind, value in numbers if (kind, value) not in known
    )


def _fill(keep: Book, merged: Book) -> None:
    for name in FILLED:
        if getattr(keep, name) in (None, ""):
            setattr(keep, name, getattr(merged, name))
    if keep.series_id is None:
        keep.series_id, keep.series_position = merged.series_id, merged.series_position
        keep.series_position_end = merged.series_position_end


def _replace(keep: Book, merged: Book) -> int:
    """Delete ``merged``, leave its address behind, and write ``keep``. Returns the id that was."""
    old_id, isbn, popularity = merged.pk, merged.isbn, merged.popularity
    BookMerge.objects.filter(book=merged).update(book=keep)
    Book.objects.filter(pk=merged.pk).delete()
    BookMerge.objects.create(old_id=old_id, book=keep, title=merged.title)
    keep.isbn = keep.isbn or isbn
    keep.save(update_fields=[*FILLED, *PLACED, "isbn", "is_public", "updated_at"])
    Book.objects.filter(pk=keep.pk).update(popularity=F("popularity") + popularity)
    keep.refresh_from_db()
    return old_id
