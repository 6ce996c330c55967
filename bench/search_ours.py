"""Loads records into a PostgreSQL of its own and asks them: ``python -m bench.search_ours RECORDS QUERIES RESULT``.

In process, as the peers are asked: one call of ``catalog.search.services.search`` with facets, or of ``catalog.search.suggestions``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from bench.search_peers import timed
from bench.search_records import BRANCHES, read

ROOT = Path(__file__).resolve().parents[1]
TOGETHER = 5_000
MODELS = 2_000  # real titles that are embedded; the other vectors are mixtures of two of them
MEANING_AT_MOST = 200_000  # records up to which the semantic arm is measured: an index of more takes too long to build
Asked = dict[str, Any]


@contextmanager
def services(var: Path) -> Iterator[None]:
    """PostgreSQL, Redis and the embedder in ``var``, and Django set up on them."""
    from library.embedded import folders
    from library.embedded.postgres import Postgres
    from library.embedded.redis import Redis

    shutil.rmtree(var, ignore_errors=True)
    folders.prepare_var(var)
    postgres, redis, embedder = Postgres(var, durable=False), Redis(var), None
    try:
        postgres.start()
        redis.start()
        os.environ |= {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "LYCEUM_VAR": str(var),
            "LYCEUM_ALLOWED_HOSTS": "localhost",
            "LYCEUM_SECRET_KEY": "measures-only-" + "x" * 64,
            "DJANGO_SETTINGS_MODULE": "library.settings",
            "LYCEUM_PUBLIC_URL": "http://localhost",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        embedder = subprocess.Popen([sys.executable, "manage.py", "embedder"], cwd=ROOT, stdout=subprocess.DEVNULL)
        yield
    finally:
        if embedder is not None:
            embedder.terminate()
            embedder.wait(30)
        redis.stop()
        postgres.stop()
        shutil.rmtree(var, ignore_errors=True)
        shutil.rmtree(folders.socket_folder(var), ignore_errors=True)


def copy_in(cursor: Any, table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as out:
        for row in rows:
            out.write_row(row)


FACTS = """
INSERT INTO catalog_bookfacts (book_id, text_version, popularity, words, title_words, year, is_suppressed, is_available,
  has_copies, has_file, language, author_ids, category_ids, branch_ids, free_branch_ids, vector)
SELECT id, nextval('catalog_text_version'), popularity, lyceum_word_count(search_a, search_b, search_c, search_d),
  lyceum_word_count(search_a), year, is_suppressed, available_copies > 0, total_copies > 0, false, language,
  coalesce((SELECT array_agg(DISTINCT author_id) FROM catalog_authorship WHERE book_id = book.id), '{}'),
  lyceum_wider_categories(coalesce(
    (SELECT array_agg(category_id) FROM catalog_book_categories WHERE book_id = book.id), '{}')),
  coalesce((SELECT array_agg(DISTINCT branch_id) FROM catalog_copy WHERE book_id = book.id), '{}'),
  coalesce((SELECT array_agg(DISTINCT branch_id) FROM catalog_copy WHERE book_id = book.id AND status = 'available'), '{}'),
  lyceum_record_vector(language, search_a, search_b, search_c, search_d)
FROM catalog_book AS book ORDER BY id
"""


def load(records: Path) -> None:
    """Everything by COPY with the triggers asleep; then what they keep is worked out for all books at once."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX facts_vector")
        cursor.execute("SET session_replication_role = replica")
        _copy_records(cursor, records)
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("ANALYZE")
        cursor.execute(FACTS)
        cursor.execute("SELECT lyceum_count_terms(array_agg(book_id), 1) FROM catalog_bookfacts")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("CREATE INDEX facts_vector ON catalog_bookfacts USING gin (vector) WITH (fastupdate = off)")
        _fold_terms()
        _agrees(cursor)
        cursor.execute("VACUUM ANALYZE")


def _agrees(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE as_loaded AS SELECT * FROM catalog_bookfacts WHERE book_id <= 500")
    for what in ("people", "categories"):
        cursor.execute("SELECT lyceum_refresh_facts(%s, array_agg(book_id)) FROM as_loaded", [what])
    cursor.execute("SELECT count(lyceum_facts_of_copies(book_id)) FROM as_loaded")
    cursor.execute("UPDATE catalog_book SET total_copies = total_copies WHERE id <= 500")
    columns = "author_ids, category_ids, branch_ids, free_branch_ids, has_copies, is_available, words, vector"
    cursor.execute(
        f"SELECT {columns} FROM as_loaded EXCEPT SELECT {columns} FROM catalog_bookfacts WHERE book_id <= 500"  # noqa: S608  # its own columns
    )
    if cursor.fetchall():
        sys.exit("What was loaded is not what the triggers keep.")


def _copy_records(cursor: Any, records: Path) -> None:
    from django.utils import timezone

    now, people, headings = timezone.now(), dict[str, int](), dict[str, int]()
    copy_in(
        cursor,
        "catalog_branch",
        "id, code, name, address",
        ((n, f"b{n}", f"Branch {n}", "") for n in range(1, BRANCHES + 1)),
    )
    cursor.execute("INSERT INTO catalog_category (id, name) SELECT n, 'Category ' || n FROM generate_series(1, 40) n")
    rows = read(records)
    while batch := list(islice(rows, TOGETHER)):
        _copy_names(cursor, batch, people, headings)
        links: Any = [(row["id"], c) for row in batch for c in row["categories"]]  # type: ignore[attr-defined]
        copy_in(cursor, "catalog_book_categories", "book_id, category_id", iter(links))
        about: Any = {(row["id"], headings[s]) for row in batch for s in row["subjects"]}  # type: ignore[attr-defined]
        copy_in(cursor, "catalog_book_subjects", "book_id, subject_id", iter(about))
        copy_in(
            cursor,
            "catalog_authorship",
            "book_id, author_id, role, position",
            ((row["id"], people[str(row["author"])], "author", 0) for row in batch),
        )
        _copy_books(cursor, batch, now)


def _copy_names(cursor: Any, batch: list[Any], people: dict[str, int], headings: dict[str, int]) -> None:
    """Authors and subjects that no earlier batch had; their numbers are added to ``people`` and ``headings``."""
    from catalog.values.filing import sort_name
    from library.search.fold import fold

    new = {name: None for row in batch if (name := str(row["author"])) not in people}
    first = len(people) + 1
    people |= {name: first + n for n, name in enumerate(new)}
    columns = [column.name for column in _author_columns()]
    copy_in(
        cursor,
        "catalog_author",
        ", ".join(columns),
        (
            tuple(
                _author(people[name], name, sort_name(name) or name.casefold(), fold(name), column)
                for column in columns
            )
            for name in new
        ),
    )
    subjects = {s: None for row in batch for s in row["subjects"] if s not in headings}
    first = len(headings) + 1
    headings |= {name: first + n for n, name in enumerate(subjects)}
    copy_in(
        cursor,
        "catalog_subject",
        "id, name, sort_name",
        ((headings[name], name, fold(name)[:200]) for name in subjects),
    )


def _copy_books(cursor: Any, batch: list[Any], now: Any) -> None:
    from catalog.values.filing import sort_title
    from library.search.cut import recorded

    copy_in(
        cursor,
        "catalog_copy",
        "book_id, branch_id, barcode, barcode_folded, shelf_mark, status, not_for_loan, condition, created_at",
        (
            (
                row["id"],
                branch,
                f"B{row['id']}-{branch}",
                f"b{row['id']}-{branch}",
                "",
                "available" if branch in row["free"] else "in_repair",
                False,
                "",
                now,
            )
            for row in batch
            for branch in row["branches"]
        ),
    )
    copy_in(
        cursor,
        "catalog_book",
        "id, title, subtitle, publisher, year, language, description, is_public,"
        " is_suppressed, total_copies, available_copies, popularity, sort_title, search_a, search_b,"
        " search_c, search_d, created_at, updated_at, reading_level",
        (
            (
                row["id"],
                row["title"],
                "",
                "",
                row["year"],
                row["language"],
                "",
                True,
                False,
                len(row["branches"]),
                len(row["free"]),
                0,
                sort_title(str(row["title"]), str(row["language"])),
                recorded(str(row["title"])),
                recorded(str(row["author"])),
                recorded(" ".join(row["subjects"])),
                "",
                now,
                now,
                "",
            )
            for row in batch
        ),
    )


def _author_columns() -> list[Any]:
    from catalog.models import Author

    return [
        field
        for field in Author._meta.concrete_fields
        if field.name not in {"birth_year", "death_year", "kind", "is_filed_by_hand"}
    ]


def _author(key: int, name: str, filed: str, folded: str, column: str) -> Any:
    """What stands in a column of an author; a name as it is said is folded."""
    return {"id": key, "name": name, "sort_name": filed[:200]}.get(column, folded[:200])


def _fold_terms() -> None:
    from catalog.models import CatalogTerm, TermChange
    from catalog.search_index import terms

    while TermChange.objects.exists() or CatalogTerm.objects.filter(deletes=None, as_word__gt=0).exists():
        terms.fold_changes()


def add_vectors() -> None:
    """A live generation with a unit vector for each record: real ones, and mixtures of two."""
    import numpy as np
    from django.db import connection

    from catalog.models import Book
    from catalog.semantic import generations
    from library.ai import embeddings
    from library.ai.runtimes.local import local_embedder

    chance = np.random.default_rng(13)
    titles = list(Book.objects.order_by("id").values_list("title", flat=True)[:MODELS])
    real = local_embedder(embeddings.spec()).embed(titles, "passage")
    generation = generations.current()
    generations.INDEX.drop(generation.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT book_id, text_version FROM catalog_bookfacts ORDER BY book_id")
        books = cursor.fetchall()
        pairs = chance.integers(0, len(titles), (len(books), 2))
        vectors = real[pairs[:, 0]] + 0.5 * real[pairs[:, 1]] + chance.normal(0, 0.01, (len(books), real.shape[1]))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        copy_in(
            cursor,
            "catalog_bookvector",
            "generation_id, book_id, text_version, embedding",
            (
                (generation.pk, book, version, "[" + ",".join(f"{value:.5g}" for value in vector) + "]")
                for (book, version), vector in zip(books, vectors.astype(np.float32), strict=True)
            ),
        )
        cursor.execute("SET maintenance_work_mem = '2GB'")
        generations.INDEX.create(generation.pk, generation.dimensions)
        cursor.execute("VACUUM ANALYZE catalog_bookvector")
    generations.go_live(generation)


def ask(queries: Path, *, suggestions: bool) -> list[dict[str, Any]]:
    """Milliseconds, number found and whether the record that the query was made from is on the first page."""
    from django.contrib.auth.models import AnonymousUser

    from catalog.errors import SearchTookTooLong
    from catalog.search.matches import result_cache
    from catalog.search.services import Filters, search
    from catalog.search.suggestions import suggest
    from catalog.search.time_limit import SECONDS

    result_cache.MANY = 10**9  # everything is gathered anew, as the peers do
    nobody, rows = AnonymousUser(), []

    def whole(asked: Asked) -> Callable[[], Any]:
        typed = asked["filters"]
        narrow = Filters(
            language=(typed["language"],) if typed else (),
            category=(typed["category"],) if typed else (),
            available=True if typed else None,
        )
        return lambda: search(asked["words"], user=nobody, filters=narrow, facets=True)

    for asked in map(dict, read(queries)):
        if asked["kind"] != "suggest":
            try:
                took, results = timed(whole(asked))
            except SearchTookTooLong:  # told as what a reader waits, and counted
                rows.append({"kind": asked["kind"], "ms": SECONDS * 1000, "count": 0, "hit": None, "ended": True})
                continue
            hit = asked["known"] in results.ids if asked["known"] else None
            rows.append({"kind": asked["kind"], "ms": took, "count": results.count, "hit": hit})
        elif suggestions:
            took, found = timed(lambda asked=asked: suggest(asked["words"], user=nobody))  # type: ignore[misc]
            rows.append({"kind": "suggest", "ms": took, "count": len(found), "hit": None})
            took, found = timed(lambda asked=asked: bare(asked["words"]))  # type: ignore[misc]
            rows.append({"kind": "bare prefix", "ms": took, "count": len(found), "hit": None})
    return rows


def bare(typed: str) -> list[tuple[int]]:
    """The least that suggesting titles can cost in PostgreSQL: read in the order of the index that suggesting reads."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, title FROM catalog_book WHERE sort_title LIKE %s AND NOT is_suppressed"
            " ORDER BY sort_title USING ~<~ LIMIT 10",
            [typed + "%"],
        )
        return cursor.fetchall()


def main() -> None:
    records, queries, result = map(Path, sys.argv[1:4])
    with services(ROOT / "var" / "bench-search"):
        began = time.perf_counter()
        load(records)
        loaded = time.perf_counter() - began
        told = {"load": loaded, "rows": ask(queries, suggestions=True), "meaning": []}
        from catalog.models import Book

        if Book.objects.count() <= MEANING_AT_MOST:
            add_vectors()
            told["meaning"] = ask(queries, suggestions=False)
        result.write_text(json.dumps(told))


if __name__ == "__main__":
    main()
