"""From the lines of a page to its text: words that a line break parted made whole, prose in paragraphs, listings and
tables in their lines. Each word's place is kept."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from rag.ingest.layout.words import is_leftwards
from rag.ingest.model.clean import CleanPage, PageHeading, WordBox
from rag.ingest.model.raw import PageLine, PageWord, RawPage
from rag.ingest.structure.headings import FoundHeading
from rag.ingest.writing.spacing import between, is_hangul, is_unspaced

SOFT = "\u00ad"
PARTED = re.compile(r"([^\W\d_]+)[-\u00ad\u2010]$")
BEGINS = re.compile(r"^[^\W\d_]+")
HANGING = re.compile(r"\w[-\u00ad\u2010]$")
AND = {"and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "o", "e", "en", "of"}  # *pre- and post-war*
COLUMN = 12.0  # points: lines that begin so near below each other are of one column
JUSTIFIED = 0.98  # of the widest line
NARROW = 0.85  # of the column: verse does not fill its lines
SYLLABLE = 0.9  # of the letters' size, that a syllable of Hangul is wide
ROOM = 1.05  # how much wider than the room at the end of a line its next word may be and yet have fitted


class WordCounts:
    """How often words stand whole in a book: what a hyphen at the end of a line meant."""

    def __init__(self, most: int = 400_000) -> None:
        self.most = most  # different ones; a book of more is none
        self.seen: Counter[str] = Counter()

    def see(self, page: RawPage) -> None:
        for line in page.lines:
            for word in line.words:
                folded = word.text.strip("“”\"'‘’().,;:!?[]").casefold()
                if folded in self.seen or len(self.seen) < self.most:
                    self.seen[folded] += 1

    def one_word(self, first: str, rest: str) -> bool | None:
        """Whether two parts of what may be one word make one elsewhere in the book; ``None`` where it does not say."""
        joined, parted = self.seen[first + rest], min(self.seen[first], self.seen[rest])
        return joined > 0 if joined or parted > 1 else None

    def whole(self, first: str, rest: str) -> bool:
        """Whether the hyphen between two parts of a word is only there because of the line break."""
        first, rest = first.casefold(), rest.casefold()
        joined, parted = self.seen[first + rest], self.seen[f"{first}-{rest}"]
        if joined or parted:
            return joined >= parted
        return not (self.seen[first] > 1 and self.seen[rest] > 1)


class Text:
    """A page's text as it grows."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.boxes: list[WordBox] = []

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def word(self, word: PageWord, text: str, *, boxed: bool = True) -> None:
        start = self.length + len(text) - len(text.lstrip())
        self.add(text)
        if boxed and start < self.length:
            self.boxes.append(WordBox(start, self.length, word.x0, word.y0, word.x1, word.y1))

    def finish_word(self, word: PageWord, text: str) -> None:
        """The rest of a word whose beginning stands at the end of the line before: both boxes have its offsets."""
        self.add(text)
        first = self.boxes[-1]
        self.boxes[-1] = WordBox(first.start, self.length, first.x0, first.y0, first.x1, first.y1)
        self.boxes.append(WordBox(first.start, self.length, word.x0, word.y0, word.x1, word.y1))


def flow(page: RawPage, dropped: set[int], found: Sequence[FoundHeading], words: WordCounts) -> CleanPage:
    """The clean page: its lines but for ``dropped`` ones, its headings marked."""
    heads = {index: head for head in found for index in range(head.first, head.last + 1)}
    lines = [(index, line) for index, line in enumerate(page.lines) if index not in dropped and line.words]
    text = Text()
    marks: dict[FoundHeading, tuple[int, int]] = {}
    widths = _widths(page, lines)
    at_words = _broken_at_words(lines, widths)
    for place, (index, line) in enumerate(lines):
        before = lines[place - 1] if place else None
        join = ""
        if before is not None:
            join = _join(before[1], line, heads.get(before[0]), heads.get(index), widths[before[0]])
        if join == " " and before is not None:
            join = _gap(before[1], line, words, before[0] in at_words)
        parts = _put(text, line, join, words)
        head = heads.get(index)
        if head is not None:
            start = marks[head][0] if head in marks else text.length - parts
            marks[head] = (start, text.length)
    whole = "".join(text.parts)
    return CleanPage(whole, text.boxes, [_heading(whole, head, *span) for head, span in marks.items()])


def _heading(text: str, head: FoundHeading, start: int, end: int) -> PageHeading:
    return PageHeading(start, end, " ".join(text[start:end].split()), head.rank)


def _join(
    before: PageLine, line: PageLine, head_before: FoundHeading | None, head: FoundHeading | None, width: float
) -> str:
    """What stands between two lines: nothing yet of hyphens."""
    if head_before is not head:
        return "\n\n"
    if head is not None:
        return " "
    if line.starts or before.kind != line.kind:
        return "\n\n"
    if line.kind != "text":
        return "\n"
    return " " if _wraps(before, line, width) else "\n"


def _wraps(before: PageLine, line: PageLine, width: float) -> bool:
    """Whether a line ends only because it is full: the next word would not have fitted."""
    if HANGING.search(before.text):
        return True
    if not width:
        return False
    letters = max(1, len(before.text))
    following = 1 if is_unspaced(line.text[:1]) else len(line.words[0].text)
    return width - _extent(before) < ROOM * _extent(before) / letters * (1 + following)


def _gap(before: PageLine, line: PageLine, words: WordCounts, at_words: bool) -> str:
    """What stands between two lines of running text: a space, nothing between signs that have none between them.

    ``at_words``: whether lines of this paragraph end with words where Hangul is written.
    """
    last, first = before.words[-1].text, line.words[0].text.strip()
    if not (is_hangul(last[-1:]) and is_hangul(first[:1])):
        return between(last, first)
    whole = words.one_word(last, first)
    return "" if whole or (whole is None and not at_words) else " "


def _broken_at_words(lines: Sequence[tuple[int, PageLine]], widths: dict[int, float]) -> set[int]:
    """The lines in Hangul whose paragraph has one that ends early, although a syllable more would have fitted."""
    found: set[int] = set()
    for paragraph in _paragraphs(lines):
        if is_hangul(paragraph[0][1].words[-1].text[-1:]):
            rooms = [widths[index] - _extent(line) - SYLLABLE * line.size for index, line in paragraph[:-1]]
            found |= {index for index, _ in paragraph if max(rooms, default=0.0) > 0}
    return found


def _extent(line: PageLine) -> float:
    left, _, right, _ = line.box
    return right - left if right > left else float(len(line.text))


def _widths(page: RawPage, lines: Sequence[tuple[int, PageLine]]) -> dict[int, float]:
    """How wide each line could be: as its paragraph where that is justified, as the lines that begin below each other
    where not; 0 in verse, whose lines end where the poet says."""
    columns: dict[int, float] = defaultdict(float)
    for _, line in lines:
        left = _begins_at(line)
        for beside in (left - 1, left, left + 1):
            columns[beside] = max(columns[beside], _extent(line))
    widths: dict[int, float] = {}
    for paragraph in _paragraphs(lines):
        extents = [_extent(line) for _, line in paragraph]
        widest = max(extents)
        column = max(columns[_begins_at(line)] for _, line in paragraph)
        narrow = len(extents) > 2 and widest < NARROW * column
        justified = len(extents) > 2 and min(extents[1:-1]) > JUSTIFIED * widest
        verse = narrow and all(line.text[:1].isupper() for _, line in paragraph)
        width = 0.0 if verse else widest if justified else column
        widths |= {index: width for index, _ in paragraph}
    return widths


def _begins_at(line: PageLine) -> int:
    """In columns of ``COLUMN`` points; counted the other way where the line runs from right to left."""
    left, _, right, _ = line.box
    return -round(right / COLUMN) if is_leftwards(line.text) else round(left / COLUMN)


def _paragraphs(lines: Sequence[tuple[int, PageLine]]) -> Iterator[list[tuple[int, PageLine]]]:
    paragraph: list[tuple[int, PageLine]] = []
    for index, line in lines:
        if paragraph and (line.starts or line.kind != paragraph[-1][1].kind):
            yield paragraph
            paragraph = []
        paragraph.append((index, line))
    if paragraph:
        yield paragraph


def _put(text: Text, line: PageLine, join: str, words: WordCounts) -> int:
    """Add a line behind ``join``; gives how many characters its own text has."""
    first = line.words[0]
    rest = line.words
    begun = text.length
    if join == " " and (mended := _mended(text, first, words)):
        if mended == "whole":
            last = text.parts.pop()
            text.parts.append(last[:-1])
            text.length -= 1
        text.finish_word(first, first.text)
        rest = line.words[1:]
        begun = text.length - len(first.text)
    elif join:
        text.add(join)
        begun = text.length
    for place, word in enumerate(rest, start=len(line.words) - len(rest)):
        if place:
            text.add(_within(line.words[place - 1], word))
        content = word.text if line.kind == "code" and not place else word.text.strip()
        text.word(word, content, boxed=line.kind != "row" or content != "|")
    return text.length - begun


def _within(before: PageWord, word: PageWord) -> str:
    """What stands between two words of a line, or of a cell whose text wraps."""
    wraps = word.y0 > before.y0 + 0.5 * (before.y1 - before.y0)
    return between(before.text, word.text) if wraps else " "


def _mended(text: Text, first: PageWord, words: WordCounts) -> str:
    """How the last word of a line goes on in the next one: *whole* (the hyphen goes), *kept* (it stays), or not."""
    last = text.parts[-1] if text.parts else ""
    following = first.text.strip()
    if not HANGING.search(last) or not following[:1].isalnum() or following.strip(",.;").casefold() in AND:
        return ""
    before, after = PARTED.search(last), BEGINS.match(following)
    if before is None or after is None or not following[:1].islower():
        return "kept" if not last.endswith(SOFT) else "whole"
    return "whole" if last.endswith(SOFT) or words.whole(before[1], after[0]) else "kept"
