"""Entries of a list of references: they name books, and say nothing. Pure.

No passage of them is lost (a reader may look for a title), but none of their sentences answers a question. An entry is
known by its shape, in the styles that printers use (APA, Chicago, MLA, Harvard, IEEE, Vancouver, DIN 1505, GOST, GB/T
7714): who wrote it stands first, then when and where it came out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from rag.text.sentences import TextSpan, fold_space, word_count

_UP, _NAME = r"[^\W\d_a-zß-öø-ÿа-яёα-ω]", r"[^\W\d_][^\W\d_]*(?:[-’'][^\W\d_]+)*"
_INITIALS = rf"{_UP}\.(?:[\s-]?{_UP}\.)*"
_PARTICLES = r"(?:(?:van|von|de|der|den|del|della|da|di|du|la|le|el|al|ter|zu|af|av|dos)[\s-]+){0,3}"
_SURNAME = rf"{_PARTICLES}{_UP}(?:[-’']?[^\W\d_])*(?:\s{_UP}{_NAME})?"
LABEL = re.compile(r"\s*(?:\[[\w+-]{1,12}\]|\(?\d{1,3}[.)\]]|•|[-–*]\s)\s*")
AUTHORS = (
    re.compile(rf"{_SURNAME},\s*{_INITIALS}"),  # Novikoff, A. B.
    re.compile(rf"{_INITIALS}\s*{_SURNAME}(?:,|\s(?:and|und|et|y|e|&|и|og|en)\s|:|\.\s)"),  # A. B. Novikoff,
    re.compile(rf"{_SURNAME}\s{_UP}{{1,3}}(?:[,.;:]|\s(?:and|et)\s)"),  # Novikoff AB,
    re.compile(rf"{_SURNAME}\s{_INITIALS}"),  # Новиков А. Б.
)
# Novikoff, Albert. — as many a sentence of a book begins.
GIVEN_NAMES = re.compile(
    rf"{_SURNAME},\s*{_UP}{_NAME}(?:\s(?:{_UP}\.|{_UP}{_NAME}))*(?:(?P<stop>[.:]|(?<=\.)(?=\s))|[,;]|\s(?:and|und|et|y|e|&)\s)"
)
AS_ABOVE = re.compile(r"(?:—{1,3}|–{2,3}|-{3,}|_{3,})\s*[.,(]")
YEAR = re.compile(r"(?<![\d–-])(?:1[4-9]|20)\d\d[a-z]?(?!\d)")
YEAR_BEHIND_NAMES = re.compile(r"^.{4,200}?\((?:1[4-9]|20)\d\d[a-z]?(?:,[^)]{1,20})?\)\s*[.,:]")
SIGNS = (
    re.compile(r"\b(?:pp?|pgs?|S|s|pág|págs|стр|С)\.\s?[\dA-Z]|第?\d+\s?[页頁]"),
    re.compile(r"\b\d{1,4}\s?(?:[сcpSs]|pp|стр)\.(?=\s|$)|,\s(?:1[4-9]|20)\d\d[a-z]?\)?\.?$"),
    re.compile(r"\b(?:vol|no|nr|iss|bd|jg|t|т|núm)\.\s?\d", re.IGNORECASE),
    re.compile(r"\b\d{1,4}\s?\(\d{1,4}[–/-]?\d{0,4}\)\s?[:,]?"),
    re.compile(r"\b\d{1,5}\s?[:,]\s?(?:pp?\.\s?)?[a-z]?\d{1,5}\s?[–—-]\s?\d{1,5}|\b\d{2,5}[–—-]\d{2,5}\b"),
    re.compile(r"\bdoi\b|https?://|www\.|\barXiv\b|\bISBN\b|\bISSN\b", re.IGNORECASE),
    re.compile(r"\b(?:[Ii]n|[Ii]n:|[Dd]ans|[Ee]n|В кн\.)[:\s]+(?:.{0,80}\((?:[Ee]ds?|Hg|Hrsg|éds?|coord)\.?\)|Proc)"),
    re.compile(
        r"\((?:[Ee]ds?|Hg|Hrsg|éds?|coords?|[Tt]rans)\.?[,)]|\b(?:eds?|Hg|Hrsg|éd|trans|Übers|ред|пер)\.(?=\s|,)"
    ),
    re.compile(
        r"\b(?:Press|Verlag|Publish(?:ers|ing)|Éditions|Editions?|Editorial|Ediciones|Edizioni|Editore|Presses|"
        r"Издательство|Изд|Förlag|Uitgeverij|Books|Springer|Wiley|Elsevier|Routledge|Suhrkamp|Gallimard)\b"
    ),
    re.compile(r"(?:[.,(—–-]|\d\.)\s*[^\W\d_a-z][^\W\d_]+(?:[\s/,]+[^\W\d_a-z][^\W\d_]*\.?){0,2}\s?:\s[^\W\d_a-z]"),
    re.compile(
        r"\b(?:Journal|Proceedings|Transactions|Annals|Review|Quarterly|Bulletin|Letters|Zeitschrift|Jahrbuch|Revue|"
        r"Revista|Rivista|Tidsskrift|Tijdschrift|Журнал|Вестник|Conference|Symposium|Workshop|J\.|Proc\.|Trans\.|Rev\.)"
    ),
    re.compile(r"\b(?:dissertation|thesis|technical report|tech\. rep\.|Diss\.|thèse|tesis|дисс?\.)", re.IGNORECASE),
    re.compile(r"\[[JMCDPNRS](?:/OL)?\]|[《「『][^》」』]{2,60}[》」』].{0,40}(?:出版社|书店|書店|[年，,]\s?\d)"),
)
TITLE = re.compile(
    r"(?:(?:appendix\s+)?[\da-z]{0,3}(?:\.\d{1,2})*[.:)]?\s+)?(?:"
    r"(?:(?:list of|selected|general|annotated|primary|secondary) )?(?:references(?: cited| and notes)?|works cited|"
    r"bibliograph(?:y|ies)|literature(?: cited)?|sources(?: cited)?|further reading|citations)|"
    r"(?:ausgewählte )?(?:literatur(?:verzeichnis|hinweise|angaben)?|quellen(?:verzeichnis| und literatur)?)|"
    r"bibliogra(?:ph|f)ie|références(?: bibliographiques)?|ouvrages cités|referencias(?: bibliográficas)?|"
    r"bibliogra[fp]h?[íi]a|obras citadas|riferimenti(?: bibliografici)?|referências(?: bibliográficas)?|"
    r"literatuur(?:lijst)?|litteratur(?:förteckning|liste)?|kirjallisuus|lähteet|referenser|referencer|referanser|"
    r"piśmiennictwo|literatura|kaynakça|kaynaklar|irodalom|βιβλιογραφία|библиография|література|"
    r"(?:список )?(?:использованн\w+ )?литератур[аы]|список источников|参考文献|參考文獻|引用文献|참고 ?문헌|"
    r"المراجع|مراجع|منابع|ביבליוגרפיה|מקורות"
    r")\s*[.:]?",
    re.IGNORECASE,
)
LEAST_SIGNS = 1  # beside a name and a year; where the name is doubtful, one more
LONGEST = 90  # words of an entry
MOSTLY = 0.5  # share of a page's blocks: such a page is a list of references, and what is between them is of them


def is_title_of_references(title: str) -> bool:
    """Whether a section of this title lists references."""
    return TITLE.fullmatch(fold_space(unicodedata.normalize("NFC", title))) is not None


def is_entry(text: str) -> bool:
    """Whether a paragraph is an entry of a list of references."""
    text = fold_space(text)
    label = LABEL.match(text)
    body = text[label.end() :] if label else text
    if not YEAR.search(body) or word_count(body) > LONGEST:
        return False
    signs = sum(sign.search(body) is not None for sign in SIGNS)
    if any(names.match(body) for names in AUTHORS) or AS_ABOVE.match(body):
        return signs >= LEAST_SIGNS or YEAR_BEHIND_NAMES.match(body) is not None
    if given := GIVEN_NAMES.match(body):
        return signs >= LEAST_SIGNS + (given["stop"] is None and label is None)
    return label is not None and signs > LEAST_SIGNS + 1


def holds(page: str, span: TextSpan) -> bool:
    """Whether what stands at ``span`` of a page is of a list of references."""
    return any(start <= span.start < end for start, end in _spans(page))


@lru_cache(maxsize=64)
def _spans(page: str) -> tuple[tuple[int, int], ...]:
    blocks = list(_blocks(page))
    entries = [is_entry(page[start:end]) for start, end in blocks]
    if sum(entries) < 2 or sum(entries) < MOSTLY * len(blocks):
        return tuple(block for block, entry in zip(blocks, entries, strict=True) if entry)
    return tuple(_with_what_is_between(page, blocks, entries))


def _with_what_is_between(
    page: str, blocks: Sequence[tuple[int, int]], entries: Sequence[bool]
) -> Iterator[tuple[int, int]]:
    """The entries of a page of references, with the rest of one that began before it, and with what none of the shapes
    fits between them. A long block is text that stands there too."""
    last = max(index for index, entry in enumerate(entries) if entry)
    for index, ((start, end), entry) in enumerate(zip(blocks, entries, strict=True)):
        if entry or (index <= last and word_count(page[start:end]) <= LONGEST):
            yield start, end


def _blocks(page: str) -> Iterator[tuple[int, int]]:
    """Paragraphs; and in them, what begins a line as an entry does."""
    borders = {0, len(page)}
    for gap in re.finditer(r"\n\s*\n|\n(?=\s*(?:\[[\w+-]{1,12}\]|\d{1,3}\.)\s)", page):
        borders.add(gap.end())
    for line in re.finditer(r"\n(?=\S)", page):
        rest = page[line.end() : line.end() + 120]
        if any(names.match(rest) for names in AUTHORS[:3]) or AS_ABOVE.match(rest):
            borders.add(line.end())
    yield from ((start, end) for start, end in pairwise(sorted(borders)) if page[start:end].strip())
