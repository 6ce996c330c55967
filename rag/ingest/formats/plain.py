"""A plain text as a source of pages. Runs in the reading process."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import IO

from catalog.values.file_kinds import encoding_of
from rag.ingest.formats.pagination import Block, Paged, paged, tidied
from rag.ingest.model.raw import Facts, RawPage
from rag.ingest.model.safe_text import kept, plain
from rag.ingest.sandbox.reader import FileRefused
from rag.ingest.writing.spacing import between

PIECE = 1 << 20
MARKDOWN = re.compile(r"(#{1,6})\s+(\S.*?)\s*#*$")
UNDERLINE = re.compile(r"(={3,}|-{3,}|~{3,}|\*{3,})\s*$")
RULE = re.compile(r"[\s=*_~#.-]*$")
NUMBERED = re.compile(
    r"(?:(?P<part>part|book|volume|teil|buch|livre|tome|parte|libro)|"
    r"(?P<chapter>chapter|kapitel|chapitre|capítulo|capitolo|act|akt|acte|canto|letter|stave|appendix|anhang)|"
    r"(?P<section>section|scene|szene|scène|§))\s*(?:[ivxlcdm]+|\d+|[a-z]|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|the first|the last|[a-z]+teen|twenty\S*)\b[.:]?(?:\s.*)?$",
    re.IGNORECASE,
)
DECIMAL = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[A-Z]\S*(?:\s\S+){0,11}$")
ROMAN = re.compile(r"[IVXLC]{1,7}\.(?:\s+\S.*)?$")
LONGEST_HEADING = 80  # characters
CODE = re.compile(r"(?: {4,}|\t)\S")
MOST_PRINTED = 2_000  # words on a printed page
WRAPPED = 0.7  # share of the longest line that a line of prose fills before the next begins


class PlainText:
    """An open text. Errors on opening: ``FileRefused``."""

    def __init__(self, file: IO[bytes], *, most_pages: int) -> None:
        text = _decoded(file)
        sheets = text.split("\f")
        self._paged = _by_sheets(sheets) if len(sheets) > 1 else paged(blocks(text))
        count = len(self._paged.pages)
        if not any(self._paged.pages):
            raise FileRefused("no_text")
        if count > most_pages:
            raise FileRefused("too_many_pages", pages=count, most=most_pages)
        self.facts = Facts(pages=count, outline=tidied(self._paged.headings()))

    def read(self, number: int) -> RawPage:
        """The page ``number``, from 1."""
        return self._paged.raw(number)


def _decoded(file: IO[bytes]) -> str:
    pieces = iter(lambda: file.read(PIECE), b"")
    encoding = encoding_of(pieces, is_whole=True)
    if not encoding:
        raise FileRefused("file_of_unknown_kind")
    file.seek(0)
    text = file.read().decode(encoding, errors="replace")
    return kept(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n")) if text else ""


def _by_sheets(sheets: Sequence[str]) -> Paged:
    """Form feeds part the pages, as they were printed; the last one may be empty. A sheet that is none is parted."""
    found = Paged()
    for sheet in sheets[:-1] if not sheets[-1].strip() else sheets:
        pages = paged(blocks(sheet)).pages
        is_printed = sum(len(block.text.split()) for page in pages for block in page) <= MOST_PRINTED
        found.pages += [[block for page in pages for block in page]] if is_printed else pages
    return found


def blocks(text: str) -> Iterator[Block]:
    """Headings, paragraphs, and the lines of listings, verse and tables."""
    paragraphs = [lines for part in re.split(r"\n[^\S\n]*\n+", text) if (lines := _lines(part))]
    longest = _longest(paragraphs)
    for lines in paragraphs:
        while lines and (level := _level(lines)):
            title, rest = (lines[0], lines[1:])
            if rest and UNDERLINE.match(rest[0]):
                rest = rest[1:]
            yield Block(plain(title.lstrip("#").rstrip("#")), level=level)
            lines = rest
        if lines:
            yield from _body(lines, longest)


def _lines(part: str) -> list[str]:
    return [
        line.rstrip() for line in part.split("\n") if line.strip() and (not RULE.match(line) or UNDERLINE.match(line))
    ]


def _longest(paragraphs: Sequence[Sequence[str]]) -> int:
    """How long a full line is: nine in ten of those that another line follows are no longer."""
    lengths = sorted(len(line) for lines in paragraphs for line in lines[:-1])
    return lengths[int(0.9 * len(lengths))] if lengths else 0


def _level(lines: Sequence[str]) -> int:
    """1 to 6 where the first of ``lines`` is a heading, else 0."""
    first = lines[0].strip()
    if marked := MARKDOWN.match(lines[0]):
        return len(marked[1])
    if len(first) > LONGEST_HEADING:
        return 0
    if len(lines) > 1 and (under := UNDERLINE.match(lines[1])) and len(under[0]) >= 0.6 * len(first):
        return 1 if under[0][0] in "=*" else 2
    if len(lines) > 2 or first[-1] in ",;":
        return 0
    if named := NUMBERED.match(first):
        return 1 if named["part"] else 3 if named["section"] else 2
    if len(lines) > 1 or CODE.match(lines[0]):
        return 0
    if decimal := DECIMAL.match(first):
        return 0 if first.endswith(".") else 2 + decimal[1].count(".")
    is_loud = first.isupper() and sum(sign.isalpha() for sign in first) >= 3 and first[-1] not in ".!?:"
    return 2 if is_loud or ROMAN.match(first) else 0


def _body(lines: Sequence[str], longest: int) -> Iterator[Block]:
    if all(CODE.match(line) for line in lines) and not _is_prose([line.strip() for line in lines], longest):
        for number, line in enumerate(lines):
            yield Block(line, kind="code", starts=not number)
    elif _is_prose(lines, longest):
        yield Block(_joined(lines))
    else:
        for number, line in enumerate(lines):
            yield Block(plain(line), starts=not number)


def _is_prose(lines: Sequence[str], longest: int) -> bool:
    """Whether the lines end where they are full, not where they mean to."""
    full = [len(line) > WRAPPED * longest for line in lines[:-1]]
    return not full or sum(full) >= 0.75 * len(full)


def _joined(lines: Sequence[str]) -> str:
    """One paragraph; a word that a line break parted is whole."""
    text = lines[0].strip()
    for line in (line.strip() for line in lines[1:]):
        if re.search(r"[^\W\d_]{2}[-\u2010]$", text) and line[:1].islower():
            text = text[:-1] + line
        else:
            text += between(text, line) + line
    return plain(text)
