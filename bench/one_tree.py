"""One of the trees that ``bench.two_trees`` compares: loads records by the tree's own bench module and asks it.

``python one_tree.py VAR RECORDS QUERIES``, run in the tree's folder, whose code it uses. It answers the words on its
standard input with one line of JSON each: ``rows`` (what each query finds), ``times`` (one round), ``end``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

TREE = Path.cwd()
LOADED_BY = ("*/migrations/*.py", "bench/search_*.py", "library/search/*.py", "catalog/values/filing.py")


def _embedded(name: str) -> ModuleType:
    """A module of the embedded services, also where an earlier tree keeps them."""
    package = "library.embedded" if (TREE / "library" / "embedded").is_dir() else "library.core.embedded"
    return import_module(f"{package}.{name}")


def _catalog(now: str, before: str) -> ModuleType:
    is_now = (TREE / "catalog" / "search").is_dir()
    return import_module(f"catalog.{now if is_now else before}")


@contextmanager
def services(var: Path) -> Iterator[None]:
    """The tree's PostgreSQL and Redis over ``var``, kept from run to run, and Django set up on them."""
    folders = _embedded("folders")
    Postgres, Redis = _embedded("postgres").Postgres, _embedded("redis").Redis
    folders.prepare_var(var)
    postgres, redis = Postgres(var, durable=False), Redis(var)
    try:
        postgres.start()
        redis.start()
        os.environ |= {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "LYCEUM_VAR": str(var),
            "LYCEUM_SECRET_KEY": "measures-only-" + "x" * 64,
            "DJANGO_SETTINGS_MODULE": "library.settings",
            "LYCEUM_ALLOWED_HOSTS": "localhost",
            "LYCEUM_PUBLIC_URL": "http://localhost",
        }
        import django

        django.setup()
        yield
    finally:
        redis.stop()
        postgres.stop(seconds=60)


def forget(var: Path) -> None:
    """Take away what an earlier run left in ``var``, also where PostgreSQL's account keeps its data elsewhere."""
    folders = _embedded("folders")
    data = folders.postgres_data(var, folders.postgres_account())
    for folder in (data.parent if data.parent != var else data, var, folders.socket_folder(var)):
        shutil.rmtree(folder, ignore_errors=True)


def made_by(records: Path) -> str:
    """What the loaded database depends on: the records, and this tree's code that loads them."""
    digest = hashlib.sha256(f"{records.name} {records.stat().st_size}".encode())
    for pattern in LOADED_BY:
        for path in sorted(TREE.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def load(records: Path) -> None:
    from django.core.management import call_command

    from bench import search_ours

    call_command("migrate", verbosity=0)
    search_ours.load(records)


def rows(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each query finds: the first page, how many, and the numbers beside the filters."""
    from django.contrib.auth.models import AnonymousUser

    from catalog.errors import SearchTookTooLong

    finding, suggest = _catalog("search.services", "search"), _catalog("search.suggestions", "suggest").suggest
    Filters, search = finding.Filters, finding.search
    nobody, found = AnonymousUser(), []
    for asked in queries:
        if asked["kind"] == "suggest":
            texts = [f"{one.kind} {one.text}" for one in suggest(asked["words"], user=nobody)]
            found.append({"ids": texts, "count": len(texts), "facets": []})
            continue
        typed = asked["filters"]
        narrow = Filters(
            language=(typed["language"],) if typed else (),
            category=(typed["category"],) if typed else (),
            available=True if typed else None,
        )
        try:
            results = search(asked["words"], user=nobody, filters=narrow, facets=True)
        except SearchTookTooLong:
            found.append({"ids": [], "count": -1, "facets": []})
            continue
        facets = [[one.name, [[value.value, value.count] for value in one.values]] for one in results.facets]
        found.append({"ids": results.ids, "count": results.count, "facets": facets})
    return found


def main() -> None:
    var, records, queries = map(Path, sys.argv[1:4])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing but answers goes to who asks
    sys.path[0] = str(TREE)
    mark, key = var / "loaded", made_by(records)
    if not mark.exists() or mark.read_text() != key:
        forget(var)
    from bench.search_records import read

    with services(var):
        if not mark.exists():
            load(records)
            mark.write_text(key)
        from bench import search_ours

        asked = list(read(queries))
        for line in sys.stdin:
            word = line.strip()
            if word == "end":
                break
            answer = rows(asked) if word == "rows" else search_ours.ask(queries, suggestions=True)
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
