"""A manuscript as an EPUB 3: for writings that run from right to left, which our typesetter does not set.

It has no page list, since no printed edition has pages that it could name. The same text gives the same bytes: parts
are stored as they are, under one date, so that no compressor has a say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.utils.html import escape

from demo.manuscript import Block, Chapter, Figure, Heading, Manuscript, Paragraph, Word, parse
from demo.wording import Wording, wording

EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a ZIP archive can say
HOUSE = "Lyceum Library"
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""
PACKAGE = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="{language}" dir="{dir}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{uuid}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:creator>{author}</dc:creator>
<dc:publisher>{house}</dc:publisher>
<dc:language>{language}</dc:language>
<dc:date>{year}-01-01</dc:date>
<meta property="dcterms:modified">{year}-01-01T00:00:00Z</meta>
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="style" href="style.css" media-type="text/css"/>
{items}
</manifest>
<spine page-progression-direction="{dir}">
{spine}
</spine>
</package>
"""
LEAF = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" \
xml:lang="{language}" lang="{language}" dir="{dir}">
<head><title>{title}</title><link rel="stylesheet" type="text/css" href="style.css"/></head>
<body>
{body}
</body>
</html>
"""
STYLE = """body { line-height: 1.7; margin: 5%; }
h1, h2, .title { line-height: 1.3; }
.title { margin-top: 20%; text-align: center; }
.number { color: #8a3d4c; }
em { font-style: normal; font-weight: bold; }
"""  # Arabic type has no italics


class FigureNotSet(ValueError):
    """A manuscript that has a figure: our drawings have words, and those are English."""


def build_epub(source: Path, target: Path) -> int:
    """Make the EPUB ``target`` of the Markdown book ``source`` and return its number of chapters.

    Errors: ``FigureNotSet``, and those of ``manuscript.parse``; nothing is written then.
    """
    book = parse(source.read_text(encoding="utf-8"))
    parts = list(_parts(book))
    target.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(target, "w", ZIP_STORED) as archive:
        for name, text in parts:
            archive.writestr(ZipInfo(name, EARLIEST), text)
    return len(book.chapters)


def _parts(book: Manuscript) -> Iterator[tuple[str, str]]:
    """Names and texts in the order of the archive: the type of the whole comes first."""
    words = wording(book.language)
    leaves = [_title_leaf(book, words), *(_chapter(one, number, words) for number, one in enumerate(book.chapters, 1))]
    names = ["title.xhtml", *(_name(number) for number in range(1, len(book.chapters) + 1))]
    yield "mimetype", "application/epub+zip"
    yield "META-INF/container.xml", CONTAINER
    yield "book/package.opf", _package(book, words, names)
    yield "book/style.css", STYLE
    yield "book/nav.xhtml", _leaf(book, words, words.contents, _contents(book, words))
    titles = [book.title, *(one.title for one in book.chapters)]
    for name, title, body in zip(names, titles, leaves, strict=True):
        yield f"book/{name}", _leaf(book, words, title, body)


def _name(number: int) -> str:
    return f"chapter-{number:02}.xhtml"


def _package(book: Manuscript, words: Wording, names: Sequence[str]) -> str:
    known = UUID(bytes=sha256(f"{book.author}\n{book.title}\n{book.year}".encode()).digest()[:16], version=4)
    items = (f'<item id="{name[:-6]}" href="{name}" media-type="application/xhtml+xml"/>' for name in names)
    return PACKAGE.format(
        uuid=known,
        title=escape(book.title),
        author=escape(book.author),
        year=book.year,
        house=HOUSE,
        language=book.language,
        dir=words.direction,
        items="\n".join(items),
        spine="\n".join(f'<itemref idref="{name[:-6]}"/>' for name in names),
    )


def _leaf(book: Manuscript, words: Wording, title: str, body: str) -> str:
    return LEAF.format(language=book.language, dir=words.direction, title=escape(title), body=body)


def _title_leaf(book: Manuscript, words: Wording) -> str:
    imprint = "\n".join(f"<p>{escape(text.format(year=book.year))}</p>" for text in words.imprint)
    return (
        f'<section class="title" epub:type="titlepage"><p><strong>{escape(book.title)}</strong></p>\n'
        f"<p>{escape(book.author)}</p>\n{imprint}</section>"
    )


def _contents(book: Manuscript, words: Wording) -> str:
    return (
        f'<nav epub:type="toc" role="doc-toc"><h1>{words.contents}</h1>\n<ol>\n'
        + "\n".join(_entry(one, number) for number, one in enumerate(book.chapters, 1))
        + "\n</ol></nav>"
    )


def _entry(chapter: Chapter, number: int) -> str:
    headings = [block.text for block in chapter.blocks if isinstance(block, Heading)]
    within = "\n".join(
        f'<li><a href="{_name(number)}#s{place}">{escape(text)}</a></li>' for place, text in enumerate(headings, 1)
    )
    below = f"\n<ol>\n{within}\n</ol>" if within else ""
    return f'<li><a href="{_name(number)}">{escape(chapter.title)}</a>{below}</li>'


def _chapter(chapter: Chapter, number: int, words: Wording) -> str:
    opening = f'<p class="number">{words.chapter.format(number=number)}</p>\n<h1>{escape(chapter.title)}</h1>'
    return "\n".join(
        ['<section epub:type="chapter" role="doc-chapter">', opening, *_blocks(chapter.blocks), "</section>"]
    )


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    place = 0
    for is_list, run in groupby(blocks, key=lambda block: isinstance(block, Paragraph) and block.bullet):
        if is_list:
            yield "<ul>\n" + "\n".join(f"<li>{_words(block)}</li>" for block in run) + "\n</ul>"
            continue
        for block in run:
            if isinstance(block, Heading):
                place += 1
                yield f'<h2 id="s{place}">{escape(block.text)}</h2>'
            else:
                yield f"<p>{_words(block)}</p>"


def _words(block: Block) -> str:
    if not isinstance(block, Paragraph):
        raise FigureNotSet(block.name if isinstance(block, Figure) else "a heading")
    return " ".join(_word(word) for word in block.words).replace("</em> <em>", " ")


def _word(word: Word) -> str:
    return "".join(f"<em>{escape(run.text)}</em>" if run.face == "italic" else escape(run.text) for run in word)
