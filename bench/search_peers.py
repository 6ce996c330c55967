"""The same records and queries in SQLite FTS5 and Tantivy: ``python search_peers.py ENGINE RECORDS QUERIES RESULT``.

Runs in an environment of its own, without Lyceum. Each engine does all that a page of results shows: the first twenty
in order, their number, and counts by language, decade, category, branch, author and availability, each of them obeying
the other filters. What several of the counts share is worked out once, as a careful user of the engine would.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
TRIES = 3
WORDS = re.compile(r"\w+")


def lines(path: str) -> Iterable[Row]:
    with Path(path).open(newline="\n") as found:
        for line in found:
            yield json.loads(line)


class Sqlite:
    """FTS5 with stems, facts in a table beside it, categories and branches as many-to-many tables."""

    def __init__(self, records: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.db = sqlite3.connect(f"{self.folder.name}/peer.db", isolation_level=None)
        self.db.executescript("""
            PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY;
            CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, sort_title TEXT, author TEXT, language TEXT, year INTEGER,
              available INTEGER);
            CREATE TABLE category (book INTEGER, category INTEGER);
            CREATE TABLE branch (book INTEGER, branch INTEGER, free INTEGER);
            CREATE VIRTUAL TABLE text USING fts5(title, author, subjects, tokenize='porter unicode61', prefix='3 4');
            CREATE VIRTUAL TABLE vocabulary USING fts5vocab(text, row);
            BEGIN;
        """)
        run = self.db.execute
        for row in lines(records):
            run(
                "INSERT INTO book VALUES (?,?,?,?,?,?,?)",
                (
                    row["id"],
                    row["title"],
                    row["title"].lower(),
                    row["author"],
                    row["language"],
                    row["year"],
                    bool(row["free"]),
                ),
            )
            run(
                "INSERT INTO text (rowid, title, author, subjects) VALUES (?,?,?,?)",
                (row["id"], row["title"], row["author"], " ".join(row["subjects"])),
            )
            self.db.executemany("INSERT INTO category VALUES (?,?)", [(row["id"], c) for c in row["categories"]])
            self.db.executemany(
                "INSERT INTO branch VALUES (?,?,?)", [(row["id"], b, b in row["free"]) for b in row["branches"]]
            )
        self.db.executescript("""
            CREATE INDEX title_starts ON book (sort_title); CREATE INDEX by_book ON category (book, category);
            CREATE INDEX at_branch ON branch (book, branch, free);
            CREATE VIRTUAL TABLE spelling USING fts5(word, tokenize='trigram');
            INSERT INTO spelling SELECT term FROM vocabulary; ANALYZE;
            INSERT INTO text(text) VALUES ('optimize');
        """)

    def suggest(self, asked: Row) -> list[int]:
        end = asked["words"] + "\U0010ffff"
        return [
            r[0]
            for r in self.db.execute(
                "SELECT id FROM book WHERE sort_title >= ? AND sort_title < ? ORDER BY sort_title LIMIT 10",
                (asked["words"], end),
            )
        ]

    def search(self, asked: Row) -> tuple[list[int], int]:
        words = asked["words"]
        if asked["kind"] == "prefix":
            words += "*"
        found = self._page(words, asked["filters"])
        if not found[1] and asked["kind"] == "typo":
            grams = " OR ".join(f'"{words[n : n + 3]}"' for n in range(len(words) - 2))
            better = self.db.execute(
                "SELECT word FROM spelling WHERE spelling MATCH ? ORDER BY rank LIMIT 1", (grams,)
            ).fetchone()
            found = self._page(better[0], {}) if better else found
        return found

    def _page(self, words: str, filters: dict[str, str]) -> tuple[list[int], int]:
        run = self.db.execute
        run("DROP TABLE IF EXISTS temp.hit")
        run(
            """CREATE TEMP TABLE hit AS SELECT b.id, b.author, b.language, b.year, b.available,
                 ? = '' OR b.language = ? AS p_language, ? = '' OR b.available AS p_available,
                 ? = '' OR EXISTS (SELECT 1 FROM category WHERE book = b.id AND category = ?) AS p_category
               FROM text CROSS JOIN book b ON b.id = text.rowid WHERE text MATCH ?""",
            (
                language := filters.get("language", ""),
                language,
                filters.get("available", ""),
                category := filters.get("category", ""),
                int(category or 0),
                words,
            ),
        )
        every = "p_language AND p_available AND p_category"
        top = run(
            f"""SELECT rowid FROM text WHERE text MATCH ? AND +rowid IN (SELECT id FROM hit WHERE {every})
                      ORDER BY bm25(text, 4.0, 2.0, 1.0) LIMIT 20""",  # noqa: S608
            (words,),
        ).fetchall()
        count = run(f"SELECT count(*) FROM hit WHERE {every}").fetchone()[0]  # noqa: S608
        for facet in (
            "SELECT language, count(*) FROM hit WHERE p_available AND p_category GROUP BY 1 ORDER BY 2 DESC LIMIT 12",
            f"SELECT year / 10, count(*) FROM hit WHERE {every} GROUP BY 1 ORDER BY 2 DESC LIMIT 12",  # noqa: S608
            f"SELECT author, count(*) FROM hit WHERE {every} GROUP BY 1 ORDER BY 2 DESC LIMIT 12",  # noqa: S608
            "SELECT available, count(*) FROM hit WHERE p_language AND p_category GROUP BY 1",
            "SELECT category, count(*) FROM hit CROSS JOIN category ON book = id WHERE p_language AND p_available"
            " GROUP BY 1 ORDER BY 2 DESC LIMIT 12",
            f"SELECT branch, count(*) FROM hit CROSS JOIN branch ON book = id WHERE {every} GROUP BY 1",  # noqa: S608
        ):
            run(facet).fetchall()
        return [row[0] for row in top], count


class Tantivy:
    """The limit: an index in Rust with columns for the counts."""

    def __init__(self, records: str) -> None:
        import tantivy

        self.tantivy = tantivy
        fields = tantivy.SchemaBuilder()
        for name in ("title", "author", "subjects"):
            fields.add_text_field(name, tokenizer_name="en_stem")
        fields.add_text_field("author_name", tokenizer_name="raw", fast=True)
        fields.add_text_field("language", tokenizer_name="raw", fast=True)
        for name in ("id", "decade", "category", "branch", "available"):
            fields.add_integer_field(name, stored=name == "id", indexed=True, fast=True)
        self.schema = fields.build()
        self.folder = tempfile.TemporaryDirectory()
        self.index = tantivy.Index(self.schema, path=self.folder.name)
        writer = self.index.writer(500_000_000, 2)
        for row in lines(records):
            writer.add_document(
                tantivy.Document(
                    id=row["id"],
                    title=[row["title"]],
                    author=[row["author"]],
                    subjects=row["subjects"],
                    author_name=[row["author"]],
                    language=[row["language"]],
                    decade=row["year"] // 10,
                    category=row["categories"],
                    branch=row["branches"],
                    available=int(bool(row["free"])),
                )
            )
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def suggest(self, asked: Row) -> list[int]:
        first = asked["words"].split()[0]
        query = self.tantivy.Query.regex_query(self.schema, "title", re.escape(first) + ".*")
        return self._ids(self.searcher.search(query, 10))

    def search(self, asked: Row) -> tuple[list[int], int]:
        words, fuzzy = asked["words"], {}
        if asked["kind"] == "typo":
            fuzzy = dict.fromkeys(("title", "author", "subjects"), (False, 1, True))
        if asked["kind"] == "prefix":
            words = asked["words"].rsplit(" ", 1)[0]
        query = self.index.parse_query(
            words,
            ["title", "author", "subjects"],
            field_boosts={"title": 4.0, "author": 2.0},
            fuzzy_fields=fuzzy,
            conjunction_by_default=True,
        )
        must = self.tantivy.Occur.Must
        parts = [(must, query)]
        if asked["kind"] == "prefix":
            last = re.escape(asked["words"].rsplit(" ", 1)[1]) + ".*"
            parts.append((must, self.tantivy.Query.regex_query(self.schema, "title", last)))
        filters = asked["filters"]
        narrow = {
            name: self.tantivy.Query.term_query(
                self.schema,
                name,
                int(bool(value)) if name == "available" else value if name == "language" else int(value),
            )
            for name, value in filters.items()
        }
        whole = self._all(parts, narrow)
        found = self.searcher.search(whole, 20, count=True)
        facets = {name: {"terms": {"field": name, "size": 12}} for name in ("decade", "author_name", "branch")}
        self.searcher.aggregate(whole, facets)
        for name in ("language", "category", "available"):
            others = {other: query for other, query in narrow.items() if other != name}
            self.searcher.aggregate(self._all(parts, others), {name: {"terms": {"field": name, "size": 12}}})
        return self._ids(found), found.count

    def _all(self, parts: list[Any], narrow: dict[str, Any]) -> Any:
        return self.tantivy.Query.boolean_query([*parts, *((self.tantivy.Occur.Must, one) for one in narrow.values())])

    def _ids(self, found: Any) -> list[int]:
        return [self.searcher.doc(address)["id"][0] for _score, address in found.hits]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The quickest of three tries in milliseconds, and the result."""
    best, result = float("inf"), None
    for _try in range(TRIES):
        began = time.perf_counter()
        result = work()
        best = min(best, (time.perf_counter() - began) * 1000)
    return best, result


def main() -> None:
    engine, records, queries, result = sys.argv[1:]
    began = time.perf_counter()
    peer = {"sqlite": Sqlite, "tantivy": Tantivy}[engine](records)
    loaded = time.perf_counter() - began
    rows = []
    for asked in lines(queries):
        if asked["kind"] == "suggest":
            took, ids = timed(lambda asked=asked: peer.suggest(asked))
            rows.append({"kind": "suggest", "ms": took, "count": len(ids), "hit": None})
            continue
        took, (ids, count) = timed(lambda asked=asked: peer.search(asked))
        hit = asked["known"] in ids if asked["known"] else None
        rows.append({"kind": asked["kind"], "ms": took, "count": count, "hit": hit})
    Path(result).write_text(json.dumps({"load": loaded, "rows": rows}))


if __name__ == "__main__":
    main()
