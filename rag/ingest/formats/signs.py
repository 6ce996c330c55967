"""What stands in the text of an EPUB and is none of it: marks of notes, numbers of printed pages. Runs in the reading
process.

Both stand inside words and sentences (``inspec<span epub:type="pagebreak">106</span>tor``). While a paragraph is
collected, a sign stands for each; ``settled`` takes them out again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rag.ingest.model.raw import LONGEST_LABEL
from rag.ingest.model.safe_text import SPACES, kept, short

# Private signs, which no text keeps, stand for the mark of a note, and before and behind the number of a printed page.
NOTE, PAGE, PAGE_END = "\ue001", "\ue000", "\ue002"
ALL = tuple(map(ord, (NOTE, PAGE, PAGE_END)))
RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
DIGITS = re.compile(r"[\d+\-−=()ni]*\d[\d+\-−=()ni]*", re.ASCII)
MOST_HELD = 60  # characters: of what may still be the number of a page or the mark of a note, decoration and all

_NUMBER = r"(?:[A-Z]{0,3}[-–.]?\d{1,5}[a-z]?|[ivxlcdm]{1,9}|[IVXLCDM]{1,9})"
_EDGE = r"[\s\[\](){}<>|—–\-.,:*_]*"
_PAGE = (
    r"(?:(?i:pages?|pag|pgs?|p|s|seite|side|sida|sivu|strona|str|página|pagina|pág|стр|с|σελ|第|ص|صفحة|עמ)[.:׳']?\s*)?"
)
WORDS = re.compile(r"\S+")
LABEL = re.compile(rf"{_EDGE}{_PAGE}(?P<number>{_NUMBER})\s*(?:页|頁|ページ|쪽)?(?:\s*/\s*\d{{1,5}})?{_EDGE}")
ID_LABEL = re.compile(r"(?:page|pagenum|pgnum|pag|pg|p|seite)[-_.]?0*(?P<number>\d{1,5}|[ivxlcdm]{1,9})", re.IGNORECASE)
PAGE_CLASSES = frozenset(
    WORDS.findall(
        "pagenum pagenumber page-number page_number page-num page_num pageno page-no page_no pgnum pgno pagebreak "
        "page-break page_break folio pb pb-num x-ebookmaker-pageno"
    )
)

_REFERENCE = r"(?:\d{1,4}[a-z]?|[ivxlc]{1,6}|[a-zA-Z]|[*†‡§¶‖#⁂]{1,4}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}|[①-⑳]|注|註|주)"
MARK = re.compile(rf"\s*[\[({{⟨〔]?\s*{_REFERENCE}\s*[\])}}⟩〕]?[.:)]?\s*")
BACK = re.compile(r"[\s\[\](]*[↩↑⤴⏎↵←^⮌⬆⇧\ufe0e\ufe0f]+[\s\])]*")
NOTE_TYPES = frozenset(
    ["noteref", "backlink", "footnote", "endnote", "rearnote", "doc-noteref", "doc-backlink", "annoref"]
)
NAMED_NOTE = re.compile(
    r"(?:^|[^a-z])(?:sd|_)?(?:foot|end|rear|fuss|fuß|chapter)?(?:fn|ftn|edn|en|n|note|nota|noot|anm)"
    r"(?:s?[-_:.]?(?:ref|anc|anchor|sym|link|call|mark|back|num|number))?(?:[^a-z]|$)",
    re.IGNORECASE,
)
SAYS_NOTE = re.compile(
    r"\b(?:notes?|footnotes?|endnotes?|nn?\.|anm\.?|anmerkung(?:en)?|fn\.?|fußnote|nota)\s*$", re.IGNORECASE
)
_IN_BRACKETS = re.compile(r"[\[(] ?((?:\ue001[ ,;–-]*)+)[\])]")
_IN_A_ROW = re.compile(r"\ue001[ ,;–-]*(?=\ue001)")
_AT_THE_START = re.compile(r"^ ?\ue001[ .):\]]*")
_BEFORE_A_STOP = re.compile(r" ?\ue001(?= ?(?:[.,;:!?…)\]»”’。，、；：！？]|$))")
_PAGE_SIGN = re.compile("\ue000([^\ue002]*)\ue002")
_LEFT = re.compile(r"[\s,;.*()\[\]–-]*")


def is_page_label(attributes: Mapping[str, str]) -> bool:
    """Whether an element says that it is the number of a printed page."""
    said = types(attributes) & {"pagebreak", "doc-pagebreak"}
    return bool(said or _tokens(attributes, "class") & PAGE_CLASSES)


def label_in(text: str, attributes: Mapping[str, str]) -> str | None:
    """The number of the printed page that an element of ``text`` stands for: what it shows, else what it says of
    itself, else an empty text. ``None`` where it holds words of the book."""
    if not text.strip():
        said = (attributes.get(name, "") for name in ("title", "aria-label"))
        found = next((match["number"] for value in said if (match := LABEL.fullmatch(value[:MOST_HELD]))), "")
        named = ID_LABEL.fullmatch(attributes.get("id", ""))
        return short(found or (named["number"] if named else ""), LONGEST_LABEL)
    match = LABEL.fullmatch(text)
    return match["number"] if match else None


def may_be_note(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether an element may be the mark of a note: a link inside the book, or something raised."""
    return tag == "sup" or (tag == "a" and ("#" in attributes.get("href", "") or says_note(attributes)))


def is_note_mark(text: str, attributes: Mapping[str, str], *, is_raised: bool, before: str) -> bool:
    """Whether a link of ``text`` is the mark of a note, or leads back from a note to its mark: by what it says of
    itself, by where it leads, or because it is raised. ``before``: the text before it (*see note 3* is text)."""
    if BACK.fullmatch(text):
        return True
    if not MARK.fullmatch(text):
        return False
    if is_raised or says_note(attributes):
        return True
    names = (attributes.get("href", "").rpartition("#")[2], attributes.get("id", ""), attributes.get("class", ""))
    return any(NAMED_NOTE.search(name) for name in names) and not SAYS_NOTE.search(before)


def raised(text: str) -> str:
    """What is raised, as text: numbers so that they are no part of the number before them (*10³*), the marks of notes
    without what stands between them."""
    if NOTE in text and _LEFT.fullmatch(text.replace(NOTE, "")):
        return NOTE
    return text.translate(RAISED) if DIGITS.fullmatch(text) else text


def page(label: str) -> str:
    """What stands in the text where the printed page ``label`` begins."""
    return f"{PAGE}{short(label, LONGEST_LABEL)}{PAGE_END}"


def without_pages(text: str) -> tuple[str, str]:
    """``text`` without printed pages, and the last of them."""
    found = _PAGE_SIGN.findall(text)
    return _PAGE_SIGN.sub("", text) if found else text, found[-1] if found else ""


def settled(text: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """``text`` on one line without its signs, and where in it which printed pages begin."""
    parts: list[str] = []
    marks: list[tuple[int, str]] = []
    length, is_spaced = 0, True
    for number, piece in enumerate(_PAGE_SIGN.split(_without_notes(SPACES.sub(" ", text)))):
        if number % 2:
            marks.append((length, piece))
            continue
        part = SPACES.sub(" ", kept(piece))
        part = part.removeprefix(" ") if is_spaced else part
        parts.append(part)
        length += len(part)
        is_spaced = part.endswith(" ") if part else is_spaced
    whole = "".join(parts).rstrip()
    return whole, tuple((min(start, len(whole)), label) for start, label in marks)


def types(attributes: Mapping[str, str]) -> set[str]:
    """What an element says that it is (``epub:type``, ``role``)."""
    return _tokens(attributes, "type") | _tokens(attributes, "role")


def _without_notes(text: str) -> str:
    if NOTE not in text:
        return text
    text = _IN_A_ROW.sub("", _IN_BRACKETS.sub(r"\1", text))
    return _BEFORE_A_STOP.sub("", _AT_THE_START.sub("", text)).replace(NOTE, "")


def _tokens(attributes: Mapping[str, str], name: str) -> set[str]:
    """The words of an attribute, whatever the prefix of its name (``epub:type``)."""
    values = [value for key, value in attributes.items() if key == name or key.endswith(f":{name}")]
    return {word for value in values for word in value.lower().split()}


def says_note(attributes: Mapping[str, str]) -> bool:
    """Whether an element says that it is the mark of a note."""
    return bool(types(attributes) & NOTE_TYPES)
