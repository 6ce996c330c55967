"""Which books are like one, and why: what their records mean, and what they share (subjects, people, series).

Nothing here grows with the catalogue: candidates are capped, and a subject that very many books have finds none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log, prod

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, F

from catalog.models import Authorship, Book
from catalog.semantic import nearest

MOST = 24  # like books for one
BY_MEANING, BY_SUBJECT, BY_PEOPLE, BY_SERIES = 80, 150, 40, 30  # candidates
COMMON = 1_000  # a subject of so many books says little
SUBJECTS = 30  # of one book
ALIKE = 0.5  # a cosine from which records read alike
UNLIKE = 0.25  # below it a subject that both have ("textbooks") makes them no more alike
MOST_BY_ONE = 2  # books by the same author
KEPT_SECONDS = 600
# What each likeness is worth, where 1.0 is two records that mean the same.
WORTH_SUBJECTS, WORTH_PEOPLE, WORTH_SERIES = 0.6, 0.3, 0.5


@dataclass(frozen=True)
class Like:
    """A book, and why it is like another: ``series``, ``author`` or ``subject`` with its name, or ``meaning``."""

    book_id: int
    why: str
    name: str = ""


@dataclass
class _Candidate:
    cosine: float | None = None  # unknown where either has no vector yet
    shared: dict[str, float] = field(default_factory=dict)  # names of subjects and their weights
    people: list[str] = field(default_factory=list)  # authors that both have
    series: str = ""

    @property
    def score(self) -> float:
        subjects = 1 - prod(1 - weight for weight in self.shared.values())
        return (
            max(self.cosine or 0, 0)
            + WORTH_SUBJECTS * subjects
            + WORTH_PEOPLE * bool(self.people)
            + WORTH_SERIES * bool(self.series)
        )

    def reason(self, book_id: int) -> Like | None:
        """The plainest reason; ``None`` where there is none good enough."""
        if self.series:
            return Like(book_id, "series", self.series)
        if self.people:
            return Like(book_id, "author", self.people[0])
        if self.shared and (self.cosine is None or self.cosine >= UNLIKE):
            return Like(book_id, "subject", max(self.shared, key=lambda name: self.shared[name]))
        return Like(book_id, "meaning") if (self.cosine or 0) >= ALIKE else None


def weight(books: int) -> float:
    """What sharing a subject says that ``books`` have: 0.6 for two of them, 0.3 for ten, 0.13 for a thousand."""
    return 1 / (1 + log(max(books, 1)))


def like(book: Book) -> list[Like]:
    """At most ``MOST`` books like ``book`` that readers may see, the likest first; kept for ten minutes.

    A place that is lent, such as a study room, is like no book.
    """
    key = f"like:{book.pk}:{book.updated_at.timestamp()}"
    kept = cache.get(key)
    if isinstance(kept, list):
        return [Like(*row) for row in kept]
    found = _like(book)
    if found:  # a new record has no vector for a moment
        cache.set(key, [(one.book_id, one.why, one.name) for one in found], KEPT_SECONDS)
    return found


def _like(book: Book) -> list[Like]:
    if book.copies.filter(item_type__is_place=True).exists():
        return []
    subjects = _subjects(book)
    authors = dict(
        Authorship.objects.filter(book=book, role=Authorship.Position.AUTHOR)
        .order_by("position", "id")
        .values_list("author_id", "author__name")
    )
    ids = {other for other, _cosine in nearest.similar_to(book.pk, limit=BY_MEANING)}
    ids |= _with_subjects([subject for subject, (_name, books) in subjects.items() if books < COMMON])
    ids |= _by_people(authors, book) | _in_series(book)
    ids.discard(book.pk)
    if not ids:
        return []
    return _best(book, _candidates(book, ids, subjects, authors))


def _subjects(book: Book) -> dict[int, tuple[str, int]]:
    """The subjects of ``book``: name, and how many books have it (counted up to ``COMMON``)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject.id, subject.name, (SELECT count(*) FROM"
            " (SELECT FROM catalog_book_subjects WHERE subject_id = subject.id LIMIT %s) AS counted)"
            " FROM catalog_book_subjects AS own JOIN catalog_subject AS subject ON subject.id = own.subject_id"
            " WHERE own.book_id = %s ORDER BY 3, 1 LIMIT %s",
            [COMMON, book.pk, SUBJECTS],
        )
        return {subject: (name, books) for subject, name, books in cursor.fetchall()}


def _with_subjects(subjects: list[int]) -> set[int]:
    """Books that share most of the subjects."""
    links = Book.subjects.through.objects.filter(subject_id__in=subjects).values("book_id")
    counted = links.annotate(shared=Count("pk")).order_by("-shared", "-book_id")
    return set(counted.values_list("book_id", flat=True)[:BY_SUBJECT])


def _by_people(authors: Iterable[int], book: Book) -> set[int]:
    rows = Authorship.objects.filter(author__in=list(authors), role=Authorship.Position.AUTHOR).exclude(book=book)
    return set(rows.order_by("-book__popularity", "-book_id").values_list("book_id", flat=True)[:BY_PEOPLE])


def _in_series(book: Book) -> set[int]:
    if book.series_id is None:
        return set()
    rows = Book.objects.filter(series=book.series_id).exclude(pk=book.pk)
    rows = rows.order_by("series_position", F("series_position_end").asc(nulls_first=True), "id")
    return set(rows.values_list("pk", flat=True)[:BY_SERIES])


def _candidates(
    book: Book, ids: set[int], subjects: dict[int, tuple[str, int]], authors: dict[int, str]
) -> dict[int, _Candidate]:
    found: dict[int, _Candidate] = defaultdict(_Candidate)
    for other, cosine in nearest.cosines(book.pk, ids).items():
        found[other].cosine = cosine
    links = Book.subjects.through.objects.filter(book_id__in=ids, subject_id__in=list(subjects))
    for other, subject in links.values_list("book_id", "subject_id"):
        name, books = subjects[subject]
        if books < COMMON:
            found[other].shared[name] = weight(books)
    rows = Authorship.objects.filter(book__in=ids, author__in=list(authors), role=Authorship.Position.AUTHOR)
    for other, author in rows.order_by("position", "id").values_list("book_id", "author_id"):
        found[other].people.append(authors[author])
    if book.series_id is not None and book.series is not None:
        for other in Book.objects.filter(pk__in=ids, series=book.series_id).values_list("pk", flat=True):
            found[other].series = book.series.name
    return found


def _titles(ids: Iterable[int]) -> dict[int, str]:
    """By id, the filed titles of what readers may see, places left out."""
    shown = Book.objects.filter(pk__in=list(ids), is_suppressed=False).without_places()
    return dict(shown.values_list("pk", "sort_title"))


def _best(book: Book, found: dict[int, _Candidate]) -> list[Like]:
    """The best of them, other editions of a book shown once, and not too many by one author."""
    titles = _titles(found)
    rows = Authorship.objects.filter(book__in=[*titles, book.pk], role=Authorship.Position.AUTHOR)
    first_authors = dict(rows.order_by("-position", "-id").values_list("book_id", "author_id"))  # the last one stays
    seen = {(book.sort_title, first_authors.get(book.pk))}
    by_author: Counter[int] = Counter()
    best: list[Like] = []
    for other in sorted(titles, key=lambda pk: (-found[pk].score, pk)):
        author, reason = first_authors.get(other), found[other].reason(other)
        edition = (titles[other] or str(other), author)
        if reason is None or edition in seen or (author is not None and by_author[author] >= MOST_BY_ONE):
            continue
        seen.add(edition)
        if author is not None:
            by_author[author] += 1
        best.append(reason)
    return best[:MOST]
