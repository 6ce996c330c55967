"""The words of a question, by how rare they are in the text that is asked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from library.search.bm25 import idf
from library.search.texts import Statistics


@dataclass(frozen=True)
class RareWords:
    """``rare``: what each lexeme of the question tells, above 0. ``unseen``: those that the text does not have.
    ``sides``: the lexemes of each side of a difference that the other has not."""

    rare: Mapping[str, float] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()
    sides: tuple[frozenset[str], ...] = ()

    @classmethod
    def of(cls, statistics: Statistics) -> RareWords:
        rare = {lexeme: idf(statistics.texts, having) for lexeme, having in statistics.having.items()}
        return cls(rare, frozenset(lexeme for lexeme, having in statistics.having.items() if not having))

    def share(self, lexemes: Collection[str]) -> float:
        """How much of the question ``lexemes`` have, 0 to 1, rare words above all; 0 where it asks for no word."""
        whole = sum(self.rare.values())
        return sum(rare for lexeme, rare in self.rare.items() if lexeme in lexemes) / whole if whole else 0.0

    def share_of(self, side: Collection[str], lexemes: Collection[str]) -> float:
        """How much of one side of a difference ``lexemes`` have, 0 to 1."""
        whole = sum(self.rare.get(lexeme, 0.0) for lexeme in side)
        return sum(self.rare.get(lexeme, 0.0) for lexeme in side if lexeme in lexemes) / whole if whole else 0.0

    @property
    def missing(self) -> float:
        """How much of the question is in no passage of the text, 0 to 1."""
        return self.share(self.unseen)
