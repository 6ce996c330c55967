"""Catalogue records: made, changed, deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.files import File
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog import checks
from catalog.errors import BookInUse, IsbnTaken
from catalog.models import Author, Authorship, Book
from catalog.services import names
from catalog.services.files import attach_file, refuse_bad_upload, remove_on_commit
from catalog.services.text import refresh_search_text
from library.core.errors import Level, Reason
from library.jobs.models import Job

LISTS = ("authors", "categories", "subjects")


class Added(NamedTuple):
    """A new book, and the job that reads its file (``None`` without a file or a listener)."""

    book: Book
    job: Job | None


def create_book(
    *,
    title: str,
    authors: Sequence[str],
    by: User | None,
    isbn: str = "",
    subtitle: str = "",
    categories: Sequence[str] = (),
    subjects: Sequence[str] = (),
    publisher: str = "",
    year: int | None = None,
    language: str = "en",
    description: str = "",
    page_count: int | None = None,
    is_public: bool = True,
    file: File[bytes] | None = None,
) -> Added:
    """Add a record, its authors and categories found by name or made, and its digital file if there is one.

    ``language``: two letters; ``year``: negative before the common era. Errors: ``InvalidInput`` with every wrong
    field, ``IsbnTaken``, ``StorageFull``; then neither a row nor a file is left.
    """
    values = checks.checked(
        {
            "title": title, "authors": authors, "isbn": isbn, "subtitle": subtitle, "categories": categories,
            "subjects": subjects, "publisher": publisher, "year": year, "language": language,
            "description": description, "page_count": page_count, "is_public": is_public,
        },
        checks.BOOK,
    )  # fmt: skip
    if file is not None:
        refuse_bad_upload(file)
    book, job = Book(), None
    try:
        with transaction.atomic():
            _write(book, values)
            if file is not None:
                job = attach_file(book=book, upload=file, by=by)
    except IntegrityError as clash:
        _raise_if_isbn_taken(clash, values["isbn"])
        raise
    return Added(book, job)


def update_book(*, book: Book, changes: Mapping[str, Any], by: User | None, file: File[bytes] | None = None) -> Added:
    """Change the named fields of ``book`` (the same names as in ``create_book``), and its file if one is given.

    ``authors``, ``categories`` and ``subjects`` replace what was there; editors and translators stay. Errors: as
    ``create_book``; then everything is as before.
    """
    values = checks.checked(changes, checks.BOOK)
    if file is not None:
        refuse_bad_upload(file)
    job = None
    try:
        with transaction.atomic():
            Book.objects.select_for_update(no_key=True).get(pk=book.pk)
            _write(book, values)
            if file is not None:
                job = attach_file(book=book, upload=file, by=by)
    except IntegrityError as clash:
        _raise_if_isbn_taken(clash, values.get("isbn"))
        raise
    return Added(book, job)


def delete_book(*, book: Book) -> None:
    """Delete a record that nothing hangs on, with its digital file. Errors: ``BookInUse`` says what still does."""
    try:
        with transaction.atomic():
            Book.objects.select_for_update(no_key=True).get(pk=book.pk)
            remove_on_commit(book)
            book.delete()
    except models.ProtectedError as still:
        raise _in_use(still.protected_objects) from still
    except IntegrityError as clash:  # a copy that came in the same moment
        raise BookInUse(what=_("copies or loans")) from clash


def _in_use(objects: Iterable[models.Model]) -> BookInUse:
    reasons = []
    for kind, number in Counter(type(row) for row in objects).items():
        name = kind._meta.verbose_name if number == 1 else kind._meta.verbose_name_plural
        reasons.append(Reason(f"has_{kind._meta.model_name}", Level.IMPOSSIBLE, f"{number} {name}"))
    return BookInUse(what=_(" and ").join(reason.detail for reason in reasons), reasons=reasons)


def _write(book: Book, values: Mapping[str, Any]) -> None:
    plain = {name: value for name, value in values.items() if name not in LISTS}
    for name, value in plain.items():
        setattr(book, name, value)
    if book._state.adding:
        book.save(force_insert=True)
    elif plain:
        book.save(update_fields=[*plain, "updated_at"])
    if "authors" in values:
        _write_authors(book, names.authors(values["authors"]))
    if "categories" in values:
        book.categories.set(names.categories(values["categories"]))
    if "subjects" in values:
        book.subjects.set(names.subjects(values["subjects"]))
    refresh_search_text(book)


def _write_authors(book: Book, authors: Sequence[Author]) -> None:
    role = Authorship.Position.AUTHOR
    book.authorships.filter(role=role).delete()
    Authorship.objects.bulk_create(
        Authorship(book=book, author=author, role=role, position=place) for place, author in enumerate(authors)
    )


def _raise_if_isbn_taken(clash: IntegrityError, isbn: str | None) -> None:
    """Tell a taken ISBN from other clashes. Outside the transaction that it broke."""
    other = Book.objects.filter(isbn=isbn).first() if isbn and "isbn" in str(clash) else None
    if other is not None:
        taken = IsbnTaken(isbn=isbn, title=other.title)
        taken.fields = {"isbn": [taken.detail]}
        raise taken from clash
