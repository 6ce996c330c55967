"""A page that crashes, hangs or swells costs that page; a file that does nothing else ends in a sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag import errors
from rag.ingest.model.raw import unpacked
from rag.ingest.sandbox import frames, process
from rag.ingest.sandbox.process import FileReader, Limits

HOSTILE = "rag.tests.hostile:Hostile"
LIMITS = Limits(memory=300 * 1024**2, open_seconds=10, page_seconds=1)


@pytest.fixture
def reader(tmp_path: Path):
    """Makes readers of files in which each page does what its word says."""
    made: list[FileReader] = []

    def make(acts: str, **values) -> FileReader:
        path = tmp_path / "acts"
        path.write_text(acts)
        made.append(FileReader(path.open("rb"), "", HOSTILE, LIMITS, **values))
        return made[-1]

    yield make
    for one in made:
        one.close()
        one.file.close()


def notes(reader: FileReader) -> list[str]:
    """What is noted on each page, ``fine`` for nothing."""
    pages = reader.open().pages
    found = list(reader.pages(range(1, pages + 1)))
    assert [page.number for page in found] == list(range(1, pages + 1))
    for page in found:
        text = unpacked(page.layout).lines[0].text if page.words else ""
        assert text == ("" if page.notes else f"page{page.number} of{page.number} paper{page.number}")
    return [page.notes[-1] if page.notes else "fine" for page in found]


@pytest.mark.parametrize(
    ("act", "why"),
    [
        ("crash", "crashed"),
        ("overrun", "crashed"),
        ("exit", "crashed"),
        ("hang", "too_slow"),
        ("spin", "too_slow"),
        ("swell", "too_large"),
        ("raise", "broken"),
        ("babble", "fine"),
        ("lie", "fine"),
        ("secrets", "fine"),
    ],
)
def test_a_page_costs_itself_and_no_other(reader, act, why):
    assert notes(reader(f"fine fine {act} fine")) == ["fine", "fine", why, "fine"]


def test_mistake_of_our_own_ends_the_reading_and_is_told_as_ours(reader, caplog):
    pages = reader("fine blunder fine")
    with pytest.raises(errors.ReaderFault) as refusal:
        notes(pages)
    assert "page 2" in refusal.value.detail
    assert "damaged" not in refusal.value.detail
    assert not isinstance(refusal.value, errors.DocumentUnreadable), "nobody goes on without such a page"
    assert "in rows" in caplog.text, "the log has the traceback"


def test_mistake_of_our_own_while_opening_is_no_damage_of_the_file(reader, caplog):
    with pytest.raises(errors.ReaderFault):
        reader("open-blunder fine").open()
    assert "in rows" in caplog.text


def test_nothing_is_written_to_a_disk(reader):
    path = Path("/tmp/lyceum-hostile")
    path.unlink(missing_ok=True)
    assert notes(reader("fine write fine"))[::2] == ["fine", "fine"]
    assert not path.exists() or path.stat().st_size == 0


def test_pages_that_end_the_process_one_after_the_other_end_the_reading(reader):
    with pytest.raises(errors.FileCrashesReader):
        notes(reader("fine " + "crash " * 20))


def test_pages_that_end_the_process_now_and_then_do_so_too(reader, monkeypatch):
    monkeypatch.setattr(process, "MOST_LOST", 3)
    assert notes(reader("fine crash fine crash fine crash fine")).count("crashed") == 3
    with pytest.raises(errors.FileCrashesReader):
        notes(reader("fine crash " * 4))


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        ("crash", errors.FileCrashesReader),
        ("swell", errors.FileBomb),
        ("raise", errors.FileBroken),
        ("locked", errors.FileEncrypted),
        ("unknown", errors.FileBroken),
    ],
)
def test_a_file_that_cannot_be_opened_says_why(reader, act, refusal):
    with pytest.raises(refusal):
        reader(f"open-{act} fine").open()


def test_a_file_that_hangs_on_opening_is_given_up(reader):
    slow = reader("open-hang fine")
    slow.limits = Limits(LIMITS.memory, open_seconds=1, page_seconds=1)
    with pytest.raises(errors.FileTooSlow):
        slow.open()


def test_whoever_waits_for_a_hanging_page_can_stop(reader):
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    hanging = reader("hang fine")
    hanging.open()
    hanging.limits, hanging.watch = Limits(LIMITS.memory, 10, page_seconds=60), stop
    began = time.monotonic()
    with pytest.raises(Stopped):
        list(hanging.pages([1, 2]))
    assert time.monotonic() - began < 10


def test_peak_of_memory_is_known(reader):
    swollen = reader("fine grow fine")
    notes(swollen)
    swollen.close()
    assert 150 * 1024**2 < swollen.peak < LIMITS.memory


def test_process_ends_with_the_worker_that_is_killed(tmp_path):
    (tmp_path / "acts").write_text("hang")
    script = (
        "import os, sys, django; django.setup()\n"
        "from rag.tests.reading.test_sandbox import HOSTILE, LIMITS\n"
        "from rag.ingest.sandbox.process import Process\n"
        f"process = Process(open({str(tmp_path / 'acts')!r}, 'rb'), '', HOSTILE, LIMITS)\n"
        "process.ask({'do': 'open'}); process.answer(20, lambda: None)\n"
        "process.ask({'do': 'read', 'pages': [1]})\n"
        "print(process._process.pid, flush=True); process.answer(60, lambda: None)\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "library.settings", "LYCEUM_VAR": str(tmp_path)}
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
    assert worker.stdout is not None
    child = int(worker.stdout.readline())
    assert is_alive(child)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    assert eventually(lambda: not is_alive(child))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] not in "ZX"
    except FileNotFoundError:
        return False


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def test_what_is_no_frame_is_refused():
    whole = frames.frame({"page": 1}, b"body")
    buffer = bytearray(whole[:-1])
    assert frames.taken(buffer) is None
    buffer += whole[-1:] + whole
    assert frames.taken(buffer) == ({"page": 1}, b"body")
    assert frames.taken(buffer) == ({"page": 1}, b"body")
    for wrong in (b"\xff" * 64, frames.LENGTHS.pack(2, 0) + b"[]", frames.LENGTHS.pack(2, 0) + b"{x"):
        with pytest.raises(frames.Malformed):
            frames.taken(bytearray(wrong))
