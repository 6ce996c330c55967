"""Several processes read one file: the same pages in the same order, and what one loses costs the others nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag import errors
from rag.ingest.sandbox import pool
from rag.ingest.sandbox.pool import ReaderPool
from rag.ingest.sandbox.process import FileReader, Limits

HOSTILE = "rag.tests.hostile:Hostile"
LIMITS = Limits(memory=300 * 1024**2, open_seconds=10, page_seconds=1)
Make = Callable[..., ReaderPool]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[ReaderPool] = []

    def team_of(acts: str, *, size: int = 3, block: int = 2, **values) -> ReaderPool:
        path = tmp_path / "acts"
        path.write_text(acts)
        file = path.open("rb")
        made.append(ReaderPool([FileReader(file, "", HOSTILE, LIMITS, **values) for _n in range(size)], block))
        return made[-1]

    yield team_of
    for one in made:
        one.close()
        one.readers[0].file.close()


def notes(found: ReaderPool, pages: range) -> list[str]:
    return [page.notes[-1] if page.notes else f"{page.number}" for page in found.pages(pages)]


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("block", [1, 2, 64])
@pytest.mark.parametrize("number", [1, 2, 5, 11])
def test_pages_come_in_order_whoever_reads_them(make, size, block, number):
    found = make("fine " * number, size=size, block=block)
    assert found.open().pages == number
    assert notes(found, range(1, number + 1)) == [str(page) for page in range(1, number + 1)]


def test_what_one_process_loses_costs_that_page(make):
    found = make("fine crash fine fine hang fine raise fine")
    found.open()
    expected = ["1", "crashed", "3", "4", "too_slow", "6", "broken", "8"]
    assert notes(found, range(1, 9)) == expected


def test_each_reads_its_own_block_at_once(make):
    found = make("fine " * 8, size=2, block=4)
    found.open()
    pages = found.pages(range(1, 9))
    next(pages)
    processes = [reader._process for reader in found.readers]
    assert None not in processes
    assert [page.number for page in pages] == [2, 3, 4, 5, 6, 7, 8]
    assert [reader._process for reader in found.readers] == processes, "nobody was started twice"
    assert [reader._served for reader in found.readers] == [4, 4]


def test_pages_that_nobody_came_for_do_not_stand_for_others(make):
    found = make("fine " * 8, size=2)
    found.open()
    next(found.pages(range(1, 9)))
    assert notes(found, range(5, 9)) == ["5", "6", "7", "8"]


def test_whoever_stops_ends_all_of_them(make):
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    found = make("hang fine hang fine", size=2, block=1, watch=stop)
    with pytest.raises(Stopped):
        list(found.pages(range(1, 5)))
    processes = [reader._process for reader in found.readers]
    found.close()
    assert [process._process.returncode for process in processes if process is not None] == [-9, -9]


def test_a_file_that_only_crashes_is_given_up(make):
    found = make("fine " + "crash " * 30, size=2)
    found.open()
    with pytest.raises(errors.FileCrashesReader):
        list(found.pages(range(1, 32)))


@pytest.mark.parametrize(
    ("media_type", "cores", "wanted", "size"),
    [
        ("application/pdf", 8, 2, 2),
        ("application/pdf", 1, 2, 1),
        ("application/pdf", 8, 0, 1),
        ("text/plain", 8, 2, 1),
        ("application/epub+zip", 8, 2, 1),
    ],
)
def test_as_many_as_the_machine_and_the_file_allow(settings, monkeypatch, media_type, cores, wanted, size):
    settings.READING_PROCESSES = wanted
    monkeypatch.setattr("library.ai.runtimes.processor.cores", lambda: cores)
    assert pool.size(media_type) == size
