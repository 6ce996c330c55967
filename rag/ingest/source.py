"""The stored file of a book, open for the reading process. Workers only."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from catalog.models import BookFile
from rag import errors
from rag.ingest import sandbox

Watch = Callable[[], None]
Saw = Callable[[int], None]


@contextlib.contextmanager
def opened(book_file: BookFile, watch: Watch, saw: Saw) -> Iterator[sandbox.Reader]:
    """A reader of the file's own text; ``watch`` is called twice a second while it works, and may raise to end it;
    ``saw`` is told how many bytes it took at most.

    Errors: ``FileMissing``; the reader's own come with its first use.
    """
    with _read_by(sandbox.TEXT, sandbox.text_limits(), book_file, watch, saw) as reader:
        yield reader


@contextlib.contextmanager
def pictures(book_file: BookFile, watch: Watch, saw: Saw) -> Iterator[sandbox.Reader]:
    """A reader that recognises the characters in pictures of the file's pages. Errors: ``FileMissing``."""
    with _read_by(sandbox.PICTURES, sandbox.picture_limits(), book_file, watch, saw) as reader:
        yield reader


@contextlib.contextmanager
def _read_by(
    opener: str, limits: sandbox.Limits, book_file: BookFile, watch: Watch, saw: Saw
) -> Iterator[sandbox.Reader]:
    with _file(book_file) as file:
        reader = sandbox.Reader(file, book_file.media_type.partition(";")[0], opener, limits, watch)
        try:
            yield reader
        finally:
            reader.close()
            saw(reader.peak)


@contextlib.contextmanager
def _file(book_file: BookFile) -> Iterator[IO[bytes]]:
    """The file with a descriptor that a child can inherit; from a remote storage it is copied first."""
    try:
        stored: Any = book_file.file.open("rb")
    except FileNotFoundError:
        raise errors.FileMissing from None
    with stored:
        try:
            stored.fileno()
        except (AttributeError, OSError):
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(stored, copy)
                copy.flush()
                copy.seek(0)
                yield copy
        else:
            yield stored
