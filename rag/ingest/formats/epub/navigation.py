"""The contents of an EPUB and its list of printed pages: of the navigation document of EPUB 3, else of EPUB 2's NCX."""

from __future__ import annotations

import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from xml.etree.ElementTree import Element
from xml.parsers import expat

from rag.ingest.formats.epub.archive import Archive
from rag.ingest.formats.epub.package import Package
from rag.ingest.formats.xml_tree import parsed
from rag.ingest.model.raw import LONGEST_LABEL
from rag.ingest.model.safe_text import short
from rag.ingest.sandbox.reader import FileRefused

MOST_MARKS = 20_000  # of the contents, and of printed pages
UNREADABLE = (KeyError, expat.ExpatError, FileRefused, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
Target = tuple[str, str]  # a part, and a name in it


@dataclass(frozen=True)
class ContentsEntry:
    """A line of the contents. It leads nowhere where ``target`` is ``None``."""

    level: int
    title: str
    target: Target | None


@dataclass
class Navigation:
    """``printed``: of each part, at which names in it which printed pages begin. ``covers``: parts."""

    entries: list[ContentsEntry] = field(default_factory=list)
    printed: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    covers: set[str] = field(default_factory=set)


def navigation(archive: Archive, package: Package) -> Navigation:
    """The first contents and the first list of pages that can be read; the headings of the text are contents too."""
    found = Navigation()
    for path in package.navigation():
        try:
            root = parsed(archive.content(path))
        except UNREADABLE:
            continue
        _read(root, lambda href, base=path: package.target(href, base), found)  # type: ignore[misc]
        if found.entries:
            break
    return found


def _read(root: Element, target: Callable[[str], Target], found: Navigation) -> None:
    navs = list(root.iter("nav"))
    for nav in (_of_kind(navs, "toc") or navs)[:1]:
        entries = (entry for items in nav.findall("ol") for entry in _listed(items, target, 1))
        found.entries += islice(entries, MOST_MARKS)
    if not found.entries:
        points = (entry for point in root.findall("./navMap/navPoint") for entry in _pointed(point, target, 1))
        found.entries += islice(points, MOST_MARKS)
    if not found.printed:
        for (path, name), number in islice(_printed(root, navs, target), MOST_MARKS):
            found.printed[path].setdefault(name, number)
    for nav in _of_kind(navs, "landmarks"):
        links = (link for link in nav.iter("a") if "cover" in link.get("type", "").split())
        found.covers |= {target(link.get("href", ""))[0] for link in links}


def _of_kind(navs: list[Element], kind: str) -> list[Element]:
    return [nav for nav in navs if {kind, f"doc-{kind}"} & {*nav.get("type", "").split(), *nav.get("role", "").split()}]


def _listed(items: Element, target: Callable[[str], Target], level: int) -> Iterator[ContentsEntry]:
    for item in items.findall("li"):
        link = item.find("a")
        named = link if link is not None else item.find("span")
        if named is not None:
            yield ContentsEntry(level, short(_words(named)), _target(named.get("href", ""), target))
        for inner in item.findall("ol"):
            yield from _listed(inner, target, level + 1)


def _pointed(point: Element, target: Callable[[str], Target], level: int) -> Iterator[ContentsEntry]:
    yield ContentsEntry(level, short(_words(point.find("./navLabel"))), _target(_source(point), target))
    for inner in point.findall("navPoint"):
        yield from _pointed(inner, target, level + 1)


def _printed(root: Element, navs: list[Element], target: Callable[[str], Target]) -> Iterator[tuple[Target, str]]:
    for nav in _of_kind(navs, "page-list") or _of_kind(navs, "pagelist"):
        for link in nav.iter("a"):
            yield target(link.get("href", "")), short(_words(link), LONGEST_LABEL)
    for point in root.iterfind("./pageList/pageTarget"):
        number = _words(point.find("./navLabel")) or point.get("value", "")
        yield target(_source(point)), short(number, LONGEST_LABEL)


def _source(point: Element) -> str:
    content = point.find("content")
    return "" if content is None else content.get("src", "")


def _target(href: str, target: Callable[[str], Target]) -> Target | None:
    return target(href) if href.strip() else None


def _words(element: Element | None) -> str:
    """All text in an element; words in different ones are parted where the file breaks its lines."""
    return "" if element is None else " ".join("".join(element.itertext()).split())
