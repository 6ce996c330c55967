"""Texts with words in double braces: found, and filled in. Nothing can be called, looked up or decided in them.

What is empty takes its surroundings with it: a line all of whose words are empty is left out, and where it would have
said nothing else, its whole paragraph. So no letter begins "Dear ,", and none says "Also:" and then nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

WORD = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
LEFT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\{\{|\}\}|\{%|%\}", re.DOTALL)


def words_in(text: str) -> set[str]:
    """The names that stand in double braces."""
    return set(WORD.findall(text))


def strangers(text: str) -> list[str]:
    """Whatever else looks as if something should be put in: marks that are no plain name in double braces."""
    return LEFT.findall(WORD.sub("", text))


def fill(text: str, words: Mapping[str, str]) -> str:
    """``text`` with each word in its place. What a word says is not looked at again."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
    return "\n\n".join(filled for paragraph in paragraphs if (filled := _paragraph(paragraph, words)))


def _paragraph(text: str, words: Mapping[str, str]) -> str:
    lines = [line for line in text.split("\n") if not _is_empty(line, words)]
    if not any(words_in(line) for line in lines) and any(_is_bare(line) for line in text.split("\n")):
        return ""
    return WORD.sub(lambda found: words.get(found[1], ""), "\n".join(lines)).strip("\n")


def _is_bare(line: str) -> bool:
    """Whether it is made of words in braces alone."""
    return bool(words_in(line)) and not WORD.sub("", line).strip()


def _is_empty(text: str, words: Mapping[str, str]) -> bool:
    names = words_in(text)
    return bool(names) and not any(words.get(name, "").strip() for name in names)
