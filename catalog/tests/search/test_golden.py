"""The golden queries on real records: what somebody knows is among the first three, and noise finds next to nothing.

By words alone, for a worker has to make vectors first; with them, ``tests/catalog/test_golden_demo.py`` asks the
demonstration collection. Only the tuning half may be looked at while the ranking is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import pytest
from django.db import connection, transaction

from catalog.search_index import terms
from catalog.tests import golden, real_records
from catalog.tests.golden.judge import KNOWN, NEEDED, judge

pytestmark = [pytest.mark.data, pytest.mark.django_db]
ONE_OF = {"one in 6": 6, "one in 24": 24}  # of 110,000 records, and every record that is wanted


@pytest.fixture(scope="module", params=[pytest.param("one in 6", marks=pytest.mark.slow), "one in 24"])
def records(request, django_db_setup, django_db_blocker) -> Iterator[dict[int, golden.RealBook]]:
    """By book id, what it was made from; the database is as before afterwards."""
    wanted = {want for query in golden.load("real") for want in query.want}
    with django_db_blocker.unblock(), transaction.atomic():
        rows = [row for row in real_records.rows() if _is_kept(row, wanted, ONE_OF[request.param])]
        made = real_records.load(rows)
        terms.fold_changes(seconds=600)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE catalog_book, catalog_bookfacts, catalog_term")
        yield {pk: _real(row) for pk, row in made.items()}
        transaction.set_rollback(True)


def _is_kept(row: real_records.Row, wanted: set[golden.Wanted], one_of: int) -> bool:
    book = _real(row)
    by_chance = crc32(f"{book['source']} {book['id']}".encode()) % one_of == 0
    return by_chance or any(golden.matches(one, book) for one in wanted)


def _real(row: real_records.Row) -> golden.RealBook:
    return {
        "source": row["source"],
        "id": str(row["id"]),
        "title": row["title"],
        "authors": [(name if isinstance(name, str) else name["name"]) or "" for name in row["authors"]],
        "subjects": row.get("lcsh") or [],
    }


@pytest.mark.parametrize("half", ["tune", "gate"])
def test_what_somebody_knows_is_found_and_noise_finds_nothing(records, half):
    verdict = judge(golden.load("real", half), lambda book, wanted: golden.matches(wanted, records[book]))
    print(f"\n{half}, {len(records)} records\n{verdict}")
    assert verdict.share(*KNOWN) >= NEEDED, verdict
    assert verdict.share("noise") == 1, verdict
    assert verdict.share("topic") >= 0.8, verdict
