"""One answer being written: by the writer that was chosen or, where nothing of its text stands, in the book's words."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rag.answers.evidence import Evidence
from rag.answers.extractive import ExtractiveWriter
from rag.answers.ports import AnswerWriter, Prose, Statement, WriterFailed
from rag.answers.prose.checked import CheckedProse
from rag.retrieval.hits import AskedQuestion

log = logging.getLogger(__name__)
Tell = Callable[[str], None]


class StopWriting(Exception):
    """Raised by whoever is told of blocks: nobody wants more of this answer."""


@dataclass(frozen=True)
class Draft:
    """``statements``: the answer's sentences or, where there is ``prose``, the sentences that its marks stand for, by
    number. ``fell_back``: another writer was asked and gave nothing that stands."""

    writer: str
    statements: list[Statement]
    prose: str = ""
    fell_back: bool = False
    stopped: bool = False


def nobody(block: str) -> None:
    """For whoever waits for the whole."""


def write(
    writer: AnswerWriter, question: AskedQuestion, evidence: Evidence, *, threshold: float, tell: Tell = nobody
) -> Draft:
    """What ``writer`` makes of ``evidence``; ``tell`` hears of each block of a text once it is checked, and of every
    piece that comes with an empty one. It may end it with ``StopWriting``: what is there by then is kept."""
    try:
        draft = _drafted(writer, question, evidence, threshold, tell)
    except WriterFailed as fault:
        log.warning("The writer %s failed: %s", writer.name, fault)
        draft = Draft(writer.name, [])
    if draft.statements or draft.stopped or writer.name == ExtractiveWriter.name:
        return draft
    ours = ExtractiveWriter()
    return Draft(ours.name, list(ours.write(question, evidence, threshold=threshold)), fell_back=True)


def _drafted(writer: AnswerWriter, question: AskedQuestion, evidence: Evidence, threshold: float, tell: Tell) -> Draft:
    statements: list[Statement] = []
    checked, blocks = CheckedProse(evidence), list[str]()
    stopped = False
    with _closed(writer.write(question, evidence, threshold=threshold)) as pieces:
        try:
            for block in _blocks(pieces, statements, checked):
                blocks += [block] if block else []
                tell(block)
        except StopWriting:
            stopped = True
    return Draft(writer.name, checked.sources if blocks else statements, "\n\n".join(blocks), stopped=stopped)


def _blocks(pieces: Iterable[Statement | Prose], statements: list[Statement], checked: CheckedProse) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, Statement):
            statements.append(piece)
        else:
            yield ""
            yield from checked.feed(piece.text)
    yield from checked.close()


@contextlib.contextmanager
def _closed(pieces: Iterable[Statement | Prose]) -> Iterator[Iterable[Statement | Prose]]:
    """Whatever ends the answer ends what makes it."""
    try:
        yield pieces
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
