"""Questions with all sentences that answer them: what is quoted is judged by it.

It lies in a folder, one file of JSON lines for each book. A sentence is told by some of its words, or where the text of
a book is nobody's to copy by ``#`` and the first 16 hex digits of the SHA-256 of all of it, white space folded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from rag.evaluation.halves import Half, hash_of
from rag.evaluation.lines import BrokenSet, rows, text
from rag.text.sentences import fold_space

Kind = Literal["answerable", "on_topic", "off_topic"]


@dataclass(frozen=True)
class AnswerQuestion:
    """``needs``: what a full answer has: of each inner list one sentence at least. ``bears``: sentences that do not
    answer alone and yet belong to it. ``type``: of the question, such as *person*; ``page``: of the first answer, 0
    where there is none. ``kind``: what the book does not answer is *on_topic* or *off_topic*."""

    id: str
    book: str
    language: str
    question: str
    type: str
    kind: Kind
    page: int
    needs: tuple[tuple[str, ...], ...]
    bears: tuple[str, ...]
    half: Half


@dataclass(frozen=True)
class Judgement:
    """``bears``: for each quotation whether it belongs to an answer. ``is_full``: nothing of the answer is missing."""

    is_full: bool
    bears: tuple[bool, ...]


def read(folder: Path) -> list[AnswerQuestion]:
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


def judge(question: AnswerQuestion, quotes: Sequence[str]) -> Judgement:
    """What ``quotes`` are worth as an answer to ``question``."""
    known = [*(one for need in question.needs for one in need), *question.bears]
    has_all = all(any(is_said_in(one, quote) for one in need for quote in quotes) for need in question.needs)
    bears = tuple(any(is_said_in(one, quote) for one in known) for quote in quotes)
    return Judgement(bool(question.needs) and has_all, bears)


def is_said_in(sentence: str, quote: str) -> bool:
    """Whether ``quote`` is, or has, the sentence that is told by ``sentence``."""
    folded = fold_space(quote)
    if sentence.startswith("#"):
        return sentence == digest(folded)
    return fold_space(sentence) in folded


def digest(sentence: str) -> str:
    """How a sentence is told without its words."""
    return "#" + hashlib.sha256(fold_space(sentence).encode()).hexdigest()[:16]


def gating_hash(questions: Iterable[AnswerQuestion]) -> str:
    """SHA-256 of the gating half, as ``rag.evaluation.golden.gating_hash``."""
    return hash_of(asdict(one) for one in questions if one.half == "gating")


def _question(where: str, row: dict[str, Any]) -> AnswerQuestion:
    known = [field.name for field in fields(AnswerQuestion)]
    if strange := sorted(row.keys() - set(known)):
        raise BrokenSet(f"{where}: nobody knows “{strange[0]}”.")
    words = {name: text(where, row, name) for name in ("id", "book", "language", "question")}
    page, needs, bears = row.get("page"), row.get("needs"), row.get("bears")
    kind, half = text(where, row, "kind"), text(where, row, "half")
    if kind not in get_args(Kind) or half not in get_args(Half):
        raise BrokenSet(f"{where}: “kind” or “half” is none of the known ones.")
    if not (isinstance(page, int) and _are_texts(bears) and isinstance(needs, list) and all(map(_are_texts, needs))):
        raise BrokenSet(f"{where}: “page” is a number, “bears” a list of texts, “needs” a list of such lists.")
    if (kind == "answerable") != bool(needs) or not all(needs):
        raise BrokenSet(f"{where}: what can be answered needs sentences, and nothing else does.")
    return AnswerQuestion(
        **words,
        type=text(where, row, "type", may_be_empty=True),
        kind=kind,  # type: ignore[arg-type]  # looked up above
        page=page,
        needs=tuple(map(tuple, needs)),
        bears=tuple(bears or ()),
        half=half,  # type: ignore[arg-type]  # looked up above
    )


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)
