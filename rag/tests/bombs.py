"""PDFs made to do harm, each of a few kilobytes. Written by hand, so that they are as wrong as meant."""

from __future__ import annotations

import zlib
from typing import Any


def pdf(objects: dict[int, bytes], root: int = 1) -> bytes:
    """A PDF of these objects with a right table of contents."""
    made = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, content in objects.items():
        places[number] = len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, size = len(made), max(objects) + 1
    made += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        made += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00000 f \n"
    return bytes(made + b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, start))


def stream(content: bytes, extra: bytes = b"", *, folds: int = 1) -> bytes:
    """A stream compressed ``folds`` times."""
    filters = b"/FlateDecode " * folds
    for _ in range(folds):
        content = zlib.compress(content, 9)
    return b"<<%s/Filter[%s]/Length %d>>stream\n%s\nendstream" % (extra, filters, len(content), content)


CATALOG, TREE = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
TEXT = b"BT /F 12 Tf 72 700 Td (A plain sentence stands on this page as well.) Tj ET\n"
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 600 700]"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def page(extra: bytes = b"", *, contents: int = 4, box: bytes = b"[0 0 612 792]", more: bytes = b"") -> bytes:
    return (
        b"<</Type/Page/Parent 2 0 R/MediaBox%s/Contents %d 0 R/Resources<</Font<</F 5 0 R>>%s>>%s>>"
        % (box, contents, extra, more)
    )  # fmt: skip


def with_page(content: bytes, objects: dict[int, bytes] | None = None, **values: Any) -> bytes:
    """One page with ``content`` as its (compressed) stream object."""
    return pdf({1: CATALOG, 2: TREE, 3: page(**values), 4: content, 5: FONT} | (objects or {}))


def unfolding_content() -> bytes:
    """A megabyte that unfolds to a gigabyte of drawing orders, folded twice."""
    return with_page(stream(b"0 0 m 9 9 l S\n" * 20_000_000, folds=2))


def unfolding_image(width: int = 100_000, height: int = 100_000) -> bytes:
    """A picture of ten thousand million pixels."""
    image = stream(
        b"\0" * 10_000_000,
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8" % (width, height),
        folds=2,
    )
    return with_page(stream(b"q 600 0 0 700 0 0 cm /I Do Q"), {6: image}, extra=b"/XObject<</I 6 0 R>>")


def calling_itself() -> bytes:
    """A form that draws itself."""
    form = stream(b"/X Do " * 50 + TEXT, FORM + b"/Resources<</XObject<</X 6 0 R>>>>")
    return with_page(stream(TEXT + b"/X Do"), {6: form}, extra=b"/XObject<</X 6 0 R>>")


def growing_calls(depth: int = 30) -> bytes:
    """Forms that each draw the next ten times: ten to the thirtieth in all."""
    forms = {
        number: stream(
            b"/X Do " * 10, FORM + b"/Resources<</XObject<</X %d 0 R>>>>" % (number + 1)
        )
        for number in range(6, 6 + depth)
    }  # fmt: skip
    forms[6 + depth] = stream(TEXT, FORM + b"/Resources<</Font<</F 5 0 R>>>>")
    return with_page(stream(TEXT + b"/X Do"), forms, extra=b"/XObject<</X 6 0 R>>")


def tree_in_a_ring() -> bytes:
    """Pages whose parents are their children."""
    return pdf({1: CATALOG, 2: b"<</Type/Pages/Kids[3 0 R]/Count 5>>", 3: b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 5>>"})


def countless_pages() -> bytes:
    """A tree that says it has two thousand million pages."""
    return pdf({1: CATALOG, 2: b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>", 3: page(), 4: stream(TEXT), 5: FONT})


def less_than_no_page() -> bytes:
    return pdf({1: CATALOG, 2: b"<</Type/Pages/Kids[3 0 R]/Count -7>>", 3: page(), 4: stream(TEXT), 5: FONT})


def outline_in_a_ring() -> bytes:
    """An outline whose entries are each other's next and first."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R/Outlines 7 0 R>>", 7: b"<</First 8 0 R/Last 8 0 R/Count 3>>",
        8: b"<</Title(One)/Next 9 0 R/First 9 0 R/Parent 7 0 R/Dest[3 0 R/Fit]>>",
        9: b"<</Title(Two)/Next 8 0 R/First 8 0 R/Parent 8 0 R/Dest[3 0 R/Fit]>>",
    }  # fmt: skip
    return with_page(stream(TEXT * 2), objects)


def deep_brackets() -> bytes:
    """A million brackets in each other."""
    return with_page(stream(TEXT + b"[" * 1_000_000), more=b"/Deep" + b"[" * 20_000 + b"]" * 20_000)


def endless_page() -> bytes:
    """A page of many kilometres."""
    return with_page(stream(TEXT), box=b"[0 0 99999999 99999999]")


def page_without_a_size() -> bytes:
    return with_page(stream(TEXT), box=b"[0 0 0 0]")


def many_marks() -> bytes:
    """Hundreds of thousands of letters on one page."""
    return with_page(stream(b"BT /F 1 Tf " + b"1 0 Td (abcdefgh ) Tj " * 300_000 + b"ET", folds=2))


def object_stream() -> bytes:
    """A stream of objects that unfolds to a gigabyte, and in which the catalogue is said to be."""
    return pdf({
        1: b"<</Type/Catalog/Pages 6 0 R>>", 2: TREE, 3: page(), 4: stream(TEXT), 5: FONT,
        7: stream(b"6 0 " + b" " * 400_000_000 + b"<<>>", b"/Type/ObjStm/N 1/First 4", folds=2),
    })  # fmt: skip
