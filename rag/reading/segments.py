"""The text of a page in pieces: what is marked by whom. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.reading.highlights import DrawnHighlight
from rag.text.sentences import TextSpan


@dataclass(frozen=True)
class TextPiece:
    """``is_first``: the first piece that is cited, to which one is led."""

    text: str
    is_cited: bool = False
    is_own: bool = False
    is_first: bool = False

    @property
    def is_marked(self) -> bool:
        return self.is_cited or self.is_own


def pieces(text: str, cited: TextSpan | None, own: Sequence[DrawnHighlight]) -> list[TextPiece]:
    """All of ``text`` in its order."""
    spans = [one.span for one in own]
    every = spans if cited is None else [*spans, cited]
    borders = {0, len(text)} | {side for span in every for side in (span.start, span.end)}
    places = sorted(border for border in borders if 0 <= border <= len(text))
    found = []
    for start, end in pairwise(places):
        is_cited = cited is not None and cited.start <= start < cited.end
        is_own = any(span.start <= start < span.end for span in spans)
        is_first = cited is not None and start == cited.start
        found.append(TextPiece(text[start:end], is_cited, is_own, is_first))
    return found
