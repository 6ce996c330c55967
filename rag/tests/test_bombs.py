"""PDFs made to do harm: each ends quickly, in words or without the page, and in little memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from rag import errors
from rag.ingest import sandbox
from rag.ingest.raw import unpacked
from rag.ingest.sandbox import Limits, Reader
from rag.tests import bombs

LIMITS = Limits(memory=300 * 1024**2, open_seconds=10, page_seconds=5)


@contextmanager
def reader(content: bytes, opener: str = sandbox.TEXT) -> Iterator[Reader]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        made = Reader(file, "application/pdf", opener, LIMITS)
        try:
            yield made
        finally:
            made.close()
            assert made.peak <= LIMITS.memory


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (bombs.countless_pages, errors.DocumentUnreadable), (bombs.less_than_no_page, errors.DocumentUnreadable),
        (bombs.tree_in_a_ring, errors.DocumentUnreadable), (bombs.object_stream, errors.DocumentUnreadable),
        (lambda: b"%PDF-1.7\n" + b"\0" * 5000, errors.FileCutOff),
        (lambda: b"%PDF-1.7\n" + b"\0" * 5000 + b"%%EOF", errors.FileBroken),
        (lambda: b"", errors.FileEmpty), (lambda: b"MZ%PDF-1.7", errors.NotAPdf),
        (lambda: b"<html>%PDF-1.7</html>", errors.NotAPdf), (lambda: b"PK\x03\x04%PDF-1.7", errors.NotAPdf),
    ],
)  # fmt: skip
def test_files_that_end_in_a_sentence(make: Callable[[], bytes], refusal: type[Exception]):
    with reader(make()) as hostile, pytest.raises(refusal):
        hostile.open()


@pytest.mark.parametrize("make", [bombs.unfolding_content, bombs.growing_calls, bombs.many_marks])
def test_pages_that_are_lost(make: Callable[[], bytes]):
    with reader(make()) as hostile:
        assert hostile.open().pages == 1
        (page,) = hostile.pages([1])
    assert page.notes[0] == "unreadable"
    assert page.notes[1] in ("too_large", "too_slow")


@pytest.mark.parametrize(
    "make", [bombs.calling_itself, bombs.outline_in_a_ring, bombs.endless_page, bombs.page_without_a_size]
)
def test_pages_that_are_read_all_the_same(make: Callable[[], bytes]):
    with reader(make()) as hostile:
        facts = hostile.open()
        (page,) = hostile.pages([1])
    assert len(facts.outline) < 100
    assert "A plain sentence stands on this page as well." in " ".join(
        line.text for line in unpacked(page.layout).lines
    )


def test_text_of_a_picture_that_is_too_large_is_not_waited_for():
    with reader(bombs.unfolding_image()) as hostile:
        hostile.open()
        (page,) = hostile.pages([1])
    assert page.notes == ("needs_ocr",)
