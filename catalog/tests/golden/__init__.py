"""Golden queries: what a reader types, and what must come of it.

They were written before the ranking was tuned. One half of each kind is for tuning; the other half only judges, and
``test_golden_fixture`` holds its hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypedDict

from library.search.fold import fold

FOLDER = Path(__file__).parent
KINDS = ("title", "half", "misspelt", "topic", "question", "identifier", "foreign", "noise")
COLLECTIONS = ("demo", "real")
Half = Literal["tune", "gate"]


class RealBook(TypedDict, total=False):
    """A record of ``real.json`` as far as ``matches`` reads it."""

    source: str
    id: str
    title: str
    authors: Sequence[str]
    subjects: Sequence[str]


@dataclass(frozen=True)
class Wanted:
    """One answer that counts as right: all parts that are there must hold.

    ``key`` is an ISBN or an exact title (demonstration collection). The other parts are read by ``matches``.
    """

    key: str = ""
    source: str = ""
    id: str = ""
    title: str = ""
    author: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Golden:
    """A query, with any of ``want`` to be among the first ``within``, and at most ``at_most`` found in all.

    Without ``want`` only ``at_most`` counts. ``at_most`` is ``None`` where the number does not matter.
    """

    id: str
    kind: str
    query: str
    want: tuple[Wanted, ...]
    within: int | None
    at_most: int | None
    half: Half


def load(name: str, half: Half | None = None) -> list[Golden]:
    """The queries of the collection ``name`` ("demo" or "real"), of one half or of both."""
    return [_golden(row) for row in rows(name) if half in (None, row["half"])]


def rows(name: str) -> list[dict[str, Any]]:
    """The queries as the file has them."""
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())["queries"]
    return found


def books(name: str) -> list[dict[str, Any]]:
    """The records of a collection that brings its own."""
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())["books"]
    return found


def gate_hash(name: str) -> str:
    """SHA-256 (hex) of the gating half: its rows by id, as JSON with sorted keys and no white space, in UTF-8."""
    gate = sorted((row for row in rows(name) if row["half"] == "gate"), key=lambda row: str(row["id"]))
    canonical = json.dumps(gate, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def matches(wanted: Wanted, book: RealBook) -> bool:
    """Whether the real record ``book`` is one that ``wanted`` means.

    The title is a beginning (editions add to it), the author a whole word of a name, the subject whole words of one
    heading; all are compared folded.
    """
    if wanted.source and (wanted.source, wanted.id) != (book["source"], str(book["id"])):
        return False
    if wanted.title and not _has_words(wanted.title, book["title"], start=r"^[\W_]*"):
        return False
    if wanted.author and not any(_has_words(wanted.author, name) for name in book.get("authors", ())):
        return False
    return not wanted.subject or any(_has_words(wanted.subject, heading) for heading in book.get("subjects", ()))


_folded = cache(fold)  # the same hundred thousand titles are compared with every wanted one


def _has_words(words: str, text: str, *, start: str = r"(?<!\w)") -> bool:
    words, text = _folded(words), _folded(text)
    return words in text and re.search(rf"{start}{re.escape(words)}(?!\w)", text) is not None


def _golden(row: dict[str, Any]) -> Golden:
    want = tuple(Wanted(key=entry) if isinstance(entry, str) else Wanted(**entry) for entry in row["want"])
    return Golden(**(row | {"want": want}))
