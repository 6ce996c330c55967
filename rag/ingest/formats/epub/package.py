"""What an EPUB says of itself: its parts, their order, its title (OPF 2 and 3)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree.ElementTree import Element
from xml.parsers import expat

from rag.ingest.formats.epub.archive import Archive
from rag.ingest.formats.xml_tree import parsed
from rag.ingest.model.safe_text import short
from rag.ingest.sandbox.reader import FileRefused

CONTAINER = "META-INF/container.xml"
PACKAGE = "application/oebps-package+xml"
NCX = "application/x-dtbncx+xml"
READABLE = {
    "application/xhtml+xml",
    "text/html",
    "text/x-oeb1-document",
    "application/x-dtbook+xml",
    "application/xml",
    "text/xml",
    "application/html",
    "application/xhtml",
    "text/xhtml",
}
READABLE_ENDINGS = (".xhtml", ".html", ".htm", ".xht")
MOST_FALLBACKS = 20  # from one part to the next


@dataclass(frozen=True)
class ManifestItem:
    """A part, as the manifest has it."""

    path: str
    kind: str
    properties: frozenset[str]
    fallback: str

    @property
    def is_readable(self) -> bool:
        return self.kind in READABLE or self.path.lower().endswith(READABLE_ENDINGS)


class Package:
    """The package document of ``archive``. Errors: ``FileRefused``, ``expat.ExpatError``, ``KeyError``."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.path, root = self._chosen()
        self.items = {item.get("id", ""): self._item(item) for item in root.iter("item")}
        self.title = short(root.findtext(".//title") or "")
        language = (root.findtext(".//language") or "").strip().lower()[:2]
        self.language = language if len(language) == 2 and language.isascii() and language.isalpha() else ""
        references = [entry for entry in root.iter("itemref") if entry.get("idref")]
        self.has_spine = any(entry.get("idref", "") in self.items for entry in references)
        self.missing = [entry.get("idref", "") for entry in references if entry.get("idref", "") not in self.items]
        self.spine = list(dict.fromkeys(self._in_order(references)))
        metas = [entry for entry in root.iter("meta") if entry.get("name", "").lower() == "cover"]
        self.cover_names = [entry.get("content", "") for entry in metas]  # of items, as EPUB 2 has it
        self.covers = {
            self.target(entry.get("href", ""))[0]
            for entry in root.iter("reference")
            if "cover" in entry.get("type", "").lower().split()
        }

    def navigation(self) -> list[str]:
        """Where contents can be found: EPUB 3's navigation documents, then EPUB 2's NCX."""
        found = [item.path for item in self.items.values() if "nav" in item.properties]
        return found + [item.path for item in self.items.values() if item.kind == NCX]

    def target(self, href: str, base: str = "") -> tuple[str, str]:
        """Where in the archive ``href`` leads from the part ``base`` (this one), and to which name in it."""
        path, _sign, name = href.strip().partition("#")
        folder = posixpath.dirname(base or self.path)
        joined = posixpath.join(folder, unquote(path)) if path else base or self.path
        return self._archive.name(joined), unquote(name)

    def _chosen(self) -> tuple[str, Element]:
        """The first rendition that is one: other renditions may be a PDF."""
        roots = parsed(self._archive.content(self._archive.name(CONTAINER))).iter("rootfile")
        found = sorted(roots, key=lambda root: (root.get("media-type") != PACKAGE, not _path(root).endswith(".opf")))
        for root in found[:MOST_FALLBACKS]:
            path = self._archive.name(unquote(_path(root)))
            try:
                return path, parsed(self._archive.content(path))
            except (KeyError, expat.ExpatError):
                continue
        raise FileRefused("file_broken")

    def _item(self, entry: Element) -> ManifestItem:
        kind = entry.get("media-type", "").partition(";")[0].strip().lower()
        path = self.target(entry.get("href", ""))[0]
        return ManifestItem(path, kind, frozenset(entry.get("properties", "").split()), entry.get("fallback", ""))

    def _in_order(self, references: list[Element]) -> Iterator[str]:
        """The documents of the text; behind them those that are read only by a link (answers, notes)."""
        for is_aside in (False, True):
            for entry in references:
                item = self._readable(entry.get("idref", ""))
                if item is not None and (entry.get("linear", "").lower() == "no") == is_aside:
                    yield item.path

    def _readable(self, name: str) -> ManifestItem | None:
        """The item, else the first in its chain of fallbacks that is text."""
        for _step in range(MOST_FALLBACKS):
            item = self.items.get(name)
            if item is None or item.is_readable:
                return item
            name = item.fallback
        return None


def _path(root: Element) -> str:
    return root.get("full-path", "")
