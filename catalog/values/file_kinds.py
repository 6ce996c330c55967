"""What a file is by its content, never by its name. Only the standard library: the reading process uses it too."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

PDF, EPUB, TEXT = "application/pdf", "application/epub+zip", "text/plain"
SUFFIXES = {PDF: ".pdf", EPUB: ".epub", TEXT: ".txt"}
HEAD = 8192  # bytes that `kind_of` wants to see
# Readers accept a PDF whose header stands anywhere in its first 1,024 bytes (ISO 32000-1, Annex H, note 13).
PDF_HEADER, PDF_HEADER_WITHIN = b"%PDF-", 1024
# How a whole file of another kind begins. A PDF header further on does not make it a PDF.
OTHERS = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"MZ", "EXE"),
    (b"\x7fELF", "EXE"),
    (b"\xca\xfe\xba\xbe", "EXE"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "DOC"),
    (b"{\\rtf", "RTF"),
    (b"%!PS", "PostScript"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ", "xz"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "ZIP"),
    (b"AT&TFORM", "DjVu"),
    (b"ID3", "MP3"),
    (b"OggS", "Ogg"),
    (b"RIFF", "RIFF"),
    (b"wOFF", "font"),
    (b"SQLite format 3", "SQLite"),
    (b"#!", "script"),
)
MARKUP = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(!doctype|html|head|body|svg|\w+[\s>:/])", re.I | re.S)
EPUB_MARK = b"mimetypeapplication/epub+zip"
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MOST_CONTROL = 0.001  # share of control characters that an honest text may hold


@dataclass(frozen=True)
class Kind:
    """``media_type`` is empty where the library cannot read it; ``name`` says then what it seems to be, if known."""

    media_type: str
    name: str = ""


def kind_of(head: bytes) -> Kind:
    """What a file is by its first ``HEAD`` bytes."""
    if head[:4] == b"PK\x03\x04" and (EPUB_MARK in head[:128] or b"META-INF/container.xml" in head):
        return Kind(EPUB)
    for start, name in OTHERS:
        if head.startswith(start):
            return Kind("", name)
    if head[4:8] == b"ftyp":
        return Kind("", "MP4")
    if PDF_HEADER in head[:PDF_HEADER_WITHIN]:
        return Kind("", "HTML") if MARKUP.match(head) else Kind(PDF)
    if encoding_of([head]):
        return Kind("", "HTML") if MARKUP.match(head.removeprefix(codecs.BOM_UTF8)) else Kind(TEXT)
    return Kind("")


def encoding_of(pieces: Iterable[bytes], *, is_whole: bool = False) -> str:
    """In which encoding a text is written: by its mark, else UTF-8 where all of it is, else Windows-1252; empty where
    it is no text. ``pieces`` follow each other; ``is_whole``: the last of them is the end of the text."""
    found, first, decoder = "", True, None
    length = control = 0
    kept = bytearray()
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    for piece in pieces:
        if first:
            found, first = _marked(piece), False
            decoder = codecs.getincrementaldecoder(found or "cp1252")("replace")
        if decoder is None or not piece:
            continue
        if is_utf8 and not found:
            try:
                utf8.decode(piece)
            except UnicodeDecodeError:
                is_utf8 = False
        text = decoder.decode(piece)
        length += len(text)
        control += len(CONTROL.findall(text))
        if not found:
            kept += bytes(sorted(set(piece) & {0x81, 0x8D, 0x8F, 0x90, 0x9D}))
    if not found and is_utf8 and is_whole:
        try:
            utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    if not length or control > MOST_CONTROL * length:
        return ""
    if found:
        return found
    if is_utf8:
        return "utf-8"
    return "" if kept else "cp1252"  # five bytes mean nothing in Windows-1252


def _marked(head: bytes) -> str:
    """UTF-8, UTF-16 or UTF-32 by the mark at its beginning, or UTF-16 by where its zeros stand."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    even, odd = head[:HEAD:2].count(0), head[1:HEAD:2].count(0)
    half = min(len(head), HEAD) / 2
    if half >= 8 and max(even, odd) > 0.7 * half and min(even, odd) < 0.05 * half:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""
