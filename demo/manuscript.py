"""Read the simple Markdown of the demonstration books into chapters of blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Face: TypeAlias = Literal["roman", "italic", "bold"]


@dataclass(frozen=True)
class Run:
    """A piece of a word in one face."""

    text: str
    face: Face


Word: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text, or one entry of a list when ``bullet`` is true."""

    words: tuple[Word, ...]
    bullet: bool = False


@dataclass(frozen=True)
class Figure:
    """A drawing by its name, and the words below it."""

    name: str
    caption: tuple[Word, ...]


Block: TypeAlias = Heading | Paragraph | Figure


@dataclass
class Chapter:
    """A chapter's title and its blocks in reading order."""

    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Manuscript:
    """A whole book before it is set."""

    title: str
    author: str
    year: str
    chapters: list[Chapter]
    language: str = "en"


def curl(text: str) -> str:
    """Turn typewriter quotation marks and apostrophes into printed ones."""
    text = re.sub(r'(^|[\s(\[*])"', r"\1“", text).replace('"', "”")
    return re.sub(r"(^|[\s(\[*“])'", r"\1‘", text).replace("'", "’")


def words_of(text: str, face: Face = "roman") -> tuple[Word, ...]:
    """Split ``text`` into words; what stands between asterisks changes to italics, or within italics back."""
    other: Face = "roman" if face == "italic" else "italic"
    words: list[Word] = []
    inside = False
    for token in curl(text).split():
        runs: list[Run] = []
        for number, piece in enumerate(token.split("*")):
            if number:
                inside = not inside
            if piece:
                runs.append(Run(piece, other if inside else face))
        words.append(tuple(runs))
    return tuple(words)


def parse(source: str) -> Manuscript:
    """Read front matter (``language``: English where it is not said), chapters (``#``), sections (``##``), lists,
    figures and paragraphs.

    Raises ``ValueError`` for text before the first chapter and ``KeyError`` for missing front matter.
    """
    _, front, body = source.split("---\n", 2)
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in front.splitlines())}
    chapters: list[Chapter] = []
    for block in re.split(r"\n\s*\n", body.strip()):
        if block.startswith("# "):
            chapters.append(Chapter(curl(block[2:].strip())))
        elif not chapters:
            raise ValueError("The text must begin with a chapter.")
        else:
            chapters[-1].blocks.extend(_blocks(block))
    return Manuscript(curl(facts["title"]), facts["author"], facts["year"], chapters, facts.get("language", "en"))


def _blocks(block: str) -> list[Block]:
    if block.startswith("## "):
        return [Heading(curl(block[3:].strip()))]
    if block.startswith("- "):
        return [Paragraph(words_of(line[2:]), bullet=True) for line in block.splitlines()]
    if figure := re.fullmatch(r"!\[(?P<caption>.+)\]\(figure:(?P<name>\w+)\)", block.strip()):
        return [Figure(figure["name"], words_of(figure["caption"], "italic"))]
    return [Paragraph(words_of(block))]
