"""The same change to many records at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from catalog import validation
from catalog.errors import TooManyAtOnce
from catalog.models import Book, Category, Subject
from catalog.search_index.text import refresh_search_texts
from catalog.services import history
from library.core.database.transactions import again_after_deadlock

# More than this at once holds so many locks for so long that the desk would wait.
AT_MOST = 1_000
TOGETHER = 500
PLAIN = ("language", "publisher", "is_public", "is_suppressed", "reading_level")


@again_after_deadlock
@transaction.atomic
def change_books(
    *,
    pks: Collection[int],
    changes: Mapping[str, Any],
    by: User | None,
    add_categories: Sequence[Category] = (),
    remove_categories: Sequence[Category] = (),
    add_subjects: Sequence[Subject] = (),
    remove_subjects: Sequence[Subject] = (),
) -> int:
    """Change the named fields of many records, or of none. Returns how many there were.

    ``changes``: of language, publisher, is_public, is_suppressed, reading_level. What is both added and removed is
    removed. Records that are gone meanwhile are passed over. Errors: ``TooManyAtOnce`` (over 1,000), ``InvalidInput``.
    """
    if len(pks) > AT_MOST:
        raise TooManyAtOnce(limit=AT_MOST)
    values = validation.checked({name: changes[name] for name in PLAIN if name in changes}, validation.BOOK)
    done = 0
    wanted = sorted(pks)
    for batch in (wanted[start : start + TOGETHER] for start in range(0, len(wanted), TOGETHER)):
        books = list(
            Book.objects.select_for_update(no_key=True).filter(pk__in=batch).order_by("pk").values_list("pk", flat=True)
        )
        before = history.snapshots(books)
        if values:
            Book.objects.filter(pk__in=books).update(**values, updated_at=timezone.now())
        _change_list(Book.categories.through, "category_id", books, add_categories, remove_categories)
        _change_list(Book.subjects.through, "subject_id", books, add_subjects, remove_subjects)
        refresh_search_texts(Book.objects.filter(pk__in=books).order_by("pk"))
        history.record_changes(before, by=by)
        done += len(books)
    return done


def _change_list(through: Any, name: str, books: Sequence[int], added: Sequence[Any], removed: Sequence[Any]) -> None:
    rows = [through(book_id=pk, **{name: row.pk}) for pk in books for row in added]
    through.objects.bulk_create(rows, ignore_conflicts=True)
    if removed:
        through.objects.filter(**{"book_id__in": books, f"{name}__in": [row.pk for row in removed]}).delete()
