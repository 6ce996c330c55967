"""What answers look like: a name, a date, a number … that the question does not have itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.answers.choosing.asked_for import AskedFor
from rag.answers.choosing.languages.words import LanguageWords, words_of
from rag.text.sentences import TextSpan

CAPITAL = r"[^\W\d_a-zß-öø-ÿа-яёα-ω]"
NAME = re.compile(
    rf"{CAPITAL}[\w’'-]*(?:[ -](?:(?:de|del|van|von|der|di|da|la|le|al|bin|ibn|of|the|y|e) )*{CAPITAL}[\w’'-]*)*"
)
NAMED_PLACE = re.compile(rf"\s(?:the |la |el |der |dem |den |las |los |le )?{CAPITAL}")
TOKEN = re.compile(r"\w+")
FIRST = re.compile(r"^[\W\d_]*")
NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
    i the a an it he she they we you in on at of for from by to this that these those there his her its their our my but
    and or if when while as because since with after before who what how so then no not yes most many some all each
    both one two three first finally thus however only later today once under about another other such
    el la los las un una en de del por para con sin se su sus al lo no y pero si cuando este esta ese esa aquel desde
    der die das ein eine im am in an auf es er sie wir und aber wenn als mit von zu bei nach vor aus für
    le les l un une il elle ils elles nous on dans en à au du des et mais si quand avec pour par sur
    в на и но а он она они это с по из за от к у о для при если когда как что
    dna rna atp god mr mrs dr monday tuesday wednesday thursday friday saturday sunday january february march april may
    june july august september october november december
""",
    )
)


def shows(asked: AskedFor, text: str, language: str, question: str) -> bool | None:
    """Whether ``text`` has what a question of this kind wants; ``None`` where nobody can tell."""
    words = words_of(language)
    if words is None:
        return None
    match asked.kind:
        case "person":
            return any(True for _ in names(text, words, question)) if words.names else None
        case "date":
            return any(True for _ in fresh(words.dates, text, question))
        case "time":
            return any(True for _ in fresh(words.times, text, question)) or _has(words.dates, text, question)
        case "quantity":
            return any(True for _ in fresh(words.numbers, text, question))
        case "place":
            is_somewhere = any(NAMED_PLACE.match(text, one.end()) for one in words.places.finditer(text))
            return True if is_somewhere and words.names else None if words.places.search(text) else False
        case "cause":
            return True if words.causes.search(text) else None
    return None


def _has(pattern: re.Pattern[str], text: str, question: str) -> bool:
    return next(fresh(pattern, text, question), None) is not None


def has_number(text: str, language: str) -> bool:
    """Whether ``text`` says a number."""
    words = words_of(language)
    return words is not None and words.numbers.search(text) is not None


def fresh(pattern: re.Pattern[str], text: str, question: str) -> Iterator[TextSpan]:
    """Where ``pattern`` stands in ``text`` with a word that the question does not have."""
    known = _tokens(question)
    for match in pattern.finditer(text):
        if match[0] and not _tokens(match[0]) <= known:
            yield TextSpan(match.start(), match.end())


def names(text: str, words: LanguageWords, question: str) -> Iterator[TextSpan]:
    """Names in ``text`` that the question does not have. One capital letter at the beginning of a sentence, and in a
    language that writes all nouns with one, tells no name: there it takes two such words in a row."""
    known = _tokens(question) | NO_NAMES
    begins = FIRST.match(text)
    start = begins.end() if begins else 0
    for match in NAME.finditer(text):
        fresh_words = [one for one in TOKEN.findall(match[0]) if one[0].isupper() and one.casefold() not in known]
        if not fresh_words:
            continue
        alone = len(fresh_words) == 1
        if alone and (words.nouns or (match.start() == start and not _acts(text[match.end() :]))):
            continue
        yield TextSpan(match.start(), match.end())


def _acts(behind: str) -> bool:
    """Whether a word at the beginning of a sentence is what acts in it: *Schleiden proposed …*"""
    return re.match(r"(?:’s|'s)? \w+(?:ed|ó|te|l|ла|wrote|found|made|built|saw|was|is)\b", behind) is not None


def _tokens(text: str) -> set[str]:
    return {one.casefold() for one in TOKEN.findall(text)}


def defines(about: str, text: str, language: str) -> float:
    """How much ``text`` looks like a definition of ``about``: 1 where it begins with it and says what it is, or names
    it (*… is called X*), less where it stands further inside; 0 for none."""
    words = words_of(language)
    if words is None or not about or len(about.split()) > 5:
        return 0.0
    wanted = r"[\s’'-]+".join(rf"{re.escape(_stem(one))}\w{{0,3}}" for one in re.findall(r"[^\s’'-]+", about))
    if re.search(rf"\b{words.named}[\s“\"«'‘]+{wanted}(?!\w)", text, re.IGNORECASE):
        return 1.0
    inside = re.search(rf"(?<!\w){wanted}(?!\w)[^.,;:(—–]{{0,40}}?\s?(?:{words.defines})", text, re.IGNORECASE)
    if inside is None:
        return 0.0
    ahead = len(TOKEN.findall(text[: inside.start()]))
    return 1.0 if ahead <= 1 else 0.6 if ahead <= 3 else 0.2


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 4 and word[-1] in "sesnaoyа" else word
