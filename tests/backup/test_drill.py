"""The drill: a library in full use is backed up, and comes back elsewhere as it was at one moment."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx
import pytest

from library.backup import archive
from tests.backup.invariants import INVARIANTS, broken
from tests.lending import Reader, free_copies, make_readers
from tests.stack import ROOT, Stack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.xdist_group("stack")]
DESKS, EDITORS, UPLOADERS = 4, 2, 2
CUT = (0.05, 0.4, 0.8, 1.2, 2.0, 3.0, 4.5)  # seconds after which a restore is killed


@pytest.fixture(scope="module")
def busy() -> Iterator[Stack]:
    yield from started("drill-busy")


def started(name: str) -> Iterator[Stack]:
    library = Stack(ROOT / "var" / name)
    library.remove()
    library.start()
    yield library
    library.remove()


@pytest.fixture
def elsewhere() -> Iterator[Stack]:
    """Another folder and another port, with nothing there."""
    library = Stack(ROOT / "var" / "drill-elsewhere")
    library.remove()
    yield library
    library.remove()


class Load:
    """Clients that lend, take back, edit, upload and delete, each with a connection of its own, and what they did."""

    def __init__(self, library: Stack) -> None:
        self.library = library
        self.done: Counter[str] = Counter()
        self.refused: list[str] = []
        self.token = library.client("librarian@example.org").headers["Authorization"]
        self._ended = Event()

    @contextmanager
    def running(self, readers: list[Reader], barcodes: list[str]) -> Iterator[None]:
        jobs: list[Callable[[], None]] = []
        for desk in range(DESKS):
            mine = barcodes[desk::DESKS]
            jobs.append(lambda desk=desk, mine=mine: self._lend(readers[desk], mine))  # type: ignore[misc]
        jobs += [self._edit] * EDITORS + [self._upload] * UPLOADERS
        with ThreadPoolExecutor(len(jobs)) as pool:
            working = [pool.submit(self._until_ended, job) for job in jobs]
            try:
                yield
            finally:
                self._ended.set()
            for each in working:
                each.result(60)

    def _until_ended(self, job: Callable[[], None]) -> None:
        while not self._ended.is_set():
            job()

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        headers = {"Authorization": self.token}
        with httpx.Client(base_url=f"{self.library.url}/api/v1", headers=headers, timeout=60) as client:
            yield client

    def _note(self, what: str, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            self.done[what] += 1
        else:
            self.refused.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return answer

    def _lend(self, reader: Reader, barcodes: list[str]) -> None:
        with self._client() as desk:
            for barcode in barcodes:
                if self._ended.is_set():
                    return
                self._note("lent", desk.post("/loans/", json={"copy": barcode, "patron": reader.card}))
                self._note("taken back", desk.post("/check-ins/", json={"copy": barcode}))

    def _edit(self) -> None:
        with self._client() as editor:
            found = editor.get("/books/", params={"q": "drill", "page_size": 20}).json()["results"]
            if not found:
                time.sleep(0.2)  # until one was uploaded
            for book in found[:5]:
                words = {"title": f"Drill {random.choice(('river', 'cell', 'garden'))} {uuid4().hex[:6]}"}
                answer = editor.patch(f"/books/{book['id']}/", json=words)
                if answer.status_code not in (404, 409, 412):  # another deleted it
                    self._note("edited", answer)

    def _upload(self) -> None:
        with self._client() as client:
            text = f"The {uuid4()} of the library. " * random.randint(200, 40_000)
            book = self._add(client, text.encode())
            if random.random() < 0.6:
                self._note("deleted", client.delete(f"/books/{book['id']}/"))

    def _add(self, client: httpx.Client, content: bytes) -> dict[str, str]:
        words = {"title": f"Drill {uuid4().hex}", "authors": ["D. Rill"], "is_public": "true"}
        files = {"file": ("drill.txt", content, "text/plain")}
        body: dict[str, str] = self._note("uploaded", client.post("/books/", data=words, files=files)).json()
        return body


def backup_during(load: Load, path: Path) -> subprocess.CompletedProcess[str]:
    before = sum(load.done.values())
    made = load.library.manage("backup", str(path))
    assert sum(load.done.values()) > before, "the library stood still"
    return made


def test_backed_up_in_full_use_and_restored_elsewhere(busy: Stack, elsewhere: Stack, tmp_path: Path):
    # So that there is a book that can be asked afterwards.
    eventually(lambda: busy.sql("SELECT 1 FROM rag_document WHERE live_generation_id IS NOT NULL"), seconds=180)
    readers = make_readers(busy, "Ada Falk", "Bela Falk", "Cleo Falk", "Dora Falk")
    barcodes = [barcode for barcode, _title in free_copies(busy, 12 * DESKS)]
    load = Load(busy)
    backups = [tmp_path / f"{n}.tar" for n in range(4)]
    with load.running(readers, barcodes):
        eventually(lambda: load.done["deleted"] > 3 and load.done["taken back"] > 10, seconds=60)
        for path in backups:
            made = backup_during(load, path)
            assert made.returncode == 0, made.stderr
            assert "Lost before" not in made.stderr, "a file that a row names was not there"
            assert "Altered before" not in made.stderr
    assert load.refused == []
    assert {"lent", "taken back", "edited", "uploaded", "deleted"} <= set(load.done)
    assert broken(busy.sql, busy.var / "media") == {}
    assert not list((busy.var / "media").glob(".*"))

    for path in (backups[0], backups[-1]):
        checked = archive.check(path, lambda count: None)
        restored = elsewhere.manage("restore", str(path), "--replace", "--yes-replace-everything")
        assert restored.returncode == 0, restored.stderr
        elsewhere.start()
        assert httpx.get(f"{elsewhere.url}/healthz").status_code == 200
        assert broken(elsewhere.sql, elsewhere.var / "media") == {}
        named = {name for (name,) in elsewhere.sql("SELECT file FROM catalog_bookfile")}
        assert named == {part.path.removeprefix(archive.MEDIA) for part in checked.media}
        assert named == {
            str(file.relative_to(elsewhere.var / "media")) for file in (elsewhere.var / "media").rglob("*.*")
        }
        rows = checked.manifest.rows
        for table in ("catalog_copy", "circulation_loan", "accounts_user", "catalog_bookfile"):
            assert elsewhere.sql(f"SELECT count(*) FROM {table}")[0][0] == rows[f"public.{table}"]  # noqa: S608
        uses_it(elsewhere, readers[0], barcodes[0])
        elsewhere.stop()


def uses_it(library: Stack, reader: Reader, barcode: str) -> None:
    """People sign in and work, with the passwords that they had."""
    desk = library.client("librarian@example.org")
    lent = desk.post("/loans/", json={"copy": barcode, "patron": reader.card})
    assert lent.status_code == 201 or lent.json()["code"] == "already_lent_to_patron", lent.text
    assert desk.post("/check-ins/", json={"copy": barcode}).status_code == 200
    assert desk.get("/books/", params={"q": "cell biology"}).json()["count"] > 0
    (book,), *_ = library.sql(
        "SELECT book_id FROM rag_document WHERE live_generation_id IS NOT NULL ORDER BY 1 LIMIT 1"
    )
    asked = desk.post(f"/rag/books/{book}/query/", json={"question": "What is a cell?"})
    assert asked.status_code == 200, asked.text


def test_the_invariants_see_what_is_broken(busy: Stack):
    """Each of those that a library could break has been seen to fail."""
    assert broken(busy.sql, busy.var / "media") == {}
    assert len(INVARIANTS) > 10
    (name, book), *_ = busy.sql("SELECT file, book_id FROM catalog_bookfile ORDER BY 1 LIMIT 1")
    file = busy.var / "media" / name
    whole = file.read_bytes()
    file.write_bytes(whole + b"\n")
    assert set(broken(busy.sql, busy.var / "media")) == {"stored files are those of their rows"}
    file.write_bytes(whole)
    busy.sql(
        "WITH one AS (INSERT INTO catalog_termchange (lexeme, books, as_word, words) VALUES ('zzz', 1, 0, 0)) SELECT %s",
        [book],
    )
    assert set(broken(busy.sql, busy.var / "media")) == {"terms of the catalogue are those of a count from scratch"}
    busy.sql(
        "WITH one AS (INSERT INTO catalog_termchange (lexeme, books, as_word, words) VALUES ('zzz', -1, 0, 0)) SELECT 1"
    )
    assert broken(busy.sql, busy.var / "media") == {}


def is_as_it_was(library: Stack) -> bool:
    """Whether it is the library that was there; one with branches of both would be neither."""
    old = {name.endswith(", as it was") for (name,) in library.sql("SELECT name FROM catalog_branch")}
    assert len(old) == 1
    return old == {True}


def test_killed_at_any_moment_a_restore_loses_nothing(busy: Stack, elsewhere: Stack, tmp_path: Path):
    """The library that is there answers after each kill as before; the last restore, left alone, comes to its end."""
    assert busy.manage("backup", str(tmp_path / "new.tar")).returncode == 0
    assert busy.manage("backup", str(tmp_path / "old.tar")).returncode == 0
    assert elsewhere.manage("restore", str(tmp_path / "old.tar")).returncode == 0
    elsewhere.start()
    elsewhere.sql("WITH one AS (UPDATE catalog_branch SET name = name || ', as it was') SELECT 1")
    elsewhere.stop()
    command = [
        sys.executable,
        "manage.py",
        "restore",
        str(tmp_path / "new.tar"),
        "--replace",
        "--yes-replace-everything",
    ]
    finished = 0
    for seconds in CUT:
        with subprocess.Popen(
            command, cwd=ROOT, env=elsewhere.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as running:
            assert running.stdout is not None
            running.stdout.readline()  # it has checked the backup and begins
            time.sleep(seconds)
            running.send_signal(signal.SIGKILL)
        elsewhere.start()
        assert broken(elsewhere.sql, elsewhere.var / "media") == {}
        finished += not is_as_it_was(elsewhere)
        elsewhere.stop()
        if finished:
            break
    whole = subprocess.run(command, cwd=ROOT, env=elsewhere.environment, capture_output=True, text=True, check=False)
    assert whole.returncode == 0, whole.stderr
    elsewhere.start()
    assert not is_as_it_was(elsewhere)
    assert broken(elsewhere.sql, elsewhere.var / "media") == {}
    others = {name for (name,) in elsewhere.sql("SELECT datname FROM pg_database")}
    assert others == {"lyceum", "postgres", "template0", "template1"}
    assert not list((elsewhere.var / "media").glob(".*"))
