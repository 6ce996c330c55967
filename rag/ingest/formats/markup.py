"""XHTML as paragraphs. Only the standard library; runs in the reading process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from rag.ingest.formats import bounds, signs
from rag.ingest.formats.decoding import decoded, is_scrambled
from rag.ingest.formats.pagination import Block
from rag.ingest.model.raw import Kind
from rag.ingest.model.safe_text import kept

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
# Elements of these are known by their own names, whatever the prefix that the file gives them (``<h:p>``).
KNOWN_NAMES = {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}
WHOLE = {"html", "body", "section", "article", "main"}  # hold a chapter, whatever they are called
OURS = str.maketrans({BREAK: " "} | dict.fromkeys(signs.ALL))
MOST_HELD = 8  # elements in each other that may be marks


@dataclass
class MarkupChapter:
    """One document of a book."""

    blocks: list[Block] = field(default_factory=list)
    is_cover: bool = False  # it says that it is the cover
    is_scrambled: bool = False  # no markup at all


@dataclass
class _Held:
    """An open element that may turn out to be no text: the number of a printed page, or the mark of a note."""

    tag: str
    given: dict[str, str]
    listed: str  # the printed page that the book's list of pages calls it
    start: int  # where its text begins among the collected
    is_label: bool
    inner: int = 0  # open elements of the same name inside
    length: int = 0
    is_raised: bool = False


class _Body(HTMLParser):
    """Collects paragraphs. Takes broken markup as it comes, as browsers do."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.chapter = MarkupChapter()
        self._printed = labels
        self._prefixes: set[str] = set()
        self._text: list[str] = []
        self._pages = [labels[""]] if "" in labels else []  # printed pages that begin before the next block
        self._anchors: list[str] = []
        self._silent: list[str] = []  # open elements whose text nobody sees, with what is in them
        self._held: list[_Held] = []
        self._level = 0
        self._in_code = 0
        self._is_said = False  # there are words beside those of pictures
        self._row: list[str] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        tag = self._local(tag, given)
        if self._silent or tag in SILENT or "hidden" in given or HIDDEN.search(given.get("style", "")):
            if tag not in EMPTY:
                self._silent.append(tag)
            return
        if tag in PARTING and self._row is None:
            self._part(tag)
        self._begin(tag, given)
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
            self._text.append(f" {given['alt'].translate(OURS)} ")

    def handle_endtag(self, tag: str) -> None:
        tag = self._local(tag, {})
        if self._silent:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    pass
            return
        self._let_go(tag)
        if tag == "tr" and self._row is not None:
            self._end_row()
        elif tag in ("td", "th") and self._row is not None:
            self._end_cell()
        elif tag in PARTING and self._row is None:
            self._part(tag, ends=True)
        elif tag == "table" and self._row is not None:
            self._end_row()
        elif tag in PARTING:
            self._text.append(" ")
        if tag in HEADINGS:
            self._level = 0
        elif tag == "pre" and self._in_code:
            self._in_code -= 1

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self._text.append(data if self._in_code else data.translate(OURS))
        if length := len(data.strip()):
            self._is_said = True
            for held in self._held:
                held.length += length
            self._held = [held for held in self._held if held.length <= signs.MOST_HELD]

    def close(self) -> None:
        super().close()
        if self._row is not None:
            self._end_row()
        self._end_block()

    def _local(self, tag: str, given: Mapping[str, str]) -> str:
        """The element's name without a prefix that stands for XHTML or SVG."""
        for name, value in given.items():
            if name.startswith("xmlns:") and value in KNOWN_NAMES:
                self._prefixes.add(name.removeprefix("xmlns:"))
        prefix, colon, local = tag.partition(":")
        return local if colon and prefix in self._prefixes else tag

    # -- what is no text --------------------------------------------------------------------------------------------

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        """Names that links lead to, and whether the element is more than text."""
        names = [given[name] for name in ("id", "name") if given.get(name)]
        self._anchors += names
        if not self.chapter.blocks and "cover" in signs.types(given):
            self.chapter.is_cover = True
        is_label = tag not in WHOLE and signs.is_page_label(given)
        listed = next((self._printed[name] for name in names if name in self._printed), "")
        for held in self._held:
            held.inner += held.tag == tag
        if is_label and tag in EMPTY:
            self._begin_page(listed or signs.label_in("", given) or "")
        elif tag not in EMPTY and len(self._held) < MOST_HELD and (is_label or signs.may_be_note(tag, given)):
            self._held.append(_Held(tag, given, listed, len(self._text), is_label))
        if listed and not is_label:
            self._begin_page(listed)

    def _begin_page(self, label: str) -> None:
        if label:
            self._text.append(signs.page(label))

    def _let_go(self, tag: str) -> None:
        """An element ends: if it was held, it is told what it was."""
        held = next((one for one in reversed(self._held) if one.tag == tag), None)
        if held is None:
            return
        if held.inner:
            held.inner -= 1
            return
        self._held = self._held[: self._held.index(held)]
        text = "".join(self._text[held.start :])
        if held.is_label:
            text, inner = signs.without_pages(text)
            label = signs.label_in(text, held.given)
            if label is not None:
                del self._text[held.start :]
                self._begin_page(held.listed or inner or label)
        elif tag == "sup":
            self._text[held.start :] = [signs.raised(text)]
            for outer in self._held:
                outer.is_raised = True
        elif self._is_note(held, text):
            self._text[held.start :] = [signs.NOTE]

    def _is_note(self, held: _Held, text: str) -> bool:
        if not held.length and signs.says_note(held.given):  # a picture of a mark
            return True
        before = "".join(self._text[max(held.start - 3, 0) : held.start])[-20:]
        is_raised = held.is_raised or any(outer.tag == "sup" for outer in self._held)
        return signs.is_note_mark(text, held.given, is_raised=is_raised, before=before)

    # -- blocks -----------------------------------------------------------------------------------------------------

    def _part(self, tag: str, *, ends: bool = False) -> None:
        """A paragraph ends, unless all of this may still be the number of a page."""
        label = next((held for held in self._held if held.is_label), None)
        if label is not None:
            text = "".join(self._text[label.start :]).strip()
            if ends or not (text or tag in HEADINGS):
                self._text.append(" ")
                return
        self._end_block()

    def _end_cell(self) -> None:
        cell, pages = signs.settled("".join(self._text))
        self._pages += [label for _start, label in pages]
        self._forget()
        if cell and self._row is not None:
            self._row.append(cell)

    def _end_row(self) -> None:
        self._end_cell()
        row, self._row = self._row or [], None
        if row:
            starts = not (self.chapter.blocks and self.chapter.blocks[-1].kind == "row")
            self._add(Block(" | ".join(row), kind="row", starts=starts))

    def _end_block(self) -> None:
        text, is_said = "".join(self._text), self._is_said
        self._forget()
        starts = True
        for line in text.split("\n" if self._in_code else BREAK):
            said, pages = signs.settled(line)
            if self._in_code:
                said = kept(signs.without_pages(line)[0]).rstrip()
            if said:
                kind: Kind = "code" if self._in_code else "text"
                level = 0 if self._in_code else self._level
                self._add(Block(said, kind, level, starts, pages=pages, is_drawn=not is_said))
                starts = False
            else:
                self._pages += [label for _start, label in pages]

    def _add(self, block: Block) -> None:
        block.anchors, self._anchors = tuple(self._anchors), []
        block.pages = (*((0, label) for label in self._pages), *block.pages)
        self._pages = []
        self.chapter.blocks.append(block)

    def _forget(self) -> None:
        self._text.clear()
        self._held.clear()
        self._is_said = False

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Sections of kinds that HTML does not know are passed over, as browsers do it."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i)

    def error(self, message: str) -> None:  # older parsers call it
        raise ValueError(message)


def chapter(content: bytes, labels: Mapping[str, str] | None = None) -> MarkupChapter:
    """The paragraphs, headings, listings and table rows of an XHTML document.

    ``labels``: the printed pages that begin at elements of these names (or at the beginning, without one), as the
    book's list of pages says. Errors: ``FileRefused`` where it would cost too much; none for any other bytes.
    """
    text = decoded(content)
    bounds.check(text.encode(errors="replace"))
    if is_scrambled(text):
        return MarkupChapter(is_scrambled=True)
    body = _Body(labels or {})
    with bounds.timed():
        body.feed(text)
        body.close()
    return body.chapter
