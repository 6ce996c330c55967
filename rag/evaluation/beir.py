"""Sets of questions in the form of BEIR (Thakur et al. 2021): texts, queries, and who answers whom.

A folder holds ``corpus.jsonl`` (``_id``, ``title``, ``text``), ``queries.jsonl`` (``_id``, ``text``), either of them
packed as ``.gz``, and ``qrels.tsv`` (a line of names, then query, text and grade), which may lie in ``qrels/test.tsv``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rag.evaluation.lines import BrokenSet, rows, text, text_of

QRELS = ("qrels.tsv", "qrels/test.tsv")


@dataclass(frozen=True)
class CorpusText:
    """A text that may be found."""

    id: str
    title: str
    text: str

    @property
    def whole(self) -> str:
        """The text behind its title, which some sets repeat at its beginning."""
        is_there = self.text.lstrip().startswith(self.title)
        return self.text if is_there or not self.title else f"{self.title}\n\n{self.text}"


@dataclass(frozen=True)
class JudgedQuery:
    """A question, and the grades of the texts that were judged for it."""

    id: str
    text: str
    grades: dict[str, int]


T = TypeVar("T", CorpusText, JudgedQuery)


@dataclass(frozen=True)
class BeirSet:
    """``queries``: only those for which a text is relevant."""

    name: str
    texts: list[CorpusText]
    queries: list[JudgedQuery]


def read(folder: Path) -> BeirSet:
    """The set in ``folder``. Errors: ``BrokenSet``."""
    texts = _by_id(_corpus(_packed(folder, "corpus.jsonl")))
    asked = _by_id(_queries(_packed(folder, "queries.jsonl")))
    if not texts:
        raise BrokenSet(f"{folder} has no text.")
    for where, query, one, grade in _judged(_qrels(folder)):
        if query not in asked:
            raise BrokenSet(f"{where}: there is no query {query}.")
        if one not in texts:
            raise BrokenSet(f"{where}: there is no text {one}.")
        asked[query].grades[one] = grade
    queries = [query for query in asked.values() if any(grade > 0 for grade in query.grades.values())]
    if not queries:
        raise BrokenSet(f"{folder} has no query with a relevant text.")
    return BeirSet(folder.resolve().name, list(texts.values()), queries)


def _packed(folder: Path, name: str) -> Path:
    return next((path for path in (folder / f"{name}.gz", folder / name) if path.exists()), folder / name)


def _qrels(folder: Path) -> Path:
    return next((folder / name for name in QRELS if (folder / name).exists()), folder / QRELS[0])


def _corpus(path: Path) -> Iterator[CorpusText]:
    for where, row in rows(path):
        title = text(where, {"title": ""} | row, "title", may_be_empty=True)
        yield CorpusText(_id(where, row), title.strip(), text(where, row, "text", may_be_empty=True))


def _queries(path: Path) -> Iterator[JudgedQuery]:
    for where, row in rows(path):
        yield JudgedQuery(_id(where, row), text(where, row, "text"), {})


def _id(where: str, row: dict[str, Any]) -> str:
    value = row.get("_id")
    return str(value) if isinstance(value, int) else text(where, row, "_id")


def _by_id(found: Iterator[T]) -> dict[str, T]:
    """Of two with one id the later counts, as where BEIR's own loader reads them."""
    return {one.id: one for one in found}


def _judged(path: Path) -> Iterator[tuple[str, str, str, int]]:
    """Where each judgement stands, its query, its text and the grade; the first line has names."""
    for number, line in enumerate(text_of(path).split("\n")[1:], start=2):
        if line.strip():
            parts = line.rstrip("\r").split("\t")
            where = f"{path.name}, line {number}"
            try:
                query, one, grade = parts
                yield where, query, one, int(grade)
            except ValueError:
                raise BrokenSet(f"{where}: a query, a text and a whole number are wanted, not {line[:60]!r}.") from None
