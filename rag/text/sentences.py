"""Where sentences begin and end, and which of them can stand as a sentence of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LEADERS = re.compile(r"(?:\.\s?){5,}|(?:·\s?){4,}|…\s?…|_{5,}")
ENDS = re.compile(r"[.!…۔።][\"'”’»)\]]*$|[.!][\"'”’»)\]]*\s?\[?\d{0,3}\]?$")
STARTS = re.compile(r"^[\"'“‘«(\[]*[^\W_]")
LEANING = re.compile(
    r"^(this|that|these|those|it|its|they|their|he|she|his|her|such|so|but|and|or|however|also|then|thus|therefore|"
    r"hence|here|there|which|yes|no|for example|for instance|similarly|otherwise|notice|note|conversely|because|"
    r"additionally|finally|yet|just as|in this|in that|in these|in other words|again|still|now|indeed|instead|rather|"
    r"both|another|one|some|others?|first|second|third|unfortunately|fortunately|of course|in fact|as we)\b",
    re.IGNORECASE,
)
# Words of a drawing before what is said beneath it: *Prophase Metaphase Anaphase The stages of …*
LABELS = re.compile(
    r"^(?:[A-ZÄÖÜÉÁÍÓÚÑ][\w’'-]+\s){3,}(?:The|An?|In|El|La|Los|Las|Un|Una|En|Der|Die|Das|Ein|Eine|Le|Les|Une)\s"
)
# The mark of an item of a list; set aside where it is asked whether a sentence may be quoted, and kept in the quote.
ITEM = re.compile(r"^(?:[•⚫◦▪‣·●○■□➢✓]\s*|[-–—]\s+|\(?(?:\d{1,2}|[a-zA-Z])[.)]\s+)(?=\S)")
BRACKETED_ADDRESS = re.compile(r"[(\[<](?:see |at )?(?:https?://|www\.)[^\s)\]>]+[)\]>]")
STOPPED = re.compile(r"[.!?:;…。！？۔።؟][\"'”’»)\]\d]*$")
UNSPACED_END = re.compile(r"[。！？｡][\"'”’」』）)]*$")  # the next sentence follows without a space
UNSPACED_STATEMENT = re.compile(r"[。｡！.!…][\"'”’」』）)]*$")  # no question
LEAST_BEGUN = 3  # words of a sentence before a page's end
# Chinese and Japanese signs and their punctuation.
UNSPACED = re.compile(r"[\u3001-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff]")
LEAST_RUNNING = 6  # words; a shorter line that ends a page is a label
# A short line without any of these is a label or a cell of a table, not a sentence.
VERB = re.compile(
    r"\b(is|are|was|were|be|been|has|have|had|can|may|must|will|shall|should|would|could|does|do|did|means?|makes?|"
    r"est|sont|était|ont|ist|sind|war|hat|haben|kann|wird|es|son|era|ha|hanno|sono)\b",
    re.IGNORECASE,
)
# *… of type a. So …* (a letter that is no abbreviation) and *… in brackets.) But …*
TOGETHER = re.compile(r"(?<=[\s(][abd-oq-uw-z]\.)\s+(?=[A-Z])|(?<=[.!?]\))\s+(?=[A-Z])")
# The mark of a note between two sentences (*… (Novikoff, 1962).13 So …*) or at the start of the note (*¹ Creators …*).
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
NOTED = re.compile(
    rf"(?:[.!?…][\"'”’»)\]]*(?P<raised>[{_RAISED}]{{1,3}})|(?P<word>[^\W\d_]{{2,}}|[\d)\]][)\]\"'”’»]+)[.!?…][\"'”’»)\]]*(?P<mark>\d{{1,3}}))"
    r"\s+(?=[\"'“‘«(\[]*[^\W\d_a-zß-öø-ÿа-яёα-ω])"
)
NOTE_HEAD = re.compile(rf"(?:[{_RAISED}]{{1,3}}|[*†‡§¶]{{1,3}})\s*(?=[^\W\d_])")
# Behind these a number belongs to them: *Fig.13 The …*
COUNTED = frozenset(
    re.findall(
        r"\w+",
        "abb app art bd cap ch chap def eq eqs ex fig figs kap lem no nos nr num núm "
        "op par pp prop pt ref refs rev sec sect st tab thm ver vol vols гл рис табл том",
    )
)
PLAIN_SENTENCE = re.compile(r"\S(?:.*?[.!?…。！？][\"'”’»)\]]*(?=\s)|.*)", re.DOTALL)
PARAGRAPH = re.compile(r"\S(?:(?!\n\s*\n).)*(?<=\S)", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}|[^\W\d_]")
CODE = re.compile(r"(::|->|=>|\{|\}|;\s|==|&&|\|\||</|/>|\bvoid\b|\bdef \w+\(|#include|\breturn\b.*;|\w\(\w*\)\s*\{)")
# Greek letters are symbols where they stand alone or before others than Greek ones: *λx*, not *καλημέρα*.
SYMBOLS = re.compile(
    r"[=<>+*/\\|^~∘→⇒∀∃∈⊗×≤≥≡≅⟶↦]|(?<![\u0370-\u03ff\u1f00-\u1fff])[λμη](?![\u0370-\u03ff\u1f00-\u1fff])"
)
REFERENCE = re.compile(r"(https?://|www\.|\bdoi:|\bISBN\b|\bvol\.|\bpp\.\s?\d|©|all rights reserved)", re.IGNORECASE)
NOTE_START = re.compile(r"^(\d{1,3}|[*†‡§])\s+(see|cf|ibid|op\.)\b|^[*†‡§]", re.IGNORECASE)
CAPTION = re.compile(r"^(figure|fig\.|table|listing|exercise|challenge|chapter|equation)\s+\d", re.IGNORECASE)


@dataclass(frozen=True)
class TextSpan:
    """A stretch of a text: ``text[start:end]``, without white space around it."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def split(text: str, language: str = "en") -> list[TextSpan]:
    """The sentences of ``text`` in order; a paragraph's end ends a sentence too."""
    return list(_split(text, language))


@lru_cache(maxsize=512)
def _split(text: str, language: str) -> tuple[TextSpan, ...]:
    spans: list[TextSpan] = []
    position = 0
    for piece in _segments(text, language or "en"):
        start = text.index(piece, position)
        position = start + len(piece)
        for first, last in _pieces(piece):
            span = TextSpan(start + first, start + last)
            joins = bool(spans) and spans[-1].end == span.start and not UNSPACED_END.search(spans[-1].of(text))
            if joins:  # parted inside a name such as mstatus.MPP
                span = TextSpan(spans.pop().start, span.end)
            spans.append(span)
    return tuple(spans)


def _segments(text: str, language: str) -> list[str]:
    """What sentencex makes of ``text``; where it fails, every stop that white space follows ends a sentence."""
    import sentencex

    try:
        return list(sentencex.segment(language, text))
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # of Rust: no Exception, so that it would end the worker
            raise
        return PLAIN_SENTENCE.findall(text)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where the paragraphs of ``text``, and the sentences that sentencex leaves together, begin and end."""
    for part in PARAGRAPH.finditer(text):
        head = NOTE_HEAD.match(text, part.start(), part.end())
        first = head.end() if head else part.start()
        for end, start in sorted(_borders(text, first, part.end())):
            if first < end:
                yield first, end
                first = start
        yield first, part.end()


def _borders(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where in a paragraph a sentence ends that sentencex leaves together with the next one, and where that begins; the
    mark of a note between them is of neither."""
    yield from ((gap.start(), gap.end()) for gap in TOGETHER.finditer(text, start, end))
    for noted in NOTED.finditer(text, start, end):
        if (noted["word"] or "").casefold() not in COUNTED:
            yield noted.start("raised" if noted["raised"] else "mark"), noted.end()


def runs_on(before: str, after: str) -> bool:
    """Whether a sentence that ends one page goes on with what begins the next."""
    if STOPPED.search(before):
        return False
    long = word_count(before) >= LEAST_RUNNING and has_verb(before)
    return after[:1].islower() or (long and after[:1].isalnum())


def surely_runs_on(before: str, after: str) -> bool:
    """Whether two parts of pages are one sentence beyond doubt, so that it may be quoted: it goes on with a small
    letter, or behind a comma."""
    begins = after.lstrip("\"'“‘«([")[:1]
    return word_count(before) >= LEAST_BEGUN and (begins.islower() or (begins.isalnum() and before[-1:] in ",،、，"))


def gap(before: str, after: str) -> str:
    """What stands between two parts of a sentence: nothing where the writing puts no spaces between words."""
    return "" if UNSPACED.match(before[-1:]) and UNSPACED.match(after[:1]) else " "


def fold_space(text: str) -> str:
    """``text`` with every run of white space as one space."""
    return " ".join(text.split())


def is_contents_line(text: str) -> bool:
    """Whether ``text`` comes from a table of contents: dots lead to a page number."""
    return LEADERS.search(text) is not None


def word_count(text: str) -> int:
    return len(text.split())


def is_quotable(text: str, *, before: str = "") -> bool:
    """Whether ``text`` reads as a statement of the book: no heading, fragment, question, listing, formula or note.

    ``before`` is what stands before it on its page: a sentence that begins with a small letter (*mstatus is a
    register*) may follow the end of another, but the rest of one that began on an earlier page is a fragment.
    """
    folded = ITEM.sub("", BRACKETED_ADDRESS.sub("", fold_space(text)))
    if len(UNSPACED.findall(folded)) > len(folded) / 2:
        return _is_quotable_unspaced(folded)
    words = WORD.findall(folded)
    count = len(folded.split())
    if not 5 <= count <= 80 or len(words) < 0.6 * count:
        return False
    if count < 7 and not has_verb(folded):
        return False
    if (
        not ENDS.search(folded)
        or not STARTS.match(folded)
        or (_starts_low(folded) and not ENDS.search(before[-20:].rstrip()))
    ):
        return False
    if any(found.search(folded) for found in (LEADERS, CODE, REFERENCE, NOTE_START, CAPTION, LABELS)):
        return False
    letters = sum(letter.isalpha() for letter in folded)
    short = sum(len(word) == 1 for word in words if word.casefold() not in {"a", "i", "o", "y", "e", "à", "é"})
    if len(SYMBOLS.findall(folded)) > 0.08 * count + 1 or short > 0.2 * count + 1:
        return False
    capitals = sum(word[0].isupper() for word in words)
    return letters > 0.65 * len(folded) and capitals < 0.6 * len(words) + 1


def _is_quotable_unspaced(text: str) -> bool:
    """Of a writing without spaces signs are counted, not words: two of them are about one."""
    signs = sum(sign.isalnum() for sign in text)
    has_other = any(found.search(text) for found in (LEADERS, CODE, REFERENCE))
    return 8 <= signs <= 240 and UNSPACED_STATEMENT.search(text) is not None and not has_other


def has_verb(text: str) -> bool:
    """Whether ``text`` has one of the commonest verbs; a caption or a label mostly has none."""
    return VERB.search(text) is not None


def leans(text: str) -> bool:
    """Whether a sentence leans on the one before it (*It is …*, *However, …*), so that alone it says less."""
    return LEANING.match(text) is not None


def _starts_low(text: str) -> bool:
    first = text.lstrip("\"'“‘«([")
    return first[:1].islower()
