"""What a search reads of a book: folded text, one column per weight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from catalog.models import Author, Book
from catalog.semantic import vectors
from catalog.values.filing import sort_title
from library.search.cut import RUN, recorded, spaced

TOGETHER = 500
COLUMNS = ("search_a", "search_b", "search_c", "search_d", "sort_title")


def refresh_search_text(book: Book) -> None:
    """Write what searching and sorting read, from the record as it is stored now."""
    refresh_search_texts(Book.objects.filter(pk=book.pk))
    book.refresh_from_db(fields=COLUMNS)


def refresh_search_texts(books: Iterable[Book]) -> int:
    """The same for many books, for instance all of a renamed author. Returns how many."""
    vectors.wake_on_commit()
    pks = iter(book.pk for book in books)
    done = 0
    while batch := list(islice(pks, TOGETHER)):
        found = Book.objects.filter(pk__in=batch).select_related("series").order_by("pk")
        rows = list(found.prefetch_related("authors__aliases", "categories", "subjects"))
        Book.objects.bulk_update([book for book in rows if _fill(book)], COLUMNS)
        done += len(rows)
    return done


def _fill(book: Book) -> bool:
    """Whether anything is different from what is stored."""
    before = [getattr(book, name) for name in COLUMNS]
    book.search_a = recorded(f"{book.title} {book.subtitle}")
    people = (name for author in book.authors.all() for name in _names(author))
    book.search_b = recorded(" ".join(dict.fromkeys(people)))
    about = [*(category.name for category in book.categories.all()), *(heading.name for heading in book.subjects.all())]
    if book.series is not None:
        about.append(book.series.name)
    book.search_c = recorded(" ".join(about))
    book.search_d = spaced(f"{book.description} {book.publisher}")
    book.sort_title = sort_title(book.title, book.language, book.filing_title)
    return before != [getattr(book, name) for name in COLUMNS]


def _names(author: Author) -> Iterator[str]:
    """All names of ``author``; where a family name comes first and no space follows it, as it is filed, too."""
    yield author.name
    if not author.name.isascii() and RUN.search(author.name):
        yield author.sort_name
    yield from (alias.name for alias in author.aliases.all())
