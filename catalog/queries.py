"""What others ask of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Authorship, Book, BookFacts, BookQuerySet, Branch, Category, Copy, CopyStatus, Cover
from catalog.redirects import moved_to
from catalog.search.services import Results
from library.core.errors import NotFound

GONE = (CopyStatus.LOST, CopyStatus.MISSING, CopyStatus.WITHDRAWN)
IN_TITLE_ORDER = Prefetch("authorships", Authorship.objects.select_related("author").order_by("position", "id"))
SEARCHED = ("search_a", "search_b", "search_c", "search_d")  # what only PostgreSQL reads


@dataclass(frozen=True)
class BranchAvailability:
    """How many copies of a book one branch has, and how many stand on its shelf to be lent."""

    branch: Branch
    free: int
    total: int
    copies: Sequence[Copy] = ()

    @property
    def words(self) -> str:
        """For people: "2 of 3 available in Central Library"."""
        values = {"free": self.free, "total": self.total, "branch": self.branch.name}
        if self.free:
            return _("%(free)d of %(total)d available in %(branch)s") % values
        return _("None of %(total)d available in %(branch)s") % values


def get_book(pk: int, user: User | AnonymousUser) -> Book:
    """The book with its people, shelves and digital file. Errors: ``NotFound``, also for what ``user`` may not see;
    ``BookMerged`` where it went into another record.
    """
    book = (
        Book.objects.visible_to(user)
        .select_related("digital_file", "series")
        .prefetch_related(IN_TITLE_ORDER, "authors", "categories", "subjects", "identifiers")
        .filter(pk=pk)
        .first()
    )
    if book is None:
        raise moved_to(pk, among=Book.objects.visible_to(user)) or NotFound
    return book


def cover_of(pk: int, key: str) -> Cover | None:
    """The cover with this key, with its book; whether the book shows it or not."""
    found = Cover.objects.filter(book=pk, key=key).exclude(key="").select_related("book")
    return found.defer("book__description", *(f"book__{name}" for name in SEARCHED)).order_by("added_at").first()


def for_list(books: BookQuerySet) -> BookQuerySet:
    """``books`` with all that a row of a list shows, in a number of queries that does not grow with the rows."""
    return (
        books.select_related("digital_file", "series")
        .prefetch_related(IN_TITLE_ORDER, "categories")
        .defer("description", *SEARCHED)
    )


def books_of(results: Results, user: User | AnonymousUser) -> list[Book]:
    """The books of one page of a search, in its order, with all that a row of a list shows, and behind them those that
    are only near in meaning; none that were hidden from ``user`` since it was found.
    """
    ids = [*results.ids, *results.near]
    found = {book.pk: book for book in for_list(Book.objects.visible_to(user).filter(pk__in=ids))}
    return [found[pk] for pk in ids if pk in found]


def parted(books: Sequence[Book], results: Results) -> tuple[list[Book], list[Book]]:
    """``books_of`` a search: what matches, and what is only near in meaning."""
    near = set(results.near)
    return [book for book in books if book.pk not in near], [book for book in books if book.pk in near]


def top_categories(user: User | AnonymousUser, *, limit: int = 12) -> list[Category]:
    """The widest categories that hold a book which ``user`` may see, by name: where to look on; one query."""
    held = BookFacts.objects.filter(category_ids__contains=[OuterRef("pk")])
    seen = held if user.is_staff else held.filter(is_suppressed=False)
    return list(Category.objects.filter(Exists(seen), parent=None).order_by("name", "pk")[:limit])


def availability(book: Book) -> list[BranchAvailability]:
    """By branch, in the order of their names: the copies that the library still has, and how many of them are free."""
    copies = book.copies.exclude(status__in=GONE).select_related("branch").order_by("branch__name", "barcode", "id")
    places = ((branch, list(here)) for branch, here in groupby(copies, key=lambda copy: copy.branch))
    return [BranchAvailability(branch, sum(copy.is_free for copy in here), len(here), here) for branch, here in places]


def availability_of(books: Iterable[Book]) -> dict[int, list[BranchAvailability]]:
    """``availability`` of many books by their id, counted in one query and without the copies themselves."""
    places: dict[int, list[BranchAvailability]] = {book.pk: [] for book in books}
    rows = (
        Copy.objects.filter(book__in=list(places))
        .exclude(status__in=GONE)
        .values("book_id", "branch_id", "branch__code", "branch__name")
        .annotate(total=Count("pk"), free=Count("pk", filter=Q(status=CopyStatus.AVAILABLE, not_for_loan=False)))
        .order_by("branch__name")
    )
    for row in rows:
        branch = Branch(pk=row["branch_id"], code=row["branch__code"], name=row["branch__name"])
        places[row["book_id"]].append(BranchAvailability(branch, row["free"], row["total"]))
    return places
