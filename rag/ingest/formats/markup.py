"""XML without its dangers, and XHTML as paragraphs. Only the standard library; runs in the reading process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree import ElementTree
from xml.parsers import expat

from rag.ingest.formats import bounds
from rag.ingest.formats.pagination import Block
from rag.ingest.model.safe_text import kept, plain
from rag.ingest.sandbox.reader import FileRefused

DEEPEST = 200  # elements in each other
HEADINGS = {f"h{level}": level for level in range(1, 7)}
# Whose ends end a paragraph.
PARTING = {
    "p",
    "div",
    "section",
    "article",
    "aside",
    "header",
    "footer",
    "main",
    "nav",
    "figure",
    "figcaption",
    "blockquote",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "caption",
    "pre",
    "hr",
    "address",
    "details",
    "summary",
    "body",
    "form",
    "fieldset",
    "title",
    *HEADINGS,
}
SILENT = {"script", "style", "head", "template", "svg", "noscript", "audio", "video", "object", "iframe", "rt", "rp"}
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
BREAK = "\x1e"  # stands for a line break that is meant
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def parsed(content: bytes) -> ElementTree.Element:
    """``content`` as a tree; names of elements and attributes without their namespaces.

    No entity that the file declares is ever filled in. Errors: ``FileRefused``, ``expat.ExpatError``.
    """
    bounds.check(content)
    with bounds.timed():
        return _tree(content)


def _tree(content: bytes) -> ElementTree.Element:
    parser = expat.ParserCreate(namespace_separator="}")
    builder = ElementTree.TreeBuilder()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise FileRefused("file_nested_too_deeply", most=DEEPEST)
        builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    def refuse(*_declared: object) -> None:
        raise FileRefused("file_declares_entities")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    parser.Parse(content, True)
    root: ElementTree.Element = builder.close()
    return root


def _local(name: str) -> str:
    return name.rpartition("}")[2]


class _Body(HTMLParser):
    """Collects paragraphs. Takes broken markup as it comes, as browsers do."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._text: list[str] = []
        self._anchors: list[str] = []
        self._silent: list[str] = []  # open elements whose text nobody sees, with what is in them
        self._level = 0
        self._in_code = 0
        self._row: list[str] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if self._silent or tag in SILENT or "hidden" in given or HIDDEN.search(given.get("style", "")):
            if tag not in EMPTY:
                self._silent.append(tag)
            return
        if tag in PARTING and self._row is None:
            self._end_block()
        for name in ("id", "name"):
            if given.get(name):
                self._anchors.append(given[name])
        if tag in HEADINGS:
            self._level = HEADINGS[tag]
        elif tag == "pre":
            self._in_code += 1
        elif tag == "br":
            self._text.append("\n" if self._in_code else " " if self._row is not None else BREAK)
        elif tag == "tr" and self._row is None:
            self._row = []
        elif tag in ("td", "th") and self._row is not None:
            self._end_cell()
        elif tag in PARTING and self._row is not None:
            self._text.append(" ")
        elif tag == "img" and given.get("alt"):
            self._text.append(f" {given['alt']} ")

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    pass
            return
        if tag == "tr" and self._row is not None:
            self._end_row()
        elif tag in ("td", "th") and self._row is not None:
            self._end_cell()
        elif tag in PARTING and self._row is None:
            self._end_block()
        elif tag == "table" and self._row is not None:
            self._end_row()
        elif tag in PARTING:
            self._text.append(" ")
        if tag in HEADINGS:
            self._level = 0
        elif tag == "pre" and self._in_code:
            self._in_code -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text.append(data if self._in_code else data.replace(BREAK, " "))

    def close(self) -> None:
        super().close()
        if self._row is not None:
            self._end_row()
        self._end_block()

    def _end_cell(self) -> None:
        cell = plain("".join(self._text))
        self._text.clear()
        if cell and self._row is not None:
            self._row.append(cell)

    def _end_row(self) -> None:
        self._end_cell()
        row, self._row = self._row or [], None
        if row:
            starts = not (self.blocks and self.blocks[-1].kind == "row")
            self._add(Block(" | ".join(row), kind="row", starts=starts))

    def _end_block(self) -> None:
        text = "".join(self._text)
        self._text.clear()
        if self._in_code:
            lines = [line.rstrip() for line in kept(text).split("\n")]
            lines = [line for line in lines if line]
            for number, line in enumerate(lines):
                self._add(Block(line, kind="code", starts=not number))
            return
        lines = [plain(line) for line in text.split(BREAK)]
        for number, line in enumerate(line for line in lines if line):
            self._add(Block(line, level=self._level, starts=not number))

    def _add(self, block: Block) -> None:
        block.anchors, self._anchors = tuple(self._anchors), []
        self.blocks.append(block)

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Sections of kinds that HTML does not know are passed over, as browsers do it."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i)

    def error(self, message: str) -> None:  # older parsers call it
        raise ValueError(message)


def blocks(content: bytes) -> Iterator[Block]:
    """The paragraphs, headings, listings and table rows of an XHTML document. Errors: ``FileRefused`` where it would
    cost too much; none for any other bytes.
    """
    bounds.check(content)
    body = _Body()
    with bounds.timed():
        body.feed(_decoded(content))
        body.close()
    yield from body.blocks


def _decoded(content: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    declared = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([\w.:-]+)", content[:200])
    try:
        return content.decode(declared[1].decode() if declared else "utf-8", errors="replace")
    except LookupError:
        return content.decode("utf-8", errors="replace")
