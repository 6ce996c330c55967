"""EPUBs are read as their authors meant them, and refused in words where they cannot be."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

import pytest

from rag.ingest.formats.epub.book import Epub
from rag.ingest.formats.flowing import clean
from rag.ingest.sandbox.reader import FileRefused

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>On  Whales</dc:title><dc:language>en-GB</dc:language></metadata>
<manifest><item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
<item id="t" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="i" href="whale.jpg" media-type="image/jpeg"/></manifest>
<spine toc="t"><itemref idref="b"/><itemref idref="a"/></spine></package>"""
NAV = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>
<nav epub:type="page-list"><ol><li><a href="text/one.xhtml">1</a></li></ol></nav>
<nav epub:type="toc"><ol><li><a href="text/two%20b.xhtml">Second</a></li>
<li><a href="text/one.xhtml#top">First <i>of all</i></a><ol><li><a href="text/one.xhtml#krill">Krill</a></li></ol></li>
</ol></nav></body></html>"""
NCX = """<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Old first</text></navLabel>
<content src="text/one.xhtml"/></navPoint></navMap></ncx>"""
ONE = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">
<head><title>No text</title><style>p { color: red }</style></head><body><h1 id="top">First of all</h1>
<p>Whales are&nbsp;mammals &amp; breathe
air. <span style="display:none">Buy now!</span></p><p hidden="">Never seen.</p><script>alert(1)</script>
<h2 id="krill">Krill</h2><p>They eat<br/>krill.</p><pre>for whale in sea:
    dive()
</pre><table><tr><th>Whale</th><th>Metres</th></tr><tr><td><p>Blue</p></td><td>30</td></tr></table>
<ul><li>one</li><li>two</li></ul></body></html>"""
TWO = "<html><body><p>Of the sea.<p>Broken <b>markup</body>"
PARTS: dict[str, Any] = {
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": PACKAGE,
    "OEBPS/nav.xhtml": NAV,
    "OEBPS/toc.ncx": NCX,
    "OEBPS/text/one.xhtml": ONE,
    "OEBPS/text/two b.xhtml": TWO,
}


def epub(**changes: str | bytes | None) -> bytes:
    """An EPUB of ``PARTS``; a name's slashes are written ``__`` and its dots ``_dot_``; None leaves it out."""
    changed = {name.replace("__", "/").replace("_dot_", "."): content for name, content in changes.items()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in (PARTS | changed).items():
            if content is not None:
                archive.writestr(name, content)
    return made.getvalue()


def opened(content: bytes, most_pages: int = 100) -> Epub:
    return Epub(io.BytesIO(content), most_pages=most_pages)


def code(content: bytes, **values: int) -> str:
    with pytest.raises(FileRefused) as refusal:
        opened(content, **values)
    return refusal.value.code


def test_pages_follow_the_spine_and_sections_the_navigation():
    book = opened(epub())
    assert (book.facts.pages, book.facts.title, book.facts.language) == (2, "On Whales", "en")
    marks = [(mark.level, mark.title, mark.page) for mark in book.facts.outline]
    assert marks == [(1, "Second", 1), (1, "First of all", 2), (2, "Krill", 2)]
    assert clean(book.read(1)).text == "Of the sea.\n\nBroken markup"


def test_text_keeps_paragraphs_listings_and_rows_and_nothing_that_is_hidden():
    page = opened(epub()).read(2)
    text = clean(page).text
    assert text.split("\n\n") == [
        "First of all",
        "Whales are mammals & breathe air.",
        "Krill",
        "They eat\nkrill.",
        "for whale in sea:\n    dive()",
        "Whale | Metres\nBlue | 30",
        "one",
        "two",
    ]
    assert [(heading.title, heading.rank) for heading in clean(page).headings] == [("First of all", 1), ("Krill", 2)]
    assert page.title == "First of all"
    assert {line.kind for line in page.lines} == {"text", "code", "row"}


def test_old_navigation_is_used_where_there_is_no_new_one_and_headings_where_there_is_none():
    old = opened(epub(OEBPS__nav_dot_xhtml=None))
    assert [mark.title for mark in old.facts.outline] == ["Old first"]
    none = opened(epub(OEBPS__nav_dot_xhtml=None, OEBPS__toc_dot_ncx="<ncx"))
    assert [(mark.level, mark.title) for mark in none.facts.outline] == [(1, "First of all"), (2, "Krill")]


def test_long_chapters_are_several_pages_and_each_entry_leads_to_its_own():
    paragraphs = "".join(f"<h2 id='s{n}'>Part {n}</h2>" + f"<p>{f'word{n} ' * 300}</p>" for n in range(10))
    nav = NAV.replace("#krill", "#s7")
    book = opened(epub(OEBPS__text__one_dot_xhtml=f"<body>{paragraphs}</body>", OEBPS__nav_dot_xhtml=nav))
    assert book.facts.pages == 11
    assert all(len(clean(book.read(n)).text.split()) <= 900 for n in range(1, 12))
    page = book.facts.outline[2].page
    assert clean(book.read(page)).text.startswith("Part 7\n\nword7")


def test_missing_chapter_is_named_and_the_others_are_read():
    book = opened(epub(OEBPS__text__one_dot_xhtml=None))
    assert (book.facts.pages, book.facts.missing) == (1, ("OEBPS/text/one.xhtml",))
    book = opened(epub(OEBPS__book_dot_opf=PACKAGE.replace("</spine>", '<itemref idref="gone"/></spine>')))
    assert (book.facts.pages, book.facts.missing) == (2, ("gone",))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"META-INF__encryption_dot_xml": '<e><EncryptionMethod Algorithm="urn:aes"/></e>'}, "file_protected"),
        ({"META-INF__container_dot_xml": None}, "file_broken"),
        ({"META-INF__container_dot_xml": "<container/>"}, "file_broken"),
        ({"META-INF__container_dot_xml": CONTAINER.replace("OEBPS/", "../../etc/")}, "file_broken"),
        ({"OEBPS__book_dot_opf": "<package>"}, "file_broken"),
        ({"OEBPS__book_dot_opf": "<package/>"}, "no_pages"),
        ({"OEBPS__book_dot_opf": '<!DOCTYPE p [<!ENTITY a "aaaa">]><p>&a;</p>'}, "file_declares_entities"),
        ({"OEBPS__book_dot_opf": "<a>" * 201 + "</a>" * 201}, "file_nested_too_deeply"),
        ({"OEBPS__text__one_dot_xhtml": "<p/>", "OEBPS__text__two b_dot_xhtml": "<p> </p>"}, "no_text"),
    ],
)
def test_what_cannot_be_read_has_a_code(changes, why):
    assert code(epub(**changes)) == why


def test_scrambled_fonts_lock_no_book():
    lock = '<e><EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></e>'
    assert opened(epub(**{"META-INF__encryption_dot_xml": lock})).facts.pages == 2


def test_cut_off_and_damaged_archives_are_told_apart():
    whole = epub()
    assert code(whole[: len(whole) // 2]) == "file_cut_off"
    start = whole.index(zlib.compress(b"")[:0] + b"META-INF/container.xml") + len("META-INF/container.xml")
    assert code(whole[:start] + b"\xff" * 20 + whole[start + 20 :]) == "file_broken"


def test_too_many_pages_are_refused():
    assert code(epub(), most_pages=1) == "too_many_pages"
