"""The words of a quote that answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.answers.choosing.asked_for import AskedFor
from rag.answers.choosing.cues import fresh, names
from rag.answers.choosing.languages.words import LanguageWords, words_of
from rag.text.sentences import TextSpan

MOST = 3  # stretches: a sentence that is marked all over says nothing
UNIT = re.compile(r"(?:[ -](?:of |de |von )?[^\W\d_][\w%’'-]*)?")
CLAUSE = re.compile(r"[^.;:!?؛۔]*")


def answering(asked: AskedFor, quote: str, language: str, question: str) -> list[TextSpan]:
    """Where in ``quote`` the answer itself stands, in order and apart; empty where nobody can tell."""
    words = words_of(language)
    if words is None:
        return []
    found = sorted(_spans(asked, quote, words, question), key=lambda span: (span.start, -span.end))
    return _apart(found)[:MOST]


def _spans(asked: AskedFor, quote: str, words: LanguageWords, question: str) -> Iterator[TextSpan]:
    match asked.kind:
        case "person" if words.names:
            yield from names(quote, words, question)
        case "date":
            yield from fresh(words.dates, quote, question)
        case "time":
            yield from fresh(words.dates, quote, question)
        case "quantity":
            for span in fresh(words.numbers, quote, question):
                unit = UNIT.match(quote, span.end)
                yield TextSpan(span.start, unit.end() if unit else span.end)
        case "cause":
            for match in words.causes.finditer(quote):
                clause = CLAUSE.match(quote, match.start())
                if clause and len(clause[0].split()) > 2:
                    yield TextSpan(match.start(), match.start() + len(clause[0].rstrip()))


def _apart(spans: list[TextSpan]) -> list[TextSpan]:
    """The spans with those joined that touch, or that only a space or a comma parts."""
    found: list[TextSpan] = []
    for span in spans:
        if found and span.start <= found[-1].end + 1:
            found[-1] = TextSpan(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found
