"""Until the functions of the other parts are here."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rag.ingest import cleaning, passages
from rag.ingest.clean import CleanPage, Section
from rag.ingest.raw import Mark, RawPage


class Survey:
    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.cleaned: dict[int, str] | None = None

    def see(self, number: int, page: RawPage) -> None:
        self.texts[number] = "".join(("\n\n" if line.starts else "\n") + line.text for line in page.lines).strip("\n")

    def clean(self, number: int, page: RawPage) -> CleanPage:
        if self.cleaned is None:
            self.cleaned = dict(zip(self.texts, cleaning.clean(list(self.texts.values())), strict=True))
        return CleanPage(self.cleaned[number])


def sections(outline: Sequence[Mark], pages: Iterable[tuple[int, CleanPage]]) -> list[Section]:
    for _page in pages:
        pass
    return []


@dataclass
class Cut:
    first_page: int
    last_page: int
    start: int
    end: int
    text: str
    text_hash: str
    section: int | None = None
    context: str = ""
    language: str = ""


def cut(pages: Iterable[tuple[int, CleanPage]], sections: Any, *, model: Any, language: str) -> Iterator[Cut]:
    from library.ai.local import count_pieces

    seen = set()
    for number, page in pages:
        for p in passages.cut(page.text, language=language, window=model.window, count_pieces=partial(count_pieces, model)):
            if p.text_hash not in seen:
                seen.add(p.text_hash)
                yield Cut(number, number, p.start, p.end, p.text, p.text_hash)
