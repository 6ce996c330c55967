"""PDFs of known text in many layouts, made with PyMuPDF: each page says which words stand on it, in reading order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from rag.ingest.model.raw import RawPage

Box = tuple[float, float, float, float]
STOCK = """\
the a of and in to with over under between winter river harbour lantern theorem orchard whisper granite meadow
parliament violin copper sentence window thunder archive garden measure bright silent ancient narrow gentle moves
opens carries answers gathers follows becomes remains describes holds turns reaches early slowly together however
"""


def prose(words: int, seed: int) -> str:
    """Sentences of ``words`` words that no other seed gives: every tenth is numbered."""
    chosen = random.Random(seed)
    said: list[str] = []
    while len(said) < words:
        length = min(chosen.randint(6, 14), words - len(said))
        sentence = [chosen.choice(STOCK.split()) for _ in range(length)]
        sentence[0] = sentence[0].capitalize()
        said += [*sentence[:-1], f"{sentence[-1]}{seed}x{len(said)}."]
    return " ".join(said)


class Sheet:
    """A page being set, and the words on it in reading order."""

    def __init__(self, width: float = 595, height: float = 842) -> None:
        import pymupdf

        self.document: Any = pymupdf.open()
        self.page = self.document.new_page(width=width, height=height)
        self.said: list[str] = []
        self.y = 60.0

    def line(self, x: float, y: float, text: str, *, said: bool = True, size: float = 10, **options: Any) -> None:
        """One line at a place."""
        self.page.insert_text((x, y), text, fontsize=size, **options)
        if said:
            self.said += text.split()

    def block(self, box: Box, text: str, *, size: float = 10, leading: float = 1.25, font: str = "tiro") -> float:
        """Text wrapped into a box; gives where it ends."""
        y = box[1] + size
        for line in wrapped(text, box[2] - box[0], size, font):
            assert y <= box[3] + size, "the text does not fit"
            self.page.insert_text((box[0], y), line, fontsize=size, fontname=font)
            y += size * leading
        self.said += text.split()
        return y

    def read(self, *, rotation: int = 0) -> RawPage:
        """The page as it is read from the finished file."""
        import pymupdf

        from rag.ingest.layout.extract import read_page

        self.page.set_rotation(rotation)
        return read_page(pymupdf.open("pdf", self.document.tobytes())[0])


def wrapped(text: str, width: float, size: float = 10, font: str = "tiro") -> list[str]:
    """``text`` in lines of at most ``width`` points."""
    import pymupdf

    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pymupdf.get_text_length(longer, fontname=font, fontsize=size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def words(page: RawPage) -> list[str]:
    """What was read, in order."""
    return [word.text.strip() for line in page.lines for word in line.words if word.text.strip() != "|"]


def in_order(said: Sequence[str], read: Sequence[str]) -> float:
    """The share of what was said that was read, in its order."""
    matcher = SequenceMatcher(a=list(said), b=list(read), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / max(len(said), 1)
