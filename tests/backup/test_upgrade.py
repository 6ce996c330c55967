"""Libraries that earlier versions left: each is restored and brought to this version, and nothing of it is lost."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from library.backup import archive
from library.backup.archive import Checked
from tests.backup.invariants import broken
from tests.backup.keep_state import STATES
from tests.stack import ROOT, Stack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.xdist_group("stack")]
KEPT = sorted(STATES.glob("*.tar.xz"))
# Tables of things that people made: no upgrade may lose a row of them.
PRECIOUS = ["accounts_user", "accounts_patron", "catalog_book", "catalog_copy", "catalog_bookfile", "circulation_loan"]
PRECIOUS += ["circulation_hold", "circulation_loanrule", "catalog_branch", "catalog_author", "catalog_category"]


@pytest.fixture(params=KEPT, ids=lambda path: path.name)
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Checked:
    path = tmp_path / "state.tar"
    with lzma.open(request.param) as packed:
        path.write_bytes(packed.read())
    return archive.check(path, lambda count: None)


@pytest.fixture
def library() -> Iterator[Stack]:
    made = Stack(ROOT / "var" / "upgraded")
    made.remove()
    yield made
    made.remove()


def test_there_is_a_state_to_upgrade():
    assert KEPT
    assert all(path.stat().st_size < 1_000_000 for path in KEPT)


def test_a_library_of_an_earlier_version_is_upgraded_whole(state: Checked, library: Stack):
    restored = library.manage("restore", str(state.path))
    assert restored.returncode == 0, restored.stderr
    library.start()
    assert broken(library.sql, library.var / "media") == {}
    rows = state.manifest.rows
    for table in PRECIOUS:
        assert library.sql(f"SELECT count(*) FROM {table}")[0][0] == rows[f"public.{table}"] > 0, table  # noqa: S608
    # Whoever had an account signs in with it, and finds, lends and asks.
    desk = library.client("librarian@example.org")
    assert desk.get("/books/", params={"q": "cell"}).json()["count"] > 0
    assert desk.get("/loans/", params={"page_size": 5}).json()["count"] == rows["public.circulation_loan"]
    (book,), *_ = library.sql(
        "SELECT book_id FROM rag_document WHERE live_generation_id IS NOT NULL ORDER BY 1 LIMIT 1"
    )
    question = {"question": "Who may borrow?"}
    eventually(lambda: desk.post(f"/rag/books/{book}/query/", json=question).status_code == 200, seconds=60, pause=1)
    assert httpx.get(f"{library.url}/").status_code == 200
    missing = "SELECT count(*) FROM catalog_book b WHERE NOT EXISTS (SELECT 1 FROM catalog_bookvector v WHERE v.book_id = b.id)"
    eventually(lambda: library.sql(missing) == [(0,)], seconds=120, pause=1)  # what had none is made
