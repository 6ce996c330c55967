"""Sentences that could be quoted. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rag.text.sentences import TextSpan


@dataclass(frozen=True)
class QuotableSentence:
    """A sentence that could be quoted, or a list: where it stands and in which passage it was found.

    ``before``: the sentence before it in its passage; ``heading``: the title above. ``lexemes``: those of the question
    that it has; ``around``: that these two have.
    """

    page: int
    span: TextSpan  # in the text of its page
    text: str
    passage: int  # rank of its passage, 0 the best
    passage_score: float
    goes_on: tuple[int, TextSpan] | None = None  # on the next page, where the sentence runs over the end of this one
    before: str = ""
    heading: str = ""
    lexemes: frozenset[str] = frozenset()
    around: frozenset[str] = frozenset()
    is_list: bool = False

    @property
    def places(self) -> tuple[tuple[int, TextSpan], ...]:
        """The pages on which it stands, and where on them."""
        return ((self.page, self.span), *([self.goes_on] if self.goes_on else []))
