"""A golden set: questions that people wrote to books, each with words of the page that answers it.

It lies in a folder, one file of JSON lines for each book. One half of each kind is for tuning, the other only judges.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, cast, get_args

from rag.evaluation.halves import Half, hash_of
from rag.evaluation.lines import BrokenSet, rows, text
from rag.text.sentences import fold_space

Kind = Literal["plain", "paraphrased", "unanswerable"]


@dataclass(frozen=True)
class GoldenQuestion:
    """``book``: the name of its file, without what its kind is told by. ``quote``: words of one page that answer,
    empty where none does. A paraphrased question has no content word of that page."""

    id: str
    book: str
    language: str
    question: str
    kind: Kind
    quote: str
    half: Half

    @property
    def is_answerable(self) -> bool:
        return self.kind != "unanswerable"


def read(folder: Path) -> list[GoldenQuestion]:
    """All questions of the set in ``folder``, by file and line. Errors: ``BrokenSet``."""
    found = [_question(where, row) for path in sorted(folder.glob("*.jsonl")) for where, row in rows(path)]
    if not found:
        raise BrokenSet(f"{folder} has no question in a .jsonl file.")
    seen: set[str] = set()
    for one in found:
        if one.id in seen:
            raise BrokenSet(f"Two questions have the id {one.id}.")
        seen.add(one.id)
    return found


def _question(where: str, row: dict[str, object]) -> GoldenQuestion:
    known = [field.name for field in fields(GoldenQuestion)]
    if strange := sorted(row.keys() - set(known)):
        raise BrokenSet(f"{where}: nobody knows “{strange[0]}”.")
    values = {name: text(where, row, name, may_be_empty=name == "quote") for name in known}
    _check_one_of(where, "kind", values["kind"], get_args(Kind))
    _check_one_of(where, "half", values["half"], get_args(Half))
    if (values["kind"] == "unanswerable") != (not values["quote"]):
        raise BrokenSet(f"{where}: what can be answered has a quote, and nothing else has.")
    return GoldenQuestion(**cast("dict[str, Any]", values))


def _check_one_of(where: str, name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BrokenSet(f"{where}: “{name}” is one of {', '.join(allowed)}, not {value}.")


def gating_hash(questions: Iterable[GoldenQuestion]) -> str:
    """SHA-256 (hex) of the gating half: its questions by id, as JSON with sorted keys and no white space, in UTF-8."""
    return hash_of(asdict(one) for one in questions if one.half == "gating")


def pages_with(quote: str, pages: Iterable[tuple[int, str | None]]) -> list[int]:
    """The numbers of the pages that have these words, whatever the spaces between them; a page may have no text."""
    wanted = fold_space(quote)
    return [number for number, text in pages if wanted in fold_space(text or "")]
