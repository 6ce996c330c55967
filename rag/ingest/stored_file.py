"""The stored file of a book, open for the reading process. Workers only."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from catalog.errors import FileAltered, FileLost
from catalog.files import stored
from catalog.models import BookFile
from rag import errors
from rag.ingest.sandbox import process
from rag.ingest.sandbox.pool import ReaderPool, size
from rag.ingest.sandbox.process import FileReader

TEXT_PAGES, PICTURES = 32, 1  # of each process in turn
Watch = Callable[[], None]
Saw = Callable[[int], None]


@contextlib.contextmanager
def opened(book_file: BookFile, watch: Watch, saw: Saw) -> Iterator[ReaderPool]:
    """Readers of the file's own text; ``watch`` is called twice a second while they work, and may raise to end it;
    ``saw`` is told how many bytes they took at most.

    Errors: ``FileMissing``; the readers' own come with their first use.
    """
    with _read_by(process.TEXT, process.text_limits(), TEXT_PAGES, book_file, watch, saw) as team:
        yield team


@contextlib.contextmanager
def pictures(book_file: BookFile, watch: Watch, saw: Saw) -> Iterator[ReaderPool]:
    """Readers that recognise the characters in pictures of the file's pages. Errors: ``FileMissing``."""
    with _read_by(process.PICTURES, process.picture_limits(), PICTURES, book_file, watch, saw) as team:
        yield team


@contextlib.contextmanager
def drawings(book_file: BookFile, watch: Watch = lambda: None) -> Iterator[FileReader]:
    """A reader that draws the file's pages, of an EPUB its cover alone; ``watch`` is called as above. Errors:
    ``FileMissing``; the reader's own come with its first use."""
    media_type, limits = book_file.media_type.partition(";")[0], process.drawing_limits()
    with _file(book_file) as file:
        reader = FileReader(file, media_type, process.DRAWINGS, limits, watch)
        with contextlib.closing(reader):
            yield reader


@contextlib.contextmanager
def _read_by(
    opener: str, limits: process.Limits, block: int, book_file: BookFile, watch: Watch, saw: Saw
) -> Iterator[ReaderPool]:
    media_type = book_file.media_type.partition(";")[0]
    with _file(book_file) as file:
        team = ReaderPool(
            [FileReader(file, media_type, opener, limits, watch) for _n in range(size(media_type))], block
        )
        try:
            yield team
        finally:
            team.close()
            saw(team.peak)


@contextlib.contextmanager
def _file(book_file: BookFile) -> Iterator[IO[bytes]]:
    """The file with a descriptor that a child can inherit; from a remote storage it is copied first."""
    try:
        kept: Any = stored.opened(book_file)
    except FileLost:
        raise errors.FileMissing from None
    except FileAltered:
        raise errors.StoredFileAltered from None
    with kept:
        try:
            kept.fileno()
        except (AttributeError, OSError):
            with tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(kept, copy)
                copy.flush()
                copy.seek(0)
                yield copy
        else:
            yield kept
