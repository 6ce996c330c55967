"""An answer in a writer's own words, block by block: what stands on a source is shown, the rest is not.

Of each block the marks are resolved to passages, each passage to the one of its sentences that is nearest to what the
block says, and that sentence is found again on its page. A block without a source that stands is left out; a heading
or a stretch of code stays with the block that it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from library.search.fold import words
from rag.answers.citations import located
from rag.answers.evidence import Evidence
from rag.answers.ports import Statement
from rag.answers.prose import blocks, markdown, marks, quotes
from rag.answers.prose.sources import labelled, seen
from rag.answers.quotable import QuotableSentence
from rag.text.sentences import TextSpan, fold_space

LONGEST = 20_000  # signs of one answer
OURS = re.compile(r"^.*<<<(?:BOOK|END)\b.*$|^[0-9a-f]{4}\| ", re.MULTILINE)  # of what it was given to read


class CheckedProse:
    """Takes the pieces of one answer and gives its blocks, in the form in which they are kept, once each is checked.

    ``sources``: by number from 1 on, the sentence that stands for each passage that was named.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.sources: list[Statement] = []
        self._ranks = {one.label: one.rank for one in labelled(evidence)}
        self._numbers: dict[int, int | None] = {}  # by rank
        self._gatherer = blocks.BlockGatherer()
        self._heading = ""
        self._follows = False  # the block before was shown
        self._length = 0

    def feed(self, piece: str) -> Iterator[str]:
        """The blocks that are whole with ``piece`` and may be shown."""
        room = max(LONGEST - self._length, 0)
        self._length += len(piece)
        for block in self._gatherer.feed(piece[:room]):
            yield from self._checked(block)

    def close(self) -> Iterator[str]:
        """What is left when nothing more comes."""
        for block in self._gatherer.close():
            yield from self._checked(block)

    def _checked(self, block: str) -> Iterator[str]:
        block = marks.PRIVATE.sub("", seen(block))
        if blocks.is_code(block):
            if self._follows:
                yield block
            return
        made = self._resolved(block)
        if blocks.is_heading(block):
            self._heading = marks.KEPT.sub("", made).rstrip()
            return
        self._follows = marks.KEPT.search(made) is not None
        if self._follows:
            heading, self._heading = self._heading, ""
            yield from [heading] if heading else []
            yield made

    def _resolved(self, block: str) -> str:
        texts = list(self.evidence.pages.values())
        bare = markdown.without_addresses(quotes.block_quote(OURS.sub("", block), texts))
        text, quoted = quotes.verified(bare, texts)
        said = fold_space(text)

        def number_of(label: int, _where: TextSpan) -> int | None:
            rank = self._ranks.get(label)
            return None if rank is None else self._number(rank, said)

        return marks.resolve(text, number_of, quoted=quoted).strip("\n")

    def _number(self, rank: int, said: str) -> int | None:
        """The number of a passage: always the same, one passage has one."""
        if rank not in self._numbers:
            found = self._nearest(rank, said)
            if found is not None:
                self.sources.append(found)
            self._numbers[rank] = None if found is None else len(self.sources)
        return self._numbers[rank]

    def _nearest(self, rank: int, said: str) -> Statement | None:
        """The sentence of a passage that shares most words with what is said of it."""
        wanted = set(words(said).split())
        candidates = [
            (len(wanted & set(words(sentence.text).split())), score, -number, sentence)
            for number, (sentence, score) in enumerate(zip(self.evidence.sentences, self.evidence.scores, strict=True))
            if sentence.passage == rank and stands(sentence, self.evidence)
        ]
        if not candidates:
            return None
        _shared, score, _number, sentence = max(candidates, key=lambda one: one[:3])
        return Statement(fold_space(sentence.text), sentence, score)


def stands(sentence: QuotableSentence, evidence: Evidence) -> bool:
    """Whether the sentence is found word for word on its page."""
    return bool(located(evidence.pages, sentence))
