"""What the desks of ``bench.desk`` do in a running library.

``python -m bench.desk_work load LOANS`` fills it; ``… facts`` says what is in it; ``… queries`` counts queries at the
first and the 200th scan; ``… service|http out|in DESKS EACH`` is the desks, each a process of its own.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from typing import Any

FIRST_COPY = 1_000_000  # ids of the measured copies follow it; the demonstration collection has its own
BOOKS, COPIES_OF_EACH, PATRONS = 10_000, 2, 10_000
LIBRARIAN = "librarian@example.org"
PAST_LOANS = """
INSERT INTO circulation_loan (id, copy_id, branch_id, patron_id, checked_out_at, checked_out_by_id, due_at, returned_at,
  checked_in_at, returned_by_id, is_hourly, renewals, explanation)
SELECT uuidv7(lent - now()), copies.id, copies.branch_id, patrons.user_id, lent, %(by)s, lent + interval '14 days',
  lent + interval '9 days', lent + interval '9 days', %(by)s, false, 0, '{}'
FROM generate_series(0, %(loans)s - 1) AS n
JOIN catalog_copy AS copies ON copies.id = %(first)s + 1 + n %% %(copies)s
JOIN (SELECT user_id, row_number() OVER (ORDER BY card_number) - 1 AS place FROM accounts_patron
      WHERE card_number LIKE 'B-%%') AS patrons ON patrons.place = (n * 7 + n / %(copies)s) %% %(patrons)s,
LATERAL (SELECT now() - interval '10 days' - (n / %(copies)s) * interval '21 days' AS lent) AS moment
"""
POPULARITY = """
UPDATE catalog_book SET popularity = counted.loans FROM (
  SELECT book_id, count(*) AS loans FROM circulation_loan JOIN catalog_copy ON catalog_copy.id = copy_id GROUP BY book_id
) AS counted WHERE catalog_book.id = counted.book_id
"""


def load(loans: int) -> None:
    """Books, copies and patrons by the ORM, the past loans in one statement, with its triggers and checks in force."""
    from django.db import connection, transaction

    from accounts.models import Patron, Tier, User
    from catalog.models import Book, Branch, Copy

    branches, tier = list(Branch.objects.order_by("pk")), Tier.objects.get(code="reader")
    users = [
        User(email=f"bench-{n}@example.org", username=f"bench{n}", full_name=f"Bench {n}", password="!")
        for n in range(1, PATRONS + 1)
    ]
    User.objects.bulk_create(users, batch_size=2_000)
    Patron.objects.bulk_create(
        (Patron(user=user, card_number=f"B-{n}", tier=tier) for n, user in enumerate(users, 1)), batch_size=2_000
    )
    with transaction.atomic():  # a copy before its book: the foreign key is checked at the end, the book counts once
        Copy.objects.bulk_create(
            (
                Copy(
                    pk=FIRST_COPY + n,
                    barcode=f"B{FIRST_COPY + n}",
                    branch=branches[n % len(branches)],
                    book_id=FIRST_COPY + (n - 1) % BOOKS,
                )
                for n in range(1, BOOKS * COPIES_OF_EACH + 1)
            ),
            batch_size=2_000,
        )
        Book.objects.bulk_create((Book(pk=FIRST_COPY + n, title=f"Measured {n}") for n in range(BOOKS)), batch_size=500)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(lyceum_facts_of_copies(id)) FROM catalog_book WHERE id >= %s", [FIRST_COPY])
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            PAST_LOANS,
            {
                "by": User.objects.get(email=LIBRARIAN).pk,
                "loans": loans,
                "first": FIRST_COPY,
                "copies": BOOKS * COPIES_OF_EACH,
                "patrons": PATRONS,
            },
        )
        cursor.execute(POPULARITY)
        cursor.execute("VACUUM ANALYZE")


def facts() -> dict[str, Any]:
    """What must hold whenever nobody is at a desk, and how many loans there are."""
    from django.db import connection

    def one(words: str) -> Any:
        cursor.execute(words)
        return cursor.fetchone()[0]

    counted = """SELECT count(*) FROM catalog_book AS book JOIN (
        SELECT book_id, count(*) FILTER (WHERE status NOT IN ('lost', 'missing', 'withdrawn')) AS total,
               count(*) FILTER (WHERE status = 'available' AND NOT not_for_loan) AS free FROM catalog_copy GROUP BY book_id
        ) AS copies ON copies.book_id = book.id WHERE (total_copies, available_copies) <> (total, free)"""
    lent = f"FROM circulation_loan JOIN catalog_copy AS copy ON copy.id = copy_id WHERE copy.id > {FIRST_COPY}"
    with connection.cursor() as cursor:
        return {
            "loans": one(f"SELECT count(*) {lent}"),
            "open": one(f"SELECT count(*) {lent} AND returned_at IS NULL"),
            "copies open": one(f"SELECT count(DISTINCT copy_id) {lent} AND returned_at IS NULL"),
            "on loan": one(f"SELECT count(*) FROM catalog_copy WHERE id > {FIRST_COPY} AND status = 'on_loan'"),
            # The desk lends the n-th copy to the n-th patron, and to nobody else.
            "wrong patron": one(
                f"SELECT count(*) {lent} AND returned_at IS NULL AND (SELECT card_number FROM accounts_patron"
                f" AS p WHERE p.user_id = patron_id) <> 'B-' || (copy_id - {FIRST_COPY})"
            ),
            "due wrongly": one(
                f"SELECT count(*) {lent} AND returned_at IS NULL AND due_at <= now() + interval '12 days'"
            ),
            "wrong counters": one(counted),
        }


def queries() -> list[int]:
    """How many queries the 1st and the 200th check-out and check-in of one reader take."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts.models import Patron, Tier, User
    from circulation import services
    from circulation.models import LoanRule

    tier = Tier.objects.create(code="bench", name="Bench")
    rule = LoanRule.objects.create(tier=tier, max_loans=-1)
    librarian, patron = User.objects.get(email=LIBRARIAN), Patron.objects.get(card_number=f"B-{PATRONS}")
    former, patron.tier = patron.tier, tier
    patron.save()
    verbs: tuple[Callable[..., Any], ...] = (
        lambda copy: services.check_out(copy=copy, patron=patron.card_number, by=librarian),
        lambda copy: services.check_in(copy=copy, by=librarian),
    )
    taken = []
    for verb in verbs:
        for n in range(201, 207):  # rules and each branch's calendar are read once and remembered
            verb(f"B{FIRST_COPY + n}")
        for n in range(1, 201):
            with CaptureQueriesContext(connection) as asked:
                verb(f"B{FIRST_COPY + n}")
            if n in {1, 200}:
                taken.append(len(asked))
    patron.tier = former
    patron.save()
    rule.delete()
    tier.delete()
    return taken


def by_service() -> tuple[Callable[[int], None], Callable[[int], None]]:
    """A check-out of the n-th copy to the n-th patron, and its check-in, by the services that every surface calls."""
    from accounts.models import User
    from circulation import services

    librarian = User.objects.get(email=LIBRARIAN)

    def out(n: int) -> None:
        services.check_out(copy=f"B{FIRST_COPY + n}", patron=f"B-{n}", by=librarian)

    def back(n: int) -> None:
        services.check_in(copy=f"B{FIRST_COPY + n}", by=librarian)

    return out, back


def by_http() -> tuple[Callable[[int], None], Callable[[int], None]]:
    """The same over one kept connection, with the token in ``BENCH_TOKEN``."""
    port = int(os.environ["PORT"])
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {os.environ['BENCH_TOKEN']}", "Content-Type": "application/json"}

    def post(path: str, body: dict[str, str], wanted: int) -> None:
        connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != wanted:
            sys.exit(f"{path} answered {answer.status}: {text[:300]!r}")

    def out(n: int) -> None:
        post("loans/", {"copy": f"B{FIRST_COPY + n}", "patron": f"B-{n}"}, 201)

    def back(n: int) -> None:
        post("check-ins/", {"copy": f"B{FIRST_COPY + n}"}, 200)

    return out, back


def token() -> str:
    """An access token of the librarian."""
    from accounts.models import User
    from accounts.sessions import tokens

    return tokens.issue(User.objects.get(email=LIBRARIAN)).access


def be_desks(level: str, verb: str, desks: int, each: int) -> dict[str, Any]:
    """As many processes work through their own copies at once; the seconds in all, and the milliseconds of each call."""
    several = multiprocessing.get_context("fork")
    ready, told = several.Barrier(desks + 1), several.SimpleQueue()
    for desk in range(desks):
        several.Process(target=_be_a_desk, args=(level, verb, desk, each, ready, told), daemon=True).start()
    ready.wait(60)
    began = time.perf_counter()
    took = [ms for _desk in range(desks) for ms in told.get()]
    return {"seconds": time.perf_counter() - began, "took": took}


def _be_a_desk(level: str, verb: str, desk: int, each: int, ready: Barrier, told: SimpleQueue[list[float]]) -> None:
    took: list[float] = []
    try:
        out, back = by_service() if level == "service" else by_http()
        work = back if verb == "in" else out
        ready.wait(60)
        for n in range(desk * each + 1, (desk + 1) * each + 1):
            began = time.perf_counter()
            work(n)
            took.append((time.perf_counter() - began) * 1000)
    finally:
        told.put(took)  # too few: something failed


def main() -> None:
    what, *rest = sys.argv[1:]
    if what != "http":  # a client of the API needs nothing of ours
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "library.settings"
        django.setup()
    if what == "load":
        load(int(rest[0]))
    elif what == "facts":
        print(json.dumps(facts()))
    elif what == "queries":
        print(json.dumps(queries()))
    elif what == "token":
        print(json.dumps(token()))
    else:
        verb, desks, each = rest
        print(json.dumps(be_desks(what, verb, int(desks), int(each))))


if __name__ == "__main__":
    main()
