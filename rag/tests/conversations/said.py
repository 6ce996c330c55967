"""What the book of these tests says, and a writer in its own words for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rag.answers.evidence import Evidence
from rag.answers.ports import Prose
from rag.answers.prose.sources import labelled
from rag.retrieval.hits import AskedQuestion

KRILL = "Blue whales eat krill in the cold sea all summer long."
SONGS = "Humpback males sing long songs during the winter months."
BREAD = "Bread rises because yeast makes gas inside the dough."
QUESTION = "What do blue whales eat in the sea?"


class SlowWriter:
    """Writes three paragraphs about the best passage, and lets the test act before each piece."""

    name = "slow"

    def __init__(self, between: Callable[[int], None]) -> None:
        self.between = between
        self.is_closed = False

    def write(self, question: AskedQuestion, evidence: Evidence, *, threshold: float) -> Iterator[Prose]:
        label = labelled(evidence)[0].label
        try:
            for number in range(1, 4):
                self.between(number)
                yield Prose(f"Part {number} says so [{label}].\n\n")
        finally:
            self.is_closed = True
