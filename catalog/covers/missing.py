"""Which covers nobody has looked for yet, or not for long; and the look every few minutes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.covers import keeping, making
from catalog.models import Book, BookIdentifier, Cover, CoverSource, CoverState, WhyNone
from catalog.values.file_kinds import EPUB, PDF

AT_ONCE = 25  # looked up in five minutes: Open Library allows 100 questions, of which a book may need three
AGAIN_AFTER = timedelta(days=30)  # where no source knew the book
AGAIN_SOON = timedelta(hours=1)  # where a source was away
FORGOTTEN_AFTER = timedelta(hours=1)  # wanted for so long: its job failed, or waits and is joined


def check(*, at: datetime | None = None) -> int:
    """Ask for some of the covers that are missing; gives how many."""
    at = at or timezone.now()
    drop_those_of_other_numbers()
    asked = [(book, CoverSource.FIRST_PAGE) for book in without_first_page(at=at)[:AT_ONCE]]
    asked += [(book, CoverSource.LOOKED_UP) for book in to_look_up(at=at)[:AT_ONCE]]
    for book, source in asked:
        making.want(book=book, source=source)
    return len(asked)


def without_first_page(*, at: datetime) -> QuerySet[Book]:
    """Books whose file has a first page that nobody has drawn, the newest first."""
    kinds = Q(digital_file__media_type__in=[PDF, EPUB])
    return Book.objects.filter(kinds).exclude(Exists(_settled(CoverSource.FIRST_PAGE, at))).order_by("-id")


def to_look_up(*, at: datetime) -> QuerySet[Book]:
    """Books with an ISBN that no source was asked about, or not for long, and that staff gave no cover; the newest
    first. None where there is no source."""
    if not settings.COVER_SOURCES:
        return Book.objects.none()
    numbered = Exists(BookIdentifier.objects.filter(book=OuterRef("pk"), kind=BookIdentifier.Kind.ISBN))
    found = Book.objects.filter(Q(isbn__isnull=False) | numbered)
    for source in (CoverSource.UPLOADED, CoverSource.LOOKED_UP):
        found = found.exclude(Exists(_settled(source, at)))
    return found.order_by("-id")


def _settled(source: CoverSource, at: datetime) -> QuerySet[Cover]:
    """Covers of the outer book about which nothing is to be done for now."""
    unsure = Q(why_none__in=keeping.UNSURE, tried_at__lt=at - AGAIN_SOON)
    unknown = Q(why_none__in=[WhyNone.UNKNOWN, WhyNone.UNUSABLE], tried_at__lt=at - AGAIN_AFTER)
    forgotten = Q(state=CoverState.WANTED, tried_at__lt=at - FORGOTTEN_AFTER)
    return Cover.objects.filter(book=OuterRef("pk"), source=source).exclude(unsure | unknown | forgotten)


def drop_those_of_other_numbers(book: Book | None = None) -> None:
    """A cover that was looked up by an ISBN which its book, or ``book`` alone, has no more is another book's."""
    wrong = Cover.objects.filter(source=CoverSource.LOOKED_UP).exclude(made_of="")
    if book is not None:
        wrong = wrong.filter(book=book)
    own = BookIdentifier.objects.filter(book=OuterRef("book"), kind=BookIdentifier.Kind.ISBN, value=OuterRef("made_of"))
    wrong = wrong.annotate(isbn=Coalesce(F("book__isbn"), Value(""))).exclude(isbn=F("made_of")).exclude(Exists(own))
    for cover in wrong[:AT_ONCE]:
        keeping.drop(cover)


def all_missing(*, at: datetime) -> Iterator[tuple[Book, CoverSource]]:
    """Everything that ``check`` would ask for in time."""
    for book in without_first_page(at=at).iterator():
        yield book, CoverSource.FIRST_PAGE
    for book in to_look_up(at=at).iterator():
        yield book, CoverSource.LOOKED_UP
