"""What a free writer is given to read: passages under labels, between delimiters that no book can know. Pure.

A label looks like no place in a list, and stands in none of the texts: a mark that a writer invents, or copies out of a
book, names nothing. What a book says to models is not shown to them.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.answers.evidence import Evidence
from rag.text.sentences import fold_space

FIRST_LABEL, LAST_LABEL = 101, 989
STEP = 37  # between two labels, so that no range of them names anything by chance
NUMBER = re.compile(r"\d+")
# What chat models take for the border of a message or of a role, or looks like our own.
BORDERS = re.compile(
    r"<\|[^|\n]{0,40}\|>|</?s>|\[/?(?:INST|SYS)\]|<<+/?[^<>\n]{0,60}>>+|<{2,}|>{2,}|"
    r"^[ \t]*(?:#{1,6}[ \t]*)?(?:system|assistant|user|human|developer|tool)[ \t]*:(?=[ \t\n])|`{3,}|~{3,}",
    re.IGNORECASE | re.MULTILINE,
)
# Words to a model rather than to a reader, in the languages in which they are mostly written.
TO_MODELS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|prior|above|earlier|all|any|your|system)\b.{0,30}"
    r"\b(?:instruction|prompt|rule|direction|context|message)|"
    r"\bsystem prompt\b|\byou are (?:now|an? (?:ai|language model|assistant))\b|\bas an ai\b|"
    r"\b(?:reveal|print|repeat|output|show)\b.{0,20}\b(?:your|the) (?:system )?(?:instructions|prompt|rules|context)\b|"
    r"\b(?:ai|llm|language model|chatbot|assistant)s?\b.{0,30}\bmust (?:say|answer|reply|respond|output|ignore)\b|"
    r"\b(?:reply|answer|respond|say) (?:only|exactly|nothing but)\b|"
    r"\bignorier\w*\b.{0,30}\b(?:anweisung|befehl|vorgabe)|\bignora\w*\b.{0,30}\binstruc|\bignore[zr]\b.{0,30}\binstruct|"
    r"تجاهل.{0,30}(?:التعليمات|الأوامر)|忽略.{0,12}(?:指令|指示|说明)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class LabelledPassage:
    """A passage that may be cited. ``rank``: among the hits of its evidence, 0 the best."""

    label: int
    rank: int
    text: str


def labelled(evidence: Evidence) -> list[LabelledPassage]:
    """The passages of ``evidence`` that have a sentence to quote, best first, each with its own label; always the same
    for the same evidence. Those that speak to models are left out."""
    ranks = sorted({sentence.passage for sentence in evidence.sentences})
    texts = [(rank, seen(evidence.hits[rank].passage.text)) for rank in ranks]
    readable = [(rank, text) for rank, text in texts if not speaks_to_models(text)]
    labels = _labels(len(readable), {int(one) for _rank, text in texts for one in NUMBER.findall(text)})
    return [LabelledPassage(label, rank, text) for label, (rank, text) in zip(labels, readable, strict=False)]


def _labels(count: int, taken: Iterable[int]) -> list[int]:
    taken, width = set(taken), LAST_LABEL - FIRST_LABEL + 1
    free = [label for n in range(width) if (label := FIRST_LABEL + (STEP * (n + 1)) % width) not in taken]
    return free[:count]


def speaks_to_models(text: str) -> bool:
    """Whether ``text`` gives orders to whatever reads it."""
    return TO_MODELS.search(fold_space(text)) is not None


def seen(text: str) -> str:
    """``text`` without signs that no reader sees: joiners of Latin words, directions, tags, private ones."""
    kept = {"\n", "\t", "\u200c", "\u200d"}
    return "".join(sign for sign in text if sign in kept or unicodedata.category(sign) not in {"Cc", "Cf", "Co", "Cn"})


@dataclass(frozen=True)
class FramedSources:
    """``text``: all passages for a model to read; ``token``: the random part of its delimiters."""

    text: str
    token: str


def framed(passages: Sequence[LabelledPassage], *, token: str = "") -> FramedSources:
    """``passages`` between delimiters with a random token, every line marked as the book's; what looks like a border in
    them is written in other signs."""
    token = token or secrets.token_hex(8)
    parts = [
        f"<<<BOOK {token} [{one.label}]>>>\n{_marked(neutral(one.text).replace(token, ''), token)}\n<<<END {token}>>>"
        for one in passages
    ]
    return FramedSources("\n\n".join(parts), token)


def neutral(text: str) -> str:
    """``text`` with nothing that could be taken for the border of a message."""
    swapped = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "`": "'", "~": "-", ":": "：", "#": "＃"})
    return BORDERS.sub(lambda border: border[0].translate(swapped), text)


def _marked(text: str, token: str) -> str:
    return "\n".join(f"{token[:4]}| {line}" for line in text.splitlines())
