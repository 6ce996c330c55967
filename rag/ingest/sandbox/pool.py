"""Several reading processes with one file, so that a book is read by more than one core. Workers only."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.conf import settings

from catalog.values.file_kinds import PDF
from library.ai.runtimes import processor
from rag.ingest.model.raw import Facts
from rag.ingest.sandbox.answers import ReadPage
from rag.ingest.sandbox.process import FileReader


@dataclass
class ReaderPool:
    """Readers that take blocks of pages in turns: while the pages of one are taken, the others read on."""

    readers: Sequence[FileReader]
    block: int  # pages

    def open(self, *, at_most: int | None = None) -> Facts:
        """What the file says of itself, after so many seconds of computing or the usual ones. Errors: every
        ``DocumentUnreadable``."""
        first = self.readers[0]
        usual = first.limits
        if at_most is not None:
            first.limits = replace(usual, open_seconds=min(at_most, usual.open_seconds))
        try:
            return first.open()
        finally:
            first.limits = usual

    def pages(self, numbers: Sequence[int]) -> Iterator[ReadPage]:
        """Each of ``numbers`` in turn, as ``Reader.pages``."""
        blocks = [numbers[start : start + self.block] for start in range(0, len(numbers), self.block)]
        turns = [self.readers[place % len(self.readers)] for place in range(len(blocks))]
        ahead = len(self.readers)
        for reader, block in zip(turns[:ahead], blocks, strict=False):
            reader.begin(block)
        for place, (reader, block) in enumerate(zip(turns, blocks, strict=True)):
            yield from reader.pages(block)
            if place + ahead < len(blocks):
                reader.begin(blocks[place + ahead])

    @property
    def peak(self) -> int:
        """Bytes that all of them held at most."""
        return sum(reader.peak for reader in self.readers)

    def close(self) -> None:
        for reader in self.readers:
            reader.close()


def size(media_type: str) -> int:
    """How many processes read one file of this type at once: several only where opening it is quick, and each can open
    it for itself."""
    if media_type != PDF or sys.platform != "linux":
        return 1
    return max(1, min(settings.READING_PROCESSES, processor.cores()))
