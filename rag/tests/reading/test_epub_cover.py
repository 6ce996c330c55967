"""The picture of an EPUB's cover is found wherever books name it, and nothing else is taken for it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from rag.ingest.formats.epub.cover_picture import CoverOfEpub
from rag.ingest.sandbox.reader import FileRefused
from rag.tests.reading.test_epub import PACKAGE, epub

ITEM = '<item id="i" href="whale.jpg" media-type="image/jpeg"/>'
PLAIN = (
    "<html><body><p>Of the sea, which is wide and deep, and of all that swims in it."
    + " More of it." * 30
    + "</p></body></html>"
)


def jpeg(colour: str = "teal", size: tuple[int, int] = (300, 450)) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", size, colour).save(kept, "JPEG")
    return kept.getvalue()


def cover(**changes: Any) -> bytes:
    return CoverOfEpub(io.BytesIO(epub(**{"OEBPS__text__two b_dot_xhtml": PLAIN} | changes))).draw(1, 200)


def is_teal(drawn: bytes) -> bool:
    picture = Image.open(io.BytesIO(drawn)).convert("RGB")
    red, green, blue = picture.getpixel((10, 10))  # type: ignore[misc]
    return picture.size == (200, 300) and red < 40 and green > 90 and blue > 90


def package(old: str = "", new: str = "") -> str:
    assert old in PACKAGE
    return PACKAGE.replace(old, new)


@pytest.mark.parametrize(
    "opf",
    [
        package(ITEM, ITEM.replace("/>", ' properties="cover-image"/>')),
        package("<metadata>", '<metadata><meta name="cover" content="i"/>'),
        package("</package>", '<guide><reference type="cover" href="whale.jpg"/></guide></package>'),
        package("</package>", '<guide><reference type="cover" href="text/one.xhtml"/></guide></package>'),
    ],
    ids=["EPUB 3", "EPUB 2", "guide to a picture", "guide to a document"],
)
def test_wherever_it_is_named_it_is_found(opf):
    shown = '<html><body><img src="../whale.jpg" alt="Cover"/></body></html>'

    assert is_teal(cover(OEBPS__book_dot_opf=opf, OEBPS__whale_dot_jpg=jpeg(), OEBPS__text__one_dot_xhtml=shown))


def test_a_first_document_that_is_but_a_picture_is_a_cover():
    image = '<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="../whale.jpg"/></svg>'
    svg = f"<html><body>{image}</body></html>"

    assert is_teal(cover(**{"OEBPS__text__two b_dot_xhtml": svg, "OEBPS__whale_dot_jpg": jpeg()}))


def test_a_picture_in_a_chapter_is_none():
    chapter = PLAIN.replace("</body>", '<img src="../whale.jpg"/></body>')

    assert cover(**{"OEBPS__text__two b_dot_xhtml": chapter, "OEBPS__whale_dot_jpg": jpeg()}) == b""


@pytest.mark.parametrize("content", [None, b"", b"<svg/>", jpeg()[:200], jpeg(size=(7000, 7000))])
def test_what_is_no_picture_is_none(content):
    opf = package(ITEM, ITEM.replace("/>", ' properties="cover-image"/>'))

    assert cover(OEBPS__book_dot_opf=opf, OEBPS__whale_dot_jpg=content) == b""


def test_one_that_is_broken_gives_way_to_the_next():
    opf = package(
        ITEM, ITEM.replace("/>", ' properties="cover-image"/><item id="j" href="b.jpg" media-type="image/jpeg"/>')
    )
    opf = opf.replace("<metadata>", '<metadata><meta name="cover" content="j"/>')

    assert is_teal(cover(OEBPS__book_dot_opf=opf, OEBPS__whale_dot_jpg=b"broken", OEBPS__b_dot_jpg=jpeg()))


def test_what_is_no_epub_is_refused():
    for content in (b"PK\x03\x04 and no more", epub(**{"META-INF__container_dot_xml": None})):
        with pytest.raises(FileRefused):
            CoverOfEpub(io.BytesIO(content))
