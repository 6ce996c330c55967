"""An EPUB as a source of pages: its documents in reading order, cut at headings. Runs in the reading process.

Nothing is ever unpacked to a disk, so names in the archive can lead nowhere; every part is read up to a limit.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from urllib.parse import unquote
from xml.etree.ElementTree import Element
from xml.parsers import expat

from rag.ingest.formats import markup
from rag.ingest.formats.pagination import Block, paged, tidied
from rag.ingest.model.raw import Facts, OutlineMark, RawPage
from rag.ingest.model.safe_text import short
from rag.ingest.sandbox.reader import Refused

MOST_PARTS = 20_000
MOST_BYTES, MOST_BYTES_OF_A_PART = 256 * 1024**2, 32 * 1024**2  # unpacked
MOST_RATIO, RATIO_FROM = 200, 4 * 1024**2  # a part that unfolds to so much more is none that a person wrote
MOST_MARKS = 20_000
CONTAINER, LOCKS, RIGHTS = (
    "META-INF/container.xml",
    "META-INF/encryption.xml",
    ("META-INF/rights.xml", "META-INF/license.lcpl"),
)
# Fonts may be scrambled in a book that everybody may read.
FONT_LOCKS = {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
READABLE = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml", "application/xml", "text/xml"}


class Epub:
    """An open EPUB. Errors on opening: ``Refused``."""

    def __init__(self, file: IO[bytes], *, most_pages: int) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
            self._left = MOST_BYTES
            self._checked()
            self.facts = self._read(most_pages)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            raise Refused("file_cut_off" if self._is_cut_off(file) else "file_broken") from None
        except (expat.ExpatError, KeyError):
            raise Refused("file_broken") from None

    def read(self, number: int) -> RawPage:
        """The page ``number``, from 1."""
        return self._paged.raw(number)

    def _checked(self) -> None:
        parts = self._archive.infolist()
        if len(parts) > MOST_PARTS:
            raise Refused("file_too_many_parts", parts=len(parts), most=MOST_PARTS)
        names = set(self._archive.namelist())
        if any(part.flag_bits & 1 for part in parts) or names & set(RIGHTS):
            raise Refused("file_protected")
        if LOCKS in names:
            locks = markup.parsed(self._content(LOCKS)).iter("EncryptionMethod")
            if any(lock.get("Algorithm") not in FONT_LOCKS for lock in locks):
                raise Refused("file_protected")

    def _content(self, name: str) -> bytes:
        """A part of the archive. Errors: ``KeyError`` where there is none, ``Refused`` where it swells."""
        part = self._archive.getinfo(name)
        with self._archive.open(part) as packed:
            content = packed.read(min(MOST_BYTES_OF_A_PART, self._left) + 1)
        self._left -= len(content)
        swells = len(content) > RATIO_FROM and len(content) > MOST_RATIO * max(part.compress_size, 1)
        if len(content) > MOST_BYTES_OF_A_PART or self._left < 0 or swells:
            raise Refused("file_bomb")
        return content

    def _read(self, most_pages: int) -> Facts:
        root = markup.parsed(self._content(CONTAINER)).find(".//rootfile")
        if root is None:
            raise Refused("file_broken")
        self._book = posixpath.normpath(unquote(root.get("full-path", "")))
        package = markup.parsed(self._content(self._book))
        items = {
            item.get("id", ""): (
                self._path(item.get("href", "")),
                item.get("media-type", ""),
                item.get("properties", ""),
            )
            for item in package.iter("item")
        }
        spine = [items[ref] for entry in package.iter("itemref") if (ref := entry.get("idref", "")) in items]
        self._paged = paged(self._blocks([path for path, kind, _properties in spine if kind in READABLE]))
        count = len(self._paged.pages)
        if not count:
            raise Refused("no_text" if spine else "no_pages")
        if count > most_pages:
            raise Refused("too_many_pages", pages=count, most=most_pages)
        language = (package.findtext(".//language") or "").strip().lower()[:2]
        return Facts(
            pages=count,
            outline=self._outline(package, items) or tidied(self._paged.headings()),
            notes=("incomplete",) if self._missing else (),
            title=short(package.findtext(".//title") or ""),
            language=language if len(language) == 2 and language.isascii() and language.isalpha() else "",
        )

    def _path(self, href: str, base: str = "") -> str:
        """Where in the archive ``href`` leads."""
        folder = posixpath.dirname(base or self._book)
        return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))

    def _blocks(self, paths: list[str]) -> Iterator[Block]:
        """All paragraphs, with ``path`` and ``path#name`` as the names by which the outline leads to them."""
        self._missing = 0
        for path in dict.fromkeys(paths):
            try:
                content = self._content(path)
            except (KeyError, zipfile.BadZipFile, zlib.error, EOFError):
                self._missing += 1  # one chapter less is better than no book
                continue
            anchors: tuple[str, ...] = (path,)
            for block in markup.blocks(content):
                block.opens = bool(anchors)
                block.anchors = anchors + tuple(f"{path}#{name}" for name in block.anchors)
                anchors = ()
                yield block

    def _outline(self, package: Element, items: dict[str, tuple[str, str, str]]) -> tuple[OutlineMark, ...]:
        """From the navigation document of EPUB 3, else from the NCX of EPUB 2; empty where neither can be read."""
        documents = [path for path, _kind, properties in items.values() if "nav" in properties.split()]
        documents += [path for path, kind, _properties in items.values() if kind == "application/x-dtbncx+xml"]
        for path in documents:
            try:
                root = markup.parsed(self._content(path))
            except (KeyError, expat.ExpatError, Refused, zipfile.BadZipFile, zlib.error, EOFError):
                continue  # the headings of the text are an outline, too
            if found := tidied(list(self._marks(root, path))[:MOST_MARKS]):
                return found
        return ()

    def _marks(self, root: Element, path: str) -> Iterator[OutlineMark]:
        chosen = [nav for nav in root.iter("nav") if nav.get("type") == "toc"] or list(root.iter("nav"))[:1]
        for nav in chosen[:1]:
            for item in nav.findall("ol"):
                yield from self._listed(item, path, 1)
        for point in root.findall("./navMap/navPoint"):
            yield from self._pointed(point, path, 1)

    def _listed(self, items: Element, path: str, level: int) -> Iterator[OutlineMark]:
        for item in items.findall("li"):
            link = item.find("a")
            named = link if link is not None else item.find("span")
            if named is not None:
                yield self._mark(level, "".join(named.itertext()), named.get("href", ""), path)
            for inner in item.findall("ol"):
                yield from self._listed(inner, path, level + 1)

    def _pointed(self, point: Element, path: str, level: int) -> Iterator[OutlineMark]:
        content = point.find("content")
        yield self._mark(
            level, point.findtext("./navLabel/text") or "", "" if content is None else content.get("src", ""), path
        )
        for inner in point.findall("navPoint"):
            yield from self._pointed(inner, path, level + 1)

    def _mark(self, level: int, title: str, href: str, path: str) -> OutlineMark:
        target = self._path(href, path) if href.partition("#")[0] else path
        name = unquote(href.partition("#")[2])
        anchors = self._paged.anchors
        page = anchors.get(f"{target}#{name}") or anchors.get(target, 0) if href else 0
        return OutlineMark(level, short(title), page)

    @staticmethod
    def _is_cut_off(file: IO[bytes]) -> bool:
        """Whether the end of the archive, which tells what is in it, is missing."""
        size = file.seek(0, 2)
        file.seek(max(size - 66_000, 0))
        return b"PK\x05\x06" not in file.read()
