"""Quotes in a writer's own text: one that stands in no source loses its quotation marks, the others are left alone.
Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rag.answers.prose.marks import CODE
from rag.text.sentences import TextSpan, fold_space

PAIRS = (("“", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("»", "«"), ("‹", "›"), ("「", "」"), ("『", "』"), ('"', '"'))
QUOTED = re.compile(
    "|".join(
        f"{re.escape(first)}(?P<w{number}>[^{re.escape(first + last)}]+){re.escape(last)}"
        for number, (first, last) in enumerate(PAIRS)
    )
)
LEAST_SIGNS = 12  # shorter ones are words that somebody speaks of, not words that somebody said
LINE_START = re.compile(r"^ {0,3}>+ ?", re.MULTILINE)
TRIMMED = ".,;:!? …"


def quoted(text: str) -> Iterator[tuple[TextSpan, TextSpan]]:
    """Each quote of ``text``: where it stands with its signs, and where without them. Those in code are none."""
    code = [TextSpan(one.start(), one.end()) for one in CODE.finditer(text)]
    for match in QUOTED.finditer(text):
        group = match.lastgroup or ""
        where, words = TextSpan(*match.span()), TextSpan(*match.span(group))
        is_code = any(one.start < where.end and where.start < one.end for one in code)
        if not is_code and len(words.of(text).strip()) >= LEAST_SIGNS:
            yield where, words


def verified(text: str, sources: Iterable[str]) -> tuple[str, list[TextSpan]]:
    """``text`` with the signs of those quotes alone whose words stand in one of ``sources``, white space and the last
    stop aside; and where these stand."""
    folded = [fold_space(source) for source in sources]
    made: list[str] = []
    kept: list[TextSpan] = []
    at = length = 0
    for where, words in quoted(text):
        is_true = stands_in(words.of(text), folded)
        piece = text[at : where.start] + (where if is_true else words).of(text)
        if is_true:
            start = length + where.start - at
            kept.append(TextSpan(start, start + where.end - where.start))
        made.append(piece)
        length += len(piece)
        at = where.end
    return "".join([*made, text[at:]]), kept


def stands_in(words: str, folded: Iterable[str]) -> bool:
    """Whether ``words`` stand in one of the ``folded`` texts; what is left out between “…” may be left out."""
    parts = [part for one in re.split(r"\[?(?:…|\.\.\.)\]?", words) if (part := fold_space(one).strip(TRIMMED))]
    return bool(parts) and any(all(part in source for part in parts) for source in folded)


def block_quote(block: str, sources: Iterable[str]) -> str:
    """``block`` as it is where the words behind its ``>`` stand in a source; else without these signs."""
    if not LINE_START.match(block):
        return block
    words = LINE_START.sub("", block)
    bare = re.sub(r"\s*(?:\[[^\]]{1,20}\]|【[^】]{1,20}】)\s*$", "", words).strip("“”„«»\"' \n")
    return block if stands_in(bare, [fold_space(source) for source in sources]) else words
