"""Counters and facts of a book against a plain model of them, whatever happens to copies and headings, and how.

Each example is one transaction of random steps: through the services, by bulk UPDATE, by raw SQL, some of them rolled
back. After each step the database is compared with what the model says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from catalog import copy_status, services
from catalog.models import Author, Authorship, Book, BookFacts, Branch, Category, Copy, CopyStatus
from catalog.tests.factories import make_book, make_branch
from library.core.errors import LibraryError

GONE = {CopyStatus.LOST, CopyStatus.MISSING, CopyStatus.WITHDRAWN}
BOOKS, BRANCHES, COPIES = 2, 2, 4
# Two roots; the third lies within the first, the fourth within the third.
PARENTS = {0: None, 1: None, 2: 0, 3: 2}


@dataclass(frozen=True)
class Shelf:
    """What the model knows of a copy."""

    book: int
    branch: int
    status: str
    not_for_loan: bool


@dataclass(frozen=True)
class Model:
    """What should be true. Copies by their number; categories and authors as pairs with books."""

    copies: dict[int, Shelf] = field(default_factory=dict)
    categories: frozenset[tuple[int, int]] = frozenset()
    authors: frozenset[tuple[int, int]] = frozenset()
    parents: dict[int, int | None] = field(default_factory=lambda: dict(PARENTS))

    def with_copy(self, number: int, shelf: Shelf | None) -> Model:
        rest = {key: value for key, value in self.copies.items() if key != number}
        return replace(self, copies=rest if shelf is None else rest | {number: shelf})

    def wider(self, category: int) -> set[int]:
        found: set[int] = set()
        step: int | None = category
        while step is not None:
            found.add(step)
            step = self.parents[step]
        return found

    def of(self, book: int) -> dict[str, Any]:
        """The counters and facts of ``book``."""
        here = [copy for copy in self.copies.values() if copy.book == book]
        counted = [copy for copy in here if copy.status not in GONE]
        free = [copy for copy in here if copy.status == CopyStatus.AVAILABLE and not copy.not_for_loan]
        return {
            "total_copies": len(counted),
            "available_copies": len(free),
            "has_copies": bool(counted),
            "is_available": bool(free),
            "branch_ids": {copy.branch for copy in counted},
            "free_branch_ids": {copy.branch for copy in free},
            "category_ids": {wide for at, low in self.categories if at == book for wide in self.wider(low)},
            "author_ids": {author for at, author in self.authors if at == book},
        }


class World:
    """The rows that the model's small numbers stand for."""

    def __init__(self) -> None:
        self.books = [make_book() for _ in range(BOOKS)]
        self.branches = [make_branch() for _ in range(BRANCHES)]
        self.categories: list[Category] = []
        for number, parent in PARENTS.items():
            wider = None if parent is None else self.categories[parent]
            self.categories.append(Category.objects.create(name=f"Category {number}", parent=wider))
        self.authors = [Author.objects.create(name=f"Author {n}", sort_name=f"author {n}") for n in range(2)]
        self.model = Model()
        self.number = 0

    def check(self) -> None:
        places = {row.pk: number for number, row in enumerate(self.branches)}
        shelves = {row.pk: number for number, row in enumerate(self.categories)}
        people = {row.pk: number for number, row in enumerate(self.authors)}
        for number, book in enumerate(self.books):
            row, facts = Book.objects.get(pk=book.pk), BookFacts.objects.get(pk=book.pk)
            assert {
                "total_copies": row.total_copies,
                "available_copies": row.available_copies,
                "has_copies": facts.has_copies,
                "is_available": facts.is_available,
                "branch_ids": {places[pk] for pk in facts.branch_ids},
                "free_branch_ids": {places[pk] for pk in facts.free_branch_ids},
                "category_ids": {shelves[pk] for pk in facts.category_ids},
                "author_ids": {people[pk] for pk in facts.author_ids},
            } == self.model.of(number)
            for listed in (facts.branch_ids, facts.free_branch_ids, facts.category_ids, facts.author_ids):
                assert len(listed) == len(set(listed))

    def copy(self, at: int) -> tuple[int, Copy] | None:
        """One of the copies that there are."""
        if not self.model.copies:
            return None
        number = sorted(self.model.copies)[at % len(self.model.copies)]
        return number, Copy.objects.get(barcode=f"M-{number}")


STATUSES = st.sampled_from(CopyStatus.values)
BOOK, BRANCH = st.integers(0, BOOKS - 1), st.integers(0, BRANCHES - 1)
ANY_COPY, HEADING, PERSON = st.integers(0, 9), st.integers(0, len(PARENTS) - 1), st.integers(0, 1)
Step = Callable[[World], None]


def run(sql: str, *values: float | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def add(book: int, branch: int, status: str, not_for_loan: bool, raw: bool) -> Step:
    """One more copy; through the service only what a new copy can be."""

    def step(world: World) -> None:
        if len(world.model.copies) >= COPIES:
            return
        world.number += 1
        where, place, barcode = world.books[book], world.branches[branch], f"M-{world.number}"
        if raw:
            Copy.objects.bulk_create(
                [Copy(book=where, branch=place, barcode=barcode, status=status, not_for_loan=not_for_loan)]
            )
        elif status in copy_status.SHELF_STATUSES:
            services.add_copy(book=where, branch=place, barcode=barcode, status=status, not_for_loan=not_for_loan)
        else:
            with pytest.raises(LibraryError):
                services.add_copy(book=where, branch=place, barcode=barcode, status=status)
            return
        world.model = world.model.with_copy(world.number, Shelf(book, branch, status, not_for_loan))

    return step


def restate(at: int, status: str, raw: bool) -> Step:
    """Another status; what no move leads to is refused and changes nothing."""

    def step(world: World) -> None:
        found = world.copy(at)
        if found is None:
            return
        number, copy = found
        shelf = world.model.copies[number]
        try:
            with transaction.atomic():
                if raw:
                    run("UPDATE catalog_copy SET status = %s WHERE id = %s", status, copy.pk)
                else:
                    services.change_copy(copy=copy, changes={"status": status})
        except (LibraryError, IntegrityError):
            own = copy_status.CATALOGUE.get(CopyStatus(shelf.status), frozenset())
            assert status not in own if not raw else not copy_status.may_follow(shelf.status, status)
            event("a move was refused")
            return
        assert copy_status.may_follow(shelf.status, status)
        world.model = world.model.with_copy(number, replace(shelf, status=status))

    return step


def rearrange(at: int, branch: int, not_for_loan: bool, raw: bool) -> Step:
    """Another branch and another mark."""

    def step(world: World) -> None:
        found = world.copy(at)
        if found is None:
            return
        number, copy = found
        given: dict[str, Any] = {"branch": world.branches[branch], "not_for_loan": not_for_loan}
        if raw:
            Copy.objects.filter(pk=copy.pk).update(**given)
        else:
            services.change_copy(copy=copy, changes=given)
        shelf = replace(world.model.copies[number], branch=branch, not_for_loan=not_for_loan)
        world.model = world.model.with_copy(number, shelf)

    return step


def move(at: int, book: int, raw: bool) -> Step:
    """To the other record; through the service only what nobody has or waits for."""

    def step(world: World) -> None:
        found = world.copy(at)
        if found is None:
            return
        number, copy = found
        shelf = world.model.copies[number]
        if raw:
            run("UPDATE catalog_copy SET book_id = %s WHERE id = %s", world.books[book].pk, copy.pk)
        elif shelf.status in copy_status.SHELF_STATUSES:
            services.move_copy(copy=copy, book=world.books[book])
        else:
            with pytest.raises(LibraryError):
                services.move_copy(copy=copy, book=world.books[book])
            return
        world.model = world.model.with_copy(number, replace(shelf, book=book))

    return step


def remove(at: int, raw: bool) -> Step:
    def step(world: World) -> None:
        found = world.copy(at)
        if found is None:
            return
        number, copy = found
        if raw:
            run("DELETE FROM catalog_copy WHERE id = %s", copy.pk)
        else:
            services.delete_copy(copy=copy)
        world.model = world.model.with_copy(number, None)

    return step


def lend_all(book: int) -> Step:
    """One UPDATE over many rows."""

    def step(world: World) -> None:
        Copy.objects.filter(book=world.books[book], status=CopyStatus.AVAILABLE).update(status=CopyStatus.ON_LOAN)
        for number, shelf in world.model.copies.items():
            if shelf.book == book and shelf.status == CopyStatus.AVAILABLE:
                world.model = world.model.with_copy(number, replace(shelf, status=CopyStatus.ON_LOAN))

    return step


def swap_books() -> Step:
    """All copies change places in one statement, across the books."""

    def step(world: World) -> None:
        one, other = world.books
        run("UPDATE catalog_copy SET book_id = %s + %s - book_id", one.pk, other.pk)
        for number, shelf in world.model.copies.items():
            world.model = world.model.with_copy(number, replace(shelf, book=1 - shelf.book))

    return step


def head(book: int, category: int, is_there: bool) -> Step:
    def step(world: World) -> None:
        row = world.categories[category]
        if is_there:
            world.books[book].categories.add(row)
        else:
            run(
                "DELETE FROM catalog_book_categories WHERE book_id = %s AND category_id = %s",
                world.books[book].pk,
                row.pk,
            )
        pairs = world.model.categories - {(book, category)}
        world.model = replace(world.model, categories=pairs | ({(book, category)} if is_there else frozenset()))

    return step


def put_within(category: int, parent: int | None) -> Step:
    """Another wider category; a circle is refused."""

    def step(world: World) -> None:
        wider = None if parent is None else world.categories[parent]
        is_circle = parent is not None and category in world.model.wider(parent)
        with suppress(IntegrityError), transaction.atomic():
            Category.objects.filter(pk=world.categories[category].pk).update(parent=wider)
            assert not is_circle
            world.model = replace(world.model, parents=world.model.parents | {category: parent})

    return step


def name(book: int, author: int, is_there: bool) -> Step:
    def step(world: World) -> None:
        pair = {"book": world.books[book], "author": world.authors[author]}
        if is_there:
            Authorship.objects.bulk_create([Authorship(**pair)], ignore_conflicts=True)
        else:
            Authorship.objects.filter(**pair).delete()
        pairs = world.model.authors - {(book, author)}
        world.model = replace(world.model, authors=pairs | ({(book, author)} if is_there else frozenset()))

    return step


def lie(book: int, number: int) -> Step:
    """Somebody writes the counters themselves: the database writes the truth."""

    def step(world: World) -> None:
        run(
            "UPDATE catalog_book SET total_copies = %s, available_copies = %s WHERE id = %s",
            number,
            number,
            world.books[book].pk,
        )

    return step


PLAIN = st.one_of(
    st.builds(add, BOOK, BRANCH, STATUSES, st.booleans(), st.booleans()),
    st.builds(restate, ANY_COPY, STATUSES, st.booleans()),
    st.builds(rearrange, ANY_COPY, BRANCH, st.booleans(), st.booleans()),
    st.builds(move, ANY_COPY, BOOK, st.booleans()),
    st.builds(remove, ANY_COPY, st.booleans()),
    st.builds(lend_all, BOOK),
    st.builds(swap_books),
    st.builds(head, BOOK, HEADING, st.booleans()),
    st.builds(put_within, HEADING, st.none() | HEADING),
    st.builds(name, BOOK, PERSON, st.booleans()),
    st.builds(lie, BOOK, st.integers(0, 99)),
)


class _RolledBackError(Exception):
    pass


def undone(steps: list[Step]) -> Step:
    """Some steps that a savepoint takes back."""

    def step(world: World) -> None:
        before = world.model
        with suppress(_RolledBackError), transaction.atomic():
            for one in steps:
                one(world)
            world.check()
            raise _RolledBackError
        world.model = before

    return step


STEPS = st.lists(PLAIN | st.builds(undone, st.lists(PLAIN, min_size=1, max_size=3)), min_size=1, max_size=12)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_counters_and_facts_say_what_a_plain_model_says(steps):
    with suppress(_RolledBackError), transaction.atomic():
        world = World()
        for step in steps:
            step(world)
            world.check()
        raise _RolledBackError


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
def test_two_interleaved_transactions_on_one_book_end_with_the_truth(turn):
    """Both change copies and categories of one book, each holding its changes while the other makes its own."""
    book, branches = make_book(), [make_branch(), make_branch()]
    rows = [
        Copy.objects.create(book=book, branch=branches[n % 2], barcode=f"M-{n}", status="available") for n in range(4)
    ]
    shelves = [Category.objects.create(name=f"Category {n}") for n in range(2)]
    begin, faults = threading.Barrier(2), []

    def work(half: int) -> None:
        try:
            with transaction.atomic():
                begin.wait(10)
                book.categories.add(shelves[half])
                Copy.objects.filter(pk=rows[half].pk).update(status=CopyStatus.ON_LOAN)
                run("SELECT pg_sleep(%s)", 0.02 * turn)
                Copy.objects.filter(pk=rows[half + 2].pk).update(branch=branches[0])
                services.add_copy(book=book, branch=branches[half], barcode=f"N-{half}")
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[half]) for half in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    book.refresh_from_db()
    facts = BookFacts.objects.get(pk=book.pk)
    assert (book.total_copies, book.available_copies) == (6, 4)
    free = set(Copy.objects.free().values_list("branch", flat=True))
    assert set(facts.free_branch_ids) == free == {branch.pk for branch in branches}
    assert set(facts.branch_ids) == set(Branch.objects.values_list("pk", flat=True))
    assert set(facts.category_ids) == {row.pk for row in shelves}
