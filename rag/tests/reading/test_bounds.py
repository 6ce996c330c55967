"""What a file may cost has limits; each is tried with harmless markup and a limit set below it."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from string import Formatter

import pytest

from library.core.config.model import ROOT
from rag import errors
from rag.ingest.formats import bounds, markup, xml_tree
from rag.ingest.formats.epub import archive
from rag.ingest.sandbox import process
from rag.ingest.sandbox.process import FileReader, Limits
from rag.ingest.sandbox.reader import FileRefused
from rag.tests import pdfs
from rag.tests.reading.test_epub import code
from rag.tests.reading.test_epub import epub as book

LIMITS = Limits(memory=500 * 1024**2, open_seconds=10, page_seconds=5)
CHAPTER = b'<body><h1 id="top">Whales</h1><p class="a" lang="en">They eat krill.</p></body>'


def refused(content: bytes) -> str:
    with pytest.raises(FileRefused) as refusal:
        markup.chapter(content)
    return refusal.value.code


def test_an_ordinary_chapter_is_within_every_limit():
    assert [block.text for block in markup.chapter(CHAPTER).blocks] == ["Whales", "They eat krill."]


@pytest.mark.parametrize(
    ("name", "at", "why"),
    [
        ("MOST_BYTES", len(CHAPTER), "file_part_too_long"),
        ("MOST_TAGS", 6, "file_part_too_intricate"),
        ("MOST_ATTRIBUTES", 3, "file_part_too_intricate"),
        ("LONGEST_TAG", len(b'<p class="a" lang="en"'), "file_part_not_closed"),
    ],
)
def test_a_chapter_at_a_limit_is_read_and_one_beyond_it_refused(monkeypatch, name, at, why):
    monkeypatch.setattr(bounds, name, at)
    assert len(markup.chapter(CHAPTER).blocks) == 2
    monkeypatch.setattr(bounds, name, at - 1)
    assert refused(CHAPTER) == why


@pytest.mark.parametrize("open_ones", [b"<p ", b"<!-- ", b"<![x ", b"<? "])
def test_brackets_that_are_never_closed(monkeypatch, open_ones):
    monkeypatch.setattr(bounds, "MOST_UNCLOSED", 2)
    assert markup.chapter(CHAPTER + open_ones * 2).blocks
    assert refused(CHAPTER + open_ones * 3) == "file_part_not_closed"


ENDLESS = """
import itertools
from rag.ingest.formats import bounds, markup
from rag.ingest.sandbox.reader import FileRefused
bounds.MOST_SECONDS = 0.05
def handle_data(body, data):
    for turn in itertools.count():  # ended from outside alone
        pass
markup._Body.handle_data = handle_data
try:
    markup.chapter(b"<body><p>They eat krill.</p></body>")
except FileRefused as refusal:
    print(refusal.code)
"""


def test_a_chapter_that_computes_too_long_is_ended():
    """In a process of its own, as in life: what ends it is a signal."""
    ran = subprocess.run(
        [sys.executable, "-c", ENDLESS], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert ran.stdout.strip() == "file_part_too_slow", ran.stderr


def test_after_a_chapter_its_clock_is_off():
    markup.chapter(CHAPTER)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_what_an_archive_is_made_of_has_limits_of_its_own(monkeypatch):
    monkeypatch.setattr(archive, "MOST_PARTS", 3)
    assert code(book()) == "file_too_many_parts"
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    assert code(book()) == "file_bomb"
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MOST_BYTES_OF_A_PART", 100)
    assert code(book()) == "file_bomb"
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MOST_RATIO", 1)
    monkeypatch.setattr(archive, "RATIO_FROM", 100)
    assert code(book()) == "file_bomb"
    monkeypatch.undo()
    monkeypatch.setattr(xml_tree, "DEEPEST", 2)
    assert code(book()) == "file_nested_too_deeply"


@pytest.mark.parametrize("kind", errors.OF_A_FILE.values())
def test_every_refusal_of_a_file_has_a_whole_sentence(kind):
    wanted = [name for _text, name, _format, _conversion in Formatter().parse(str(kind.message)) if name]
    said = errors.of_code(kind.code, dict.fromkeys(wanted, 7))
    assert isinstance(said, kind)
    assert said.detail.endswith(".")
    assert "{" not in said.detail
    if wanted:
        assert isinstance(errors.of_code(kind.code, {}), errors.FileBroken)


# -- PDFs ------------------------------------------------------------------------------------------------------------


@contextmanager
def reader(content: bytes) -> Iterator[FileReader]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        made = FileReader(file, "application/pdf", process.TEXT, LIMITS)
        try:
            yield made
        finally:
            made.close()


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"%PDF-1.7\n" + b"\0" * 5000, errors.FileCutOff),
        (b"%PDF-1.7\n" + b"\0" * 5000 + b"%%EOF", errors.FileBroken),
        (b"", errors.FileEmpty),
        (b"MZ%PDF-1.7", errors.NotAPdf),
        (b"<html>%PDF-1.7</html>", errors.NotAPdf),
        (b"PK\x03\x04%PDF-1.7", errors.NotAPdf),
    ],
)
def test_what_only_calls_itself_a_pdf_ends_in_a_sentence(content, refusal):
    with reader(content) as wrong, pytest.raises(refusal):
        wrong.open()


def test_a_pdf_longer_than_the_limit_is_refused_and_one_at_it_is_read(settings):
    content = pdfs.as_bytes(pdfs.book())
    settings.DOCUMENT_MAX_PAGES = 4
    with reader(content) as whole:
        assert whole.open().pages == 4
    settings.DOCUMENT_MAX_PAGES = 3
    with reader(content) as longer, pytest.raises(errors.TooManyPages):
        longer.open()
