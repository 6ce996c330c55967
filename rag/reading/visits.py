"""How somebody came to a page, as its address says, and where they can go from there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

SPAN = re.compile(r"^(\d{1,9})-(\d{1,9})$")
PLACE = re.compile(r"^(\d{1,9}):(\d{1,9}-\d{1,9})(?:~(\d{1,9}-\d{1,9}))?$")
MOST_PLACES = 20


@dataclass(frozen=True)
class CitedPlace:
    """A stretch that an answer cites. ``mark`` and ``on``: START-END on its page and on the next one."""

    page: int
    mark: str
    on: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.mark}" + (f"~{self.on}" if self.on else "")


@dataclass(frozen=True)
class PageVisit:
    """``question``: whose answer led here; ``places``: all that it cites; ``mark`` and ``on``: what is marked on the
    page and goes on behind it; ``reads``: it is read page by page, not looked up; ``as_text``: without pictures."""

    question: str = ""
    places: tuple[CitedPlace, ...] = ()
    mark: str = ""
    on: str = ""
    reads: bool = False
    as_text: bool = False

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What the address carries."""
        said = [
            ("mark", self.mark),
            ("on", self.on),
            ("question", self.question),
            ("cites", ",".join(map(str, self.places))),
            ("read", "1" if self.reads else ""),
            ("as", "text" if self.as_text else ""),
        ]
        return [(name, value) for name, value in said if value]

    @property
    def query(self) -> str:
        """``pairs`` as part of an address."""
        return urlencode(self.pairs)

    @property
    def onward(self) -> PageVisit:
        """The same visit at another page: nothing is marked there."""
        return replace(self, mark="", on="")

    def address(self, book_id: int, page: int) -> str:
        """Of a page in this visit."""
        where = reverse("rag:page", args=[book_id, page])
        return where + (f"?{self.query}" if self.query else "") + ("#mark" if self.mark else "")

    def place(self, page: int) -> int | None:
        """Which of ``places`` is marked on ``page``, from 0."""
        own = CitedPlace(page, self.mark, self.on)
        return self.places.index(own) if own in self.places else None

    def at(self, place: CitedPlace) -> PageVisit:
        """The same visit at another place that is cited."""
        return replace(self, mark=place.mark, on=place.on)


def visit_of(asked: Mapping[str, Any], *, longest_question: int) -> PageVisit:
    """What an address says; whatever makes no sense is left out."""
    mark, on = str(asked.get("mark", "")), str(asked.get("on", ""))
    return PageVisit(
        question=str(asked.get("question", "")).replace("\0", "")[:longest_question],
        places=places_of(str(asked.get("cites", ""))),
        mark=mark if SPAN.match(mark) else "",
        on=on if SPAN.match(on) else "",
        reads=asked.get("read") == "1",
        as_text=asked.get("as") == "text",
    )


def places_of(text: str) -> tuple[CitedPlace, ...]:
    """The places that ``cites=`` names, each once."""
    matches = [PLACE.match(one) for one in text.split(",")[:MOST_PLACES]]
    found = [CitedPlace(int(match[1]), match[2], match[3] or "") for match in matches if match]
    return tuple(dict.fromkeys(found))


def span_of(mark: str, length: int) -> tuple[int, int] | None:
    """The stretch of a page of ``length`` signs that START-END names; ``None`` where it makes no sense there."""
    match = SPAN.match(mark)
    start, end = (int(match[1]), int(match[2])) if match else (0, 0)
    return (start, end) if 0 <= start < end <= length else None
