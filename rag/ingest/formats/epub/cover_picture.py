"""The picture of an EPUB's cover: named by the book, else that of the document which is its cover. Runs in the reading
process."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

from rag.ingest.formats.epub.archive import Archive
from rag.ingest.formats.epub.navigation import navigation
from rag.ingest.formats.epub.package import Package
from rag.ingest.formats.xml_tree import parsed
from rag.ingest.model.raw import Facts
from rag.ingest.sandbox.reader import FileRefused

KINDS = ("PNG", "JPEG", "WEBP", "GIF")
TYPES = {"image/png", "image/jpeg", "image/jpg", "image/webp", "image/gif"}
MOST_PIXELS = 40_000_000
MOST_TRIED = 8  # pictures
MOST_WORDS = 40  # of a document that is a cover
QUALITY = 90  # of WebP, from 0 to 100: it is made smaller once more
UNREADABLE = (KeyError, expat.ExpatError, FileRefused, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


class CoverOfEpub:
    """An open EPUB whose only page is its cover. Errors on opening: ``FileRefused``."""

    facts = Facts(pages=1)

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._archive = Archive(file)
            self._package = Package(self._archive)
        except UNREADABLE as fault:
            raise fault if isinstance(fault, FileRefused) else FileRefused("file_broken") from None

    def draw(self, number: int, width: int) -> bytes:
        """The cover as WebP, at most ``width`` pixels wide; empty where there is none."""
        for place, path in enumerate(dict.fromkeys(self._candidates())):
            if place < MOST_TRIED and path not in self._archive.locked and (made := self._made(path, width)):
                return made
        return b""

    def _made(self, path: str, width: int) -> bytes:
        from PIL import Image

        try:
            with Image.open(io.BytesIO(self._archive.content(path)), formats=KINDS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return b""
                picture.draft("RGB", (width, 2 * width))
                shown = picture.convert("RGBA")
        except (*UNREADABLE, OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
            return b""  # what is no picture, in the words of each kind
        shown.thumbnail((width, 2 * width))
        bare, kept = Image.new("RGB", shown.size, "white"), io.BytesIO()
        bare.paste(shown, mask=shown.getchannel("A"))
        bare.save(kept, "WEBP", quality=QUALITY)
        return kept.getvalue()

    def _candidates(self) -> Iterator[str]:
        """Parts that may be the cover's picture, the surest first."""
        package = self._package
        named = [item for item in package.items.values() if "cover-image" in item.properties]
        named += [package.items[name] for name in package.cover_names if name in package.items]
        yield from (item.path for item in named if item.kind in TYPES)
        documents = [item.path for item in named if item.is_readable]
        documents += sorted(package.covers) + sorted(navigation(self._archive, package).covers)
        for path in documents:
            yield from self._pictures(path, is_named=True)
        yield from self._pictures(next(iter(package.spine), ""), is_named=False)

    def _pictures(self, path: str, *, is_named: bool) -> Iterator[str]:
        """The pictures of a document, if it is a cover; itself where it is a picture."""
        if any(item.path == path and item.kind in TYPES for item in self._package.items.values()):
            yield path
            return
        try:
            root = parsed(self._archive.content(path))
        except UNREADABLE:
            return
        if not is_named and len(" ".join(root.itertext()).split()) > MOST_WORDS:
            return
        for element in root.iter():
            link = element.get("src" if element.tag == "img" else "href", "") if element.tag in {"img", "image"} else ""
            if link:
                yield self._package.target(link, path)[0]
