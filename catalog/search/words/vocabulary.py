"""The words of a query as the catalogue's languages read them, and how rare each is: one round trip for both."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

from catalog.search.time_limit import rows
from library.search import bm25

MOST_LIKELY = "en"  # where a query has no stop words
PRESENT = """
WITH RECURSIVE present AS (
  (SELECT language FROM catalog_book ORDER BY language LIMIT 1)
  UNION ALL
  SELECT (SELECT language FROM catalog_book WHERE language > present.language ORDER BY language LIMIT 1)
  FROM present WHERE present.language IS NOT NULL
)"""  # one index probe for each language, however many books
WHOLE = """
SELECT '' AS word, (SELECT string_agg(language, ' ' ORDER BY language) FROM present) AS languages, '' AS lexeme,
  EXISTS (SELECT FROM catalog_bookgeneration WHERE state = 'live') AS answers
"""
# Words that this process has not read yet: their stems in every language, one row for each lexeme of a word.
READ = f"""{PRESENT}, configurations AS (
  SELECT lyceum_text_configuration(language) AS configuration, string_agg(language, ' ') AS languages
  FROM present WHERE language IS NOT NULL GROUP BY 1
), asked AS (
  SELECT unnest(%(words)s::text[]) AS word
), reading AS (
  {WHOLE}
  UNION ALL
  SELECT word, NULL, word, NULL FROM asked
  UNION ALL
  SELECT word, string_agg(languages, ' '), lexeme, NULL FROM (
    SELECT word, languages, (tsvector_to_array(to_tsvector(configuration, word)))[1] AS lexeme
    FROM configurations, asked WHERE configuration <> 'pg_catalog.simple'::regconfig
  ) AS stemmed GROUP BY word, lexeme
)
SELECT word, languages, reading.lexeme, coalesce(books, 0), coalesce(as_word, 0), coalesce(words, 0), answers
FROM reading LEFT JOIN catalog_term AS term ON term.lexeme = reading.lexeme
"""
# Words whose stems are known: only how rare they are now.
COUNT = f"""{PRESENT}, whole AS ({WHOLE})
SELECT '', languages, '', coalesce(books, 0), 0, coalesce(words, 0), answers
FROM whole LEFT JOIN catalog_term AS term ON term.lexeme = ''
UNION ALL
SELECT '', NULL, lexeme, books, as_word, 0, NULL FROM catalog_term WHERE lexeme = ANY(%(lexemes)s::text[])
"""
REMEMBERED = 4_000  # words whose stems a process keeps: they never change, and readers ask the same words


@dataclass
class Word:
    """One word: what it is in the index. ``stems``: by lexeme, the languages that read it so."""

    text: str
    stems: dict[str, set[str]] = field(default_factory=dict)
    nothing_in: set[str] = field(default_factory=set)  # a stop word there
    books: int = 0  # in how many it is, at most, in any reading
    as_word: int = 0
    counts: dict[str, int] = field(default_factory=dict)  # books by lexeme

    def stem_in(self, language: str) -> str:
        """How ``language`` reads it."""
        return self._by_language.get(language, self.text)

    @cached_property
    def _by_language(self) -> dict[str, str]:
        return {language: stem for stem, languages in self.stems.items() for language in languages}

    @property
    def lexemes(self) -> list[str]:
        """Itself and its stems."""
        return [self.text, *(stem for stem in self.stems if stem != self.text)]

    @property
    def present(self) -> list[str]:
        """Those of ``lexemes`` that books have by the last count; all where that knows of none."""
        return [lexeme for lexeme in self.lexemes if self.counts.get(lexeme)] or self.lexemes


@dataclass
class Vocabulary:
    """What is known of a query's words."""

    words: dict[str, Word] = field(default_factory=dict)
    languages: set[str] = field(default_factory=set)
    books: int = 0
    average: float = 0.0  # words in a record
    answers: bool = False  # a generation of vectors answers what is near in meaning

    def idf(self, word: str) -> float:
        """How rare ``word`` is; 1 where nothing is counted yet."""
        return bm25.idf(self.books, self.words[word].books) if self.books else 1.0

    def asked_in(self, text: str, preferred: str = MOST_LIKELY) -> str:
        """The language with the most stop words in ``text``; empty where no language has any."""
        votes: dict[str, int] = {}
        for word in text.split():
            for language in self.words[word].nothing_in if word in self.words else ():
                votes[language] = votes.get(language, 0) + 1
        return min(votes, key=lambda code: (-votes[code], code != preferred, code)) if votes else ""

    def unknown(self, text: str, words: Iterable[str]) -> set[str]:
        """Those of ``words`` that no title, name or heading has, nor any book in another form of the same word.

        Other forms as the language of ``text`` makes them: in some language most misspellings are a form of something.
        """
        language = self.asked_in(text) or MOST_LIKELY
        strange = (self.words[word] for word in words if self.words[word].as_word == 0)
        return {word.text for word in strange if not word.counts.get(word.stem_in(language))}


@dataclass(frozen=True)
class _Stems:
    """How ``languages`` read a word: by lexeme, those that read it so, and those in which it is a stop word."""

    languages: frozenset[str]
    by_lexeme: tuple[tuple[str, frozenset[str]], ...]
    nothing_in: frozenset[str]


_remembered: OrderedDict[str, _Stems] = OrderedDict()
_lock = Lock()


def read(words: Iterable[str]) -> Vocabulary:
    """``words`` (bare, folded) in all languages that the catalogue holds. One query, two where a language is new."""
    asked = list(dict.fromkeys(words))
    stems = {word: _remembered.get(word) for word in asked}
    known = [one for one in stems.values() if one is not None]
    if len(known) == len(asked):
        vocabulary = _counted({word: one for word, one in stems.items() if one})
        if all(vocabulary.languages <= one.languages for one in known):
            return vocabulary
    return _read(asked)


def _read(asked: list[str]) -> Vocabulary:
    known = Vocabulary(words={word: Word(word) for word in asked})
    for text, languages, lexeme, books, as_word, total, answers in rows(READ, {"words": asked}, often=True):
        if not text:
            _take_whole(known, languages, books, total, answers=answers)
            continue
        word = known.words[text]
        if lexeme is None:
            word.nothing_in.update(languages.split())
            continue
        word.books = max(word.books, books)
        word.counts[lexeme] = books
        if languages is None:
            word.as_word = as_word
        else:
            word.stems.setdefault(lexeme, set()).update(languages.split())
    _remember(known)
    return known


def _counted(stems: dict[str, _Stems]) -> Vocabulary:
    """Words whose stems are remembered, in the languages that the catalogue holds now."""
    lexemes = {lexeme for word, one in stems.items() for lexeme in (word, *(stem for stem, _in in one.by_lexeme))}
    known, counts = Vocabulary(), dict[str, tuple[int, int]]()
    for _text, languages, lexeme, books, as_word, total, answers in rows(
        COUNT, {"lexemes": sorted(lexemes)}, often=True
    ):
        if lexeme:
            counts[lexeme] = books, as_word
        else:
            _take_whole(known, languages, books, total, answers=answers)
    for text, one in stems.items():
        word = known.words[text] = Word(text, nothing_in=set(one.nothing_in & known.languages))
        word.stems = {lexeme: set(present) for lexeme, read in one.by_lexeme if (present := read & known.languages)}
        word.counts = {lexeme: counts.get(lexeme, (0, 0))[0] for lexeme in word.lexemes}
        word.books, word.as_word = max(word.counts.values()), counts.get(text, (0, 0))[1]
    return known


def _take_whole(known: Vocabulary, languages: str | None, books: int, total: int, *, answers: bool) -> None:
    known.languages, known.books, known.answers = set((languages or "").split()), books, answers
    known.average = total / books if books else 0.0


def _remember(known: Vocabulary) -> None:
    with _lock:
        for text, word in known.words.items():
            stems = tuple((lexeme, frozenset(languages)) for lexeme, languages in word.stems.items())
            _remembered[text] = _Stems(frozenset(known.languages), stems, frozenset(word.nothing_in))
            _remembered.move_to_end(text)
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
