"""Catalogue records: made, changed, deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.files import File
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog import validation
from catalog.covers import keeping, missing
from catalog.errors import BookInUse, IsbnTaken
from catalog.files.services import attach_file, refuse_bad_upload, remove_on_commit
from catalog.locks import lock_book
from catalog.models import Author, Authorship, Book, BookIdentifier
from catalog.search_index.text import refresh_search_text
from catalog.services import authorities, history
from library.activity import services as activity
from library.core.errors import InvalidInput, Level, Reason
from library.jobs.models import Job

LISTS = ("authors", "contributors", "categories", "subjects", "identifiers")


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
    filing_title: str = "",
    categories: Sequence[str] = (),
    subjects: Sequence[str] = (),
    publisher: str = "",
    year: int | None = None,
    language: str = "en",
    description: str = "",
    page_count: int | None = None,
    is_public: bool = True,
    is_suppressed: bool = False,
    contributors: Sequence[Mapping[str, str]] = (),
    series: str = "",
    series_position: Decimal | int | str | None = None,
    reading_level: str = "",
    minimum_age: int | None = None,
    identifiers: Sequence[Mapping[str, str]] = (),
    file: File[bytes] | None = None,
) -> Added:
    """Add a record, its people, categories, subjects and series found by name or made, and its file if there is one.

    ``language``: a code of ISO 639; ``filing_title``: the title from the word that it is filed by, where the language's
    rule is wrong; ``year``: negative before the common era; ``minimum_age`` in years; ``series_position``: a
    number, or a range as 1-3. ``contributors``: ``{"name", "role"}`` with the role editor, translator or illustrator.
    ``identifiers``: ``{"kind", "value"}`` beside the main ISBN, each valid for its kind. Errors: ``InvalidInput`` with
    every wrong field, ``IsbnTaken``, ``StorageFull``; then neither a row nor a file is left.
    """
    values = validation.checked(
        {
            "title": title,
            "authors": authors,
            "isbn": isbn,
            "subtitle": subtitle,
            "filing_title": filing_title,
            "categories": categories,
            "subjects": subjects,
            "publisher": publisher,
            "year": year,
            "language": language,
            "description": description,
            "page_count": page_count,
            "is_public": is_public,
            "is_suppressed": is_suppressed,
            "contributors": contributors,
            "series": series,
            "series_position": series_position,
            "reading_level": reading_level,
            "minimum_age": minimum_age,
            "identifiers": identifiers,
        },
        validation.BOOK,
    )
    if file is not None:
        refuse_bad_upload(file)
    book, job = Book(), None
    try:
        with transaction.atomic():
            _write(book, values)
            history.record_added(book, by=by)
            if file is not None:
                job = attach_file(book=book, upload=file, by=by)
    except IntegrityError as clash:
        _raise_if_isbn_taken(clash, values["isbn"])
        raise
    return Added(book, job)


def update_book(*, book: Book, changes: Mapping[str, Any], by: User | None, file: File[bytes] | None = None) -> Added:
    """Change the named fields of ``book`` (the same names as in ``create_book``), and its file if one is given.

    A list replaces the list that was there: ``authors`` leaves editors and translators alone, ``contributors`` the
    authors. Without its series a book loses its place in it. Errors: as ``create_book``; then everything is as before.
    """
    values = validation.checked(changes, validation.BOOK)
    if file is not None:
        refuse_bad_upload(file)
    job = None
    try:
        with transaction.atomic():
            stored = lock_book(book.pk)
            book.series, book.series_position = stored.series, stored.series_position
            book.series_position_end = stored.series_position_end
            before = history.snapshot(book.pk)
            _write(book, values)
            history.record_change(book, before, by=by)
            if file is not None:
                job = attach_file(book=book, upload=file, by=by)
    except IntegrityError as clash:
        _raise_if_isbn_taken(clash, values.get("isbn"))
        raise
    return Added(book, job)


def delete_book(*, book: Book, by: User | None = None) -> None:
    """Delete a record that nothing hangs on, with its digital file. Errors: ``BookInUse`` says what still does."""
    try:
        with transaction.atomic():
            lock_book(book.pk)
            remove_on_commit(book)
            keeping.remove_all_on_commit(book)
            activity.record(actor=by, verb="book.deleted", object=book, data={"title.old": book.title})
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
    check_isbn_is_no_other_books(book, plain.get("isbn"))
    if "series" in plain:
        plain["series"] = authorities.series(plain["series"]) if plain["series"] else None
        if plain["series"] is None:
            plain.setdefault("series_position", None)
    if "series_position" in plain:
        plain["series_position"], plain["series_position_end"] = plain["series_position"] or (None, None)
    for name, value in plain.items():
        setattr(book, name, value)
    _check_position(book)
    if book._state.adding:
        book.save(force_insert=True)
    elif plain:
        book.save(update_fields=[*plain, "updated_at"])
    _write_lists(book, values)
    if "isbn" in plain or "identifiers" in values:
        missing.drop_those_of_other_numbers(book)
    refresh_search_text(book)


def _write_lists(book: Book, values: Mapping[str, Any]) -> None:
    others = [name for name, _role in values.get("contributors", ())]
    if others:  # all people take their turns together, in one order
        authorities.authors([*values.get("authors", ()), *others])
    if "authors" in values:
        _write_authors(book, authorities.authors(values["authors"]))
    if "contributors" in values:
        _write_contributors(book, values["contributors"])
    if "categories" in values:
        book.categories.set(authorities.categories(values["categories"]))
    if "subjects" in values:
        book.subjects.set(authorities.subjects(values["subjects"]))
    if "identifiers" in values:
        write_identifiers(book, values["identifiers"])
    elif values.get("isbn"):
        book.identifiers.filter(kind=BookIdentifier.Kind.ISBN, value=values["isbn"]).delete()


def _check_position(book: Book) -> None:
    if book.series_position is not None and book.series is None:
        sentence = _("A place in a series needs the series.")
        raise InvalidInput(sentence, fields={"series_position": [sentence]})


def _write_authors(book: Book, authors: Sequence[Author]) -> None:
    role = Authorship.Position.AUTHOR
    book.authorships.filter(role=role).delete()
    Authorship.objects.bulk_create(
        Authorship(book=book, author=author, role=role, position=place) for place, author in enumerate(authors)
    )


def _write_contributors(book: Book, people: Sequence[tuple[str, str]]) -> None:
    book.authorships.exclude(role=Authorship.Position.AUTHOR).delete()
    rows = dict.fromkeys((authorities.authors([name])[0], role) for name, role in people)
    Authorship.objects.bulk_create(
        Authorship(book=book, author=author, role=role, position=place) for place, (author, role) in enumerate(rows)
    )


def write_identifiers(book: Book, numbers: Sequence[tuple[str, str]]) -> None:
    """Make ``numbers`` (kind and value, as they are kept) those of ``book``. Its main ISBN is none of them."""
    own = (BookIdentifier.Kind.ISBN.value, book.isbn)
    book.identifiers.all().delete()
    BookIdentifier.objects.bulk_create(
        BookIdentifier(book=book, kind=kind, value=value) for kind, value in numbers if (kind, value) != own
    )


def check_isbn_is_no_other_books(book: Book, isbn: str | None) -> None:
    """Errors: ``IsbnTaken`` where another record has ``isbn`` as a further number, as one has that took it in."""
    further = BookIdentifier.objects.filter(kind=BookIdentifier.Kind.ISBN, value=isbn or "").exclude(book=book.pk)
    other = further.select_related("book").first()
    if other is not None and isbn != Book.objects.filter(pk=book.pk).values_list("isbn", flat=True).first():
        raise isbn_taken(isbn or "", other.book)


def isbn_taken(isbn: str, other: Book) -> IsbnTaken:
    """The refusal of an ISBN that ``other`` has, on its field."""
    taken = IsbnTaken(isbn=isbn, title=other.title)
    taken.fields = {"isbn": [taken.detail]}
    return taken


def _raise_if_isbn_taken(clash: IntegrityError, isbn: str | None) -> None:
    """Tell a taken ISBN from other clashes. Outside the transaction that it broke."""
    other = Book.objects.filter(isbn=isbn).first() if isbn and "isbn" in str(clash) else None
    if other is not None:
        raise isbn_taken(isbn or "", other) from clash
