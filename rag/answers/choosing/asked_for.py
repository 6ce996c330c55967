"""What a question asks for — a person, a time, a cause — and about what. By small rules for each language. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.answers.choosing.languages.words import Kind, Opener, known, words_of
from rag.text.sentences import fold_space

ENDS = " \t\"'“”‘’«»¿¡?!؟.…"
LEAD = re.compile(
    r"^(?:and|but|so|please|well|then|y|pero|und|aber|bitte|also|et|mais|а|и|но|و)\s+(?=\S)|^و(?=(?:ما|من|كم|متى|أين|كيف|لماذا|هل)\b)",
    re.IGNORECASE,
)
FOREIGN = "foreign"  # beside the languages, where thresholds are told: asked in another language than the text's
IN_LATIN_LETTERS = "af ca cs da de en es et eu fi fr ga gl hr hu id is it lt lv ms nl no pl pt ro sk sl sq sv sw tr vi"
LATIN = frozenset(re.findall(r"\w+", IN_LATIN_LETTERS))
WEAK = {"yes_no", "unknown"}
ARABIC_MARKS = re.compile(r"[\u064b-\u0652\u0670\u0640]")
SIDE_ARTICLE = re.compile(
    r"^(?:an?|the|el|la|los|las|un|una|der|die|das|den|dem|ein|eine[mnr]?|le|les|une?)\s+|^l[’']", re.I
)


@dataclass(frozen=True)
class AskedFor:
    """``about``: the question without the words that only tell its kind. ``sides``: what is to be told apart.
    ``demands``: an answer must show its kind. ``language``: that of the question, where its opening tells it."""

    kind: Kind
    about: str
    sides: tuple[str, ...] = ()
    demands: bool = False
    language: str = ""


ANYTHING = AskedFor("unknown", "")


def asked_for(question: str, language: str = "") -> AskedFor:
    """What ``question`` asks for. ``language``: of the text that is asked; its rules are tried first. Where no rule
    knows the question, its kind is *unknown* and nothing is demanded of an answer."""
    bare = ARABIC_MARKS.sub("", fold_space(question)).strip(ENDS)
    bare = LEAD.sub("", bare)
    for told, opener, match in _matches(bare, language):
        about = (match.groupdict().get("about") or bare[match.end() :]).strip(ENDS + ",;:")
        sides = tuple(_side(match[name]) for name in ("one", "other") if match.groupdict().get(name))
        return AskedFor(opener.kind, about or bare, sides, opener.demands, told)
    return AskedFor("unknown", bare)


def is_foreign(asked: AskedFor, language: str) -> bool:
    """Whether the question is in another language than a text in ``language``, as its opening or its letters tell."""
    if asked.language and language:
        return asked.language != language
    letters = [one for one in asked.about if one.isalpha()]
    strange = sum(one > "\u024f" for one in letters)
    return language in LATIN and strange > len(letters) / 2


def _matches(bare: str, language: str) -> Iterator[tuple[str, Opener, re.Match[str]]]:
    """What fits, best first: a sure kind before one that nearly any question could be, the text's language first."""
    found = [
        (one, opener, match)
        for one in sorted(known(), key=lambda one: one != language)
        if (words := words_of(one)) is not None
        for opener in words.openers
        if (match := opener.pattern.match(bare))
    ]
    yield from sorted(found, key=lambda one: one[1].kind in WEAK)


def _side(text: str) -> str:
    return SIDE_ARTICLE.sub("", text.strip(ENDS))
