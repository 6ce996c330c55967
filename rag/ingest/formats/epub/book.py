"""An EPUB as a source of pages: its documents in reading order, cut at headings. Runs in the reading process."""

from __future__ import annotations

import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO
from xml.parsers import expat

from rag.ingest.formats import markup
from rag.ingest.formats.epub.archive import Archive
from rag.ingest.formats.epub.covers import is_cover
from rag.ingest.formats.epub.navigation import ContentsEntry, Navigation, Target, navigation
from rag.ingest.formats.epub.package import Package
from rag.ingest.formats.pagination import Block, paged, tidied
from rag.ingest.model.raw import MOST_MISSING, Facts, OutlineMark, RawPage
from rag.ingest.model.safe_text import short
from rag.ingest.sandbox.reader import FileRefused

DAMAGED = (KeyError, zipfile.BadZipFile, zlib.error, EOFError)


class Epub:
    """An open EPUB. Errors on opening: ``FileRefused``."""

    def __init__(self, file: IO[bytes], *, most_pages: int) -> None:
        try:
            self._archive = Archive(file)
            self._package = Package(self._archive)
            self.facts = self._read(most_pages)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            raise FileRefused("file_cut_off" if _is_cut_off(file) else "file_broken") from None
        except (expat.ExpatError, KeyError):
            raise FileRefused("file_broken") from None

    def read(self, number: int) -> RawPage:
        """The page ``number``, from 1."""
        return self._paged.raw(number)

    def _read(self, most_pages: int) -> Facts:
        package, archive = self._package, self._archive
        if archive.is_locked_whole or archive.locked & {package.path, *package.spine}:
            raise FileRefused("file_protected")
        self._missing, self._left_out, self._is_scrambled = list(package.missing), set[str](), False
        contents = navigation(archive, package)
        self._paged = paged(self._blocks(contents))
        count = len(self._paged.pages)
        if not count and self._is_scrambled and archive.has_rights:  # locked in a way that it does not tell
            raise FileRefused("file_protected")
        if not count:
            raise FileRefused("no_text" if package.has_spine else "no_pages")
        if count > most_pages:
            raise FileRefused("too_many_pages", pages=count, most=most_pages)
        return Facts(
            pages=count,
            outline=tidied(self._marks(contents.entries)) or tidied(self._paged.headings()),
            title=package.title,
            language=package.language,
            missing=tuple(short(name) for name in self._missing[:MOST_MISSING]),
        )

    def _blocks(self, contents: Navigation) -> Iterator[Block]:
        """All paragraphs, with ``path`` and ``path#name`` as the names by which the contents lead to them."""
        covers = self._package.covers | contents.covers
        for place, path in enumerate(self._package.spine):
            chapter = self._chapter(path, contents.printed.get(path, {}))
            if chapter is None:
                self._missing.append(path)  # one chapter less is better than no book
            elif is_cover(chapter, is_named=path in covers or chapter.is_cover, is_first=not place):
                self._left_out.add(path)
            else:
                yield from _anchored(path, chapter.blocks)

    def _chapter(self, path: str, printed: dict[str, str]) -> markup.MarkupChapter | None:
        try:
            chapter = markup.chapter(self._archive.content(path), printed)
        except DAMAGED:
            return None
        self._is_scrambled |= chapter.is_scrambled
        return None if chapter.is_scrambled else chapter

    def _marks(self, entries: Iterable[ContentsEntry]) -> Iterator[OutlineMark]:
        for entry in entries:
            if entry.target is None or entry.target[0] not in self._left_out:
                yield OutlineMark(entry.level, entry.title, self._page_of(entry.target) if entry.target else 0)

    def _page_of(self, target: Target) -> int:
        path, name = target
        anchors = self._paged.anchors
        return anchors.get(_anchor(path, name)) or anchors.get(path, 0)


def _anchored(path: str, blocks: Iterable[Block]) -> Iterator[Block]:
    own: tuple[str, ...] = (path,)
    for block in blocks:
        block.opens = bool(own)
        block.anchors = own + tuple(_anchor(path, name) for name in block.anchors)
        own = ()
        yield block


def _anchor(path: str, name: str) -> str:
    return f"{path}#{unicodedata.normalize('NFC', name)}"


def _is_cut_off(file: IO[bytes]) -> bool:
    """Whether the end of the archive, which tells what is in it, is missing."""
    size = file.seek(0, 2)
    file.seek(max(size - 66_000, 0))
    return b"PK\x05\x06" not in file.read()
