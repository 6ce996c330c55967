"""The words of a query as the catalogue's languages read them, and how rare each is: one round trip for both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection

from library.search import bm25

MOST_LIKELY = "en"  # where a query has no stop words
READ = """
WITH RECURSIVE present AS (
  (SELECT language FROM catalog_book ORDER BY language LIMIT 1)
  UNION ALL
  SELECT (SELECT language FROM catalog_book WHERE language > present.language ORDER BY language LIMIT 1)
  FROM present WHERE present.language IS NOT NULL
), configurations AS (
  SELECT lyceum_text_configuration(language) AS configuration, array_agg(language::text ORDER BY language) AS languages
  FROM present WHERE language IS NOT NULL GROUP BY 1
), asked AS (
  SELECT unnest(%s::text[]) AS word
), reading AS (
  SELECT '' AS word, coalesce(array_agg(language::text ORDER BY language), '{}') AS languages, '' AS lexeme
  FROM present WHERE language IS NOT NULL
  UNION ALL
  SELECT word, NULL, word FROM asked
  UNION ALL
  SELECT word, languages, (tsvector_to_array(to_tsvector(configuration, word)))[1] FROM configurations, asked
  WHERE configuration <> 'pg_catalog.simple'::regconfig
)
SELECT word, languages, reading.lexeme, coalesce(books, 0), coalesce(as_word, 0), coalesce(words, 0)
FROM reading LEFT JOIN catalog_term AS term ON term.lexeme = reading.lexeme
"""  # one index probe for each language, however many books


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
        return next((stem for stem, languages in self.stems.items() if language in languages), self.text)

    @property
    def lexemes(self) -> list[str]:
        """Itself and its stems."""
        return [self.text, *(stem for stem in self.stems if stem != self.text)]


@dataclass
class Vocabulary:
    """What is known of a query's words."""

    words: dict[str, Word] = field(default_factory=dict)
    languages: set[str] = field(default_factory=set)
    books: int = 0
    average: float = 0.0  # words in a record

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


def read(words: Iterable[str]) -> Vocabulary:
    """``words`` (bare, folded) in all languages that the catalogue holds."""
    asked = list(dict.fromkeys(words))
    known = Vocabulary(words={word: Word(word) for word in asked})
    with connection.cursor() as cursor:
        cursor.execute(READ, [asked])
        for text, languages, lexeme, books, as_word, total in cursor.fetchall():
            if not text:
                known.languages, known.books = set(languages), books
                known.average = total / books if books else 0.0
                continue
            word = known.words[text]
            if lexeme is None:
                word.nothing_in.update(languages)
                continue
            word.books = max(word.books, books)
            word.counts[lexeme] = books
            if languages is None:
                word.as_word = as_word
            else:
                word.stems.setdefault(lexeme, set()).update(languages)
    return known
