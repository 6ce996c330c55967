"""Marks: the bracketed numbers by which a text names its sources, as writers really write them. Pure.

``[1]``, ``[[1]]``, ``【1】``, ``［１］``, ``[1, 2]``, ``[1-3]``, ``[^1]``, ``[1](…)``, ``【4:0†source】``,
``[Source 1]``, *sources 1 and 3*; digits of any writing. A mark counts in prose alone, never in code or in the words of
a quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.text.sentences import TextSpan

# How a mark is kept in an answer's text, so that nothing of the book's or the writer's words is ever taken for one.
OPENS, CLOSES = "\ue000", "\ue001"
KEPT = re.compile(f"{OPENS}(\\d+){CLOSES}")
PRIVATE = re.compile("[\ue000-\uf8ff]")
CODE = re.compile(r"(`+)(?!`)(?:.|\n)*?(?<!`)\1(?!`)")
NUMBERS = r"\d{1,4}(?:\s*(?:[,;،、，]|[-–—‐‑]|&|\band\b|\bund\b|\by\b|\bet\b|و)\s*(?:source\s*)?\d{1,4})*"
NAMED = r"(?:(?:sources?|src|refs?|quellen?|fuentes?)\s*[:.#]?\s*|\^|\#)?"
BRACKETED = re.compile(
    rf"(?P<gap>[ \t\u00a0]*)(?:[\[［〔]{{1,2}}\s*{NAMED}(?P<in>{NUMBERS})\s*[\]］〕]{{1,2}}(?P<link>\([^()\s]*\))?"
    rf"|【\s*{NAMED}(?P<cjk>{NUMBERS})(?::\d+)?(?:†[^】]*)?\s*】)",
    re.IGNORECASE,
)
SPOKEN = re.compile(rf"(?P<gap>[ \t\u00a0]*)(?P<open>\()?\bsources?\s+(?P<in>{NUMBERS})(?(open)\))", re.IGNORECASE)
RANGE = re.compile(r"(\d{1,4})\s*[-–—‐‑]\s*(?:source\s*)?(\d{1,4})", re.IGNORECASE)
FIRST_YEAR = 1000  # from here on a number in brackets is a year, and no source
MOST_AT_ONCE = 50  # of a range


@dataclass(frozen=True)
class SourceMark:
    """Where a mark stands, with the white space before it, and the numbers that it names."""

    span: TextSpan
    numbers: tuple[int, ...]
    is_bracketed: bool = True


def find(text: str, *, quoted: Sequence[TextSpan] = ()) -> Iterator[SourceMark]:
    """The marks of ``text`` in their order. ``quoted``: stretches that are never touched, beside those of code."""
    kept = [*quoted, *(TextSpan(one.start(), one.end()) for one in CODE.finditer(text))]
    matches = [*BRACKETED.finditer(text), *SPOKEN.finditer(text)]
    for match in sorted(matches, key=lambda one: one.start()):
        where = TextSpan(match.start(), match.end())
        if not any(one.start < where.end and where.start < one.end for one in kept):
            mark = _mark(text, match, where)
            if mark is not None:
                kept.append(where)
                yield mark


def _mark(text: str, match: re.Match[str], where: TextSpan) -> SourceMark | None:
    """``None`` for what only looks like one: ``a[0]``, the interval ``[0, 1]``, a year."""
    named = match["in"] or match.groupdict().get("cjk") or ""
    numbers = numbers_in(named)
    behind = match.start("link") if match.groupdict().get("link") else where.end
    is_index = not match["gap"] and where.start > 0 and _is_name(text[where.start - 1]) and _goes_on(text, behind)
    if is_index or any(number >= FIRST_YEAR for number in numbers) or (0 in numbers and len(numbers) > 1):
        return None
    return SourceMark(where, numbers, match.re is BRACKETED)


def _is_name(sign: str) -> bool:
    return sign == "_" or (sign.isascii() and sign.isalnum())


def _goes_on(text: str, at: int) -> bool:
    """Whether what follows makes the brackets an index, as in ``x[1] = 2`` or ``x[1][2].y``."""
    return re.match(r"\s*(?:[=+*/%<>]|\.\w|\()", text[at:]) is not None


def numbers_in(text: str) -> tuple[int, ...]:
    """All numbers of a list with ranges, each once: "1, 3-5" names four."""
    found: list[int] = []
    spread = RANGE.sub(_spread, text)
    for digits in re.findall(r"\d+", spread):
        if (number := int(digits)) not in found:
            found.append(number)
    return tuple(found)


def _spread(match: re.Match[str]) -> str:
    first, last = int(match[1]), int(match[2])
    if not first <= last < first + MOST_AT_ONCE:
        return match[0].replace("-", ",")
    return ",".join(str(number) for number in range(first, last + 1))


def resolve(text: str, number_of: Callable[[int, TextSpan], int | None], *, quoted: Sequence[TextSpan] = ()) -> str:
    """``text`` with each mark in the form in which it is kept, or without it where it names nothing.

    ``number_of(label, span)`` gives the number under which what a mark names is shown, or ``None``. A named source in
    plain words ("source 3") stays as it is where it names nothing.
    """
    made: list[str] = []
    at = 0
    for mark in find(text, quoted=quoted):
        numbers = [number for label in mark.numbers if (number := number_of(label, mark.span)) is not None]
        if not numbers and not mark.is_bracketed:
            continue
        shown = "".join(f"{OPENS}{number}{CLOSES}" for number in dict.fromkeys(numbers))
        made += [text[at : mark.span.start], " " if shown and mark.span.start else "", shown]
        at = mark.span.end
    return "".join([*made, text[at:]])


def plain(text: str) -> str:
    """``text`` with its marks as people type them: ``[1]``."""
    return KEPT.sub(r"[\1]", text)


def shown_numbers(text: str) -> list[int]:
    """The numbers of the marks that are kept in ``text``, in their order."""
    return [int(number) for number in KEPT.findall(text)]


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """``text`` with ``change`` made to all of it but the code between back-ticks."""
    made, at = [], 0
    for code in CODE.finditer(text):
        made += [change(text[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*made, change(text[at:])])
