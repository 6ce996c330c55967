"""What the reading process answers, taken with care: a file may have taken that process over."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from rag import errors
from rag.ingest.model.raw import MOST_MISSING, Facts, OutlineMark, RawPage, packed
from rag.ingest.model.safe_text import short

log = logging.getLogger(__name__)
SOURCES = {"text", "ocr", "none"}
MOST_WORDS = 8000  # of a traceback


@dataclass(frozen=True)
class ReadPage:
    """A page as the process gave it: ``layout`` is ``packed``."""

    number: int
    layout: bytes
    label: str = ""
    source: str = "none"
    width: float = 0.0
    height: float = 0.0
    notes: tuple[str, ...] = ()
    words: int = 0


class Died(Exception):
    """The reading process is gone: ``why`` is ``crashed``, ``too_slow`` or ``too_large``."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def unreadable(number: int, why: str) -> ReadPage:
    """A page of which nothing is known."""
    notes = ("unreadable", why)
    return ReadPage(number, packed(RawPage(notes=list(notes))), notes=notes)


def taken_page(number: int, values: dict[str, Any], body: bytes) -> ReadPage:
    """A page from an answer. Errors: ``Died`` where it is none; ``ReaderFault``."""
    if values.get("page") != number:
        raise Died("crashed")
    if "fault" in values:
        raise our_fault(number, values)
    if "lost" in values:
        return unreadable(number, "too_large" if values["lost"] == "too_large" else "broken")
    try:
        source = str(values["source"])
        return ReadPage(
            number,
            body,
            label=str(values["label"])[:20].replace("\0", ""),
            source=source if source in SOURCES else "none",
            width=float(values["width"]),
            height=float(values["height"]),
            notes=tuple(str(note)[:40] for note in values["notes"])[:20],
            words=int(values["words"]),
        )
    except (KeyError, TypeError, ValueError):
        raise Died("crashed") from None


def taken_picture(number: int, values: dict[str, Any], body: bytes) -> bytes:
    """A page's picture (WebP) from an answer; empty where it could not be drawn. Errors: ``ReaderFault``."""
    if "fault" in values:
        raise our_fault(number, values)
    is_picture = values.get("page") == number and body[:4] == b"RIFF" and body[8:12] == b"WEBP"
    return body if is_picture else b""


def our_fault(page: int, values: dict[str, Any]) -> errors.ReaderFault:
    """The refusal of a mistake of our own at a page (0 while opening); its traceback goes to the log."""
    log.error("Reading page %s of a file broke by a mistake of Lyceum's:\n%s", page, str(values["fault"])[-MOST_WORDS:])
    return errors.ReaderFault(page=page)


def taken_facts(values: dict[str, Any]) -> Facts:
    """What a file says of itself. Errors: ``KeyError``, ``TypeError``, ``ValueError`` for what is none."""
    return Facts(
        pages=int(values["pages"]),
        outline=tuple(_mark(mark) for mark in values["outline"]),
        notes=tuple(str(note)[:40] for note in values["notes"]),
        title=str(values["title"])[:300],
        language=str(values["language"])[:2],
        missing=tuple(short(str(name)) for name in values["missing"])[:MOST_MISSING],
    )


def _mark(values: dict[str, Any]) -> OutlineMark:
    y = values["y"]
    return OutlineMark(int(values["level"]), str(values["title"]), int(values["page"]), None if y is None else float(y))
