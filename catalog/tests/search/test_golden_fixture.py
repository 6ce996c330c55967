"""The golden queries themselves: enough of them, evenly halved, and not changed after the ranking was tuned."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from stdnum import isbn

from catalog.tests import golden

DEMO = Path(__file__).parents[3] / "demo" / "records.json"
REAL = Path(__file__).parents[4] / "shared" / "data" / "catalogue"
# Whoever changes a gating query after tuning tunes on it. New queries go to the tuning half.
GATE = {
    "demo": "b24287a05feaea1ce449e51cf23301d2748f474e061d0550edd76701f1a9374c",
    "real": "4188a2a9a5c8c7ed40f432d7cff8bac706d22a5530dec16f06ffdfc4ab15f7be",
}


@pytest.mark.parametrize("name", golden.COLLECTIONS)
def test_the_gating_half_stays_as_it_was_written(name):
    assert golden.gate_hash(name) == GATE[name]


def test_there_are_enough_of_every_kind():
    kinds = Counter(query.kind for name in golden.COLLECTIONS for query in golden.load(name))

    assert sum(kinds.values()) >= 120
    assert set(kinds) == set(golden.KINDS)
    assert kinds["noise"] >= 20


@pytest.mark.parametrize("name", golden.COLLECTIONS)
def test_both_halves_hold_as_many_of_each_kind(name):
    tune = Counter(query.kind for query in golden.load(name, "tune"))
    gate = Counter(query.kind for query in golden.load(name, "gate"))

    assert set(tune) == set(gate) == set(golden.KINDS)
    assert all(abs(tune[kind] - gate[kind]) <= 1 for kind in golden.KINDS)


def test_every_query_has_its_own_id_and_is_asked_once():
    for name in golden.COLLECTIONS:
        queries = golden.load(name)
        assert len({query.id for query in queries}) == len(queries)
        assert len({query.query for query in queries}) == len(queries)


@pytest.mark.parametrize("name", golden.COLLECTIONS)
def test_every_query_can_fail(name):
    for query in golden.load(name):
        assert (query.want and query.within) or query.at_most is not None, query
        assert query.kind == "noise" or query.want, query


def test_every_wanted_book_is_in_the_demonstration_collection():
    books = json.loads(DEMO.read_text())["books"]
    titles = Counter(book["title"] for book in books)
    isbns = {book["isbn"] for book in books}
    hidden = {book["title"] for book in books if book.get("is_suppressed")}

    wanted = {want.key for query in golden.load("demo") for want in query.want}
    assert {key for key in wanted if titles[key] != 1 and key not in isbns} == set()
    assert wanted & hidden == set()


def test_an_identifier_that_is_wrong_has_a_wrong_check_digit():
    digits = [query.query for name in golden.COLLECTIONS for query in golden.load(name) if query.query.isdigit()]
    wrong = {text for text in digits if not _is_isbn(text)}
    noise = {q.query for name in golden.COLLECTIONS for q in golden.load(name) if q.kind == "noise"}

    assert wrong == {text for text in digits if text in noise} != set()


def _is_isbn(text: str) -> bool:
    return bool(isbn.is_valid(text))


@pytest.mark.parametrize(
    ("wanted", "is_meant"),
    [
        (golden.Wanted(title="the prince", author="machiavelli"), True),
        (golden.Wanted(title="the prince"), True),
        (golden.Wanted(title="the prin"), False),
        (golden.Wanted(title="prince"), False),
        (golden.Wanted(title="the prince", author="machi"), False),
        (golden.Wanted(subject="political ethics"), True),
        (golden.Wanted(subject="ethic"), False),
        (golden.Wanted(source="gutenberg", id="1232"), True),
        (golden.Wanted(source="goodbooks", id="1232"), False),
    ],
)
def test_a_wanted_edition_is_told_by_its_parts(wanted, is_meant):
    book: golden.RealBook = {
        "source": "gutenberg",
        "id": "1232",
        "title": "[The Prince; a new édition.]",
        "authors": ["Machiavelli, Niccolò"],
        "subjects": ["Political ethics -- Early works to 1800"],
    }
    assert golden.matches(wanted, book) is is_meant


@pytest.mark.data
def test_every_wanted_real_record_exists():
    books = [book for path in sorted(REAL.glob("*.jsonl.gz")) for book in _real(path)]
    wanted = {want for query in golden.load("real") for want in query.want}

    assert {want for want in wanted if not any(golden.matches(want, book) for book in books)} == set()


def _real(path: Path) -> list[golden.RealBook]:
    rows = (json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().split("\n") if line)
    return [
        {
            "source": row["source"],
            "id": row["id"],
            "title": row["title"] or "",
            "authors": [(name if isinstance(name, str) else name["name"]) or "" for name in row["authors"]],
            "subjects": row.get("lcsh") or [],
        }
        for row in rows
    ]
