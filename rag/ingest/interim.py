"""Until the functions of the other parts are here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.ingest import cleaning
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
