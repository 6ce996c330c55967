"""A query in the words of PostgreSQL: one ``tsquery`` for all languages, so that the index is read once. Pure.

Each word is written as ``'cells' | 'cell' & '~en' | …``: itself in any book, its stem in books of the language that
stems it so, and nothing at all in books of a language in which it is a stop word (unless that is all there is to ask).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.search.words.query import Part, Query, is_plain
from catalog.search.words.vocabulary import Vocabulary, Word

RAREST = 8
INITIALS = (2, 3)
RARE = 500  # books at most that have the one word that descriptions keep of a phrase
TITLE = "A"  # the weight of words of the title
PROSE = "D"  # of words of the description, where no stop words are kept


def quoted(lexeme: str, weight: str = "", *, prefix: bool = False) -> str:
    """``lexeme`` as PostgreSQL reads it back."""
    marks = ("*" if prefix else "") + weight
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'" + (f":{marks}" if marks else "")


def all_of(queries: Iterable[str]) -> str:
    return " & ".join(f"({one})" for one in queries if one)


def any_of(queries: Iterable[str]) -> str:
    return " | ".join(f"({one})" for one in dict.fromkeys(queries) if one)


class Writer:
    """Writes parts of a query. ``titles``: only what stands in titles counts, in whatever language it is a stem.

    ``loosely``: a phrase of which descriptions keep one word only ("romance of the") may be any description with this
    word, however many there are. ``left_out``: whether that was left out of something that was written.

    ``roughly``: in whatever language it is a stem, and in a phrase any reading of a word beside any of the next. That
    finds all that the query finds and little more, and an index answers it several times as quickly.
    """

    def __init__(
        self, known: Vocabulary, *, titles: bool = False, loosely: bool = False, roughly: bool = False
    ) -> None:
        self.known = known
        self.titles = titles
        self.loosely = loosely
        self.roughly = roughly
        self.left_out = False

    def whole(self, query: Query, *, prefix: bool = False) -> str:
        """All parts of any group; with ``prefix`` the very last word may be the beginning of one."""
        last = query.groups[-1][-1] if prefix and query.groups else None
        return any_of(self.group(group, prefix=last if group is query.groups[-1] else None) for group in query.groups)

    def group(self, parts: Sequence[Part], *, prefix: Part | None = None) -> str:
        parts = self._phrased(parts)
        free = self.known.languages - self._empty_in(parts) if not self.titles else set()
        return all_of(self.part(part, free=free, prefix=part is prefix) for part in parts)

    def excluded(self, query: Query) -> str:
        return any_of(self.part(part) for part in query.excluded)

    def part(self, part: Part, *, free: set[str] | frozenset[str] = frozenset(), prefix: bool = False) -> str:
        weight = TITLE if self.titles else part.weight
        instead = [self._row(row, weight) for row in part.also]
        if len(part.words) > 1:
            return any_of([self._phrase(part.words, weight, begun=part.is_begun), *instead])
        word = self.known.words[part.words[0]]
        begun = [quoted(word.text, weight, prefix=True)] if prefix or part.is_begun else []
        gone = [self._guard(word.nothing_in & free)] if word.nothing_in & free else []
        return any_of([*begun, *self._readings(word, weight), *self._initials(word, weight), *instead, *gone])

    def _row(self, texts: Sequence[str], weight: str) -> str:
        """Words that stand for another, side by side."""
        if len(texts) > 1:
            return self._phrase(texts, weight)
        return any_of(self._readings(self.known.words[texts[0]], weight))

    def _readings(self, word: Word, weight: str) -> list[str]:
        stems = [
            self._in(quoted(stem, weight), languages) for stem, languages in word.stems.items() if stem != word.text
        ]
        return [quoted(word.text, weight), *stems]

    def _initials(self, word: Word, weight: str) -> list[str]:
        """Two or three letters may be a name's: "jk" is "J.K." too."""
        letters = word.text
        if letters.isascii() and letters.isalpha() and len(letters) in INITIALS:
            return [side_by_side([quoted(letter, weight) for letter in letters])]
        return []

    def _phrase(self, texts: Sequence[str], weight: str, *, begun: bool = False) -> str:
        """Words side by side, the small ones too, but in descriptions, where these are gaps."""
        words = [self.known.words[text] for text in texts]
        readings = {tuple(texts): set(self.known.languages)}
        prose = dict[tuple[str, ...], set[str]]()
        for language in sorted(self.known.languages):
            stems = tuple(_stem(word, language) for word in words)
            whole = tuple(stem or text for stem, text in zip(stems, texts, strict=True))
            if whole != tuple(texts):
                readings.setdefault(whole, set()).add(language)
            if any(stems) and not all(stems):
                prose.setdefault(stems, set()).add(language)
        if self.roughly:
            found = [_in_a_row([tuple(dict.fromkeys(one)) for one in zip(*readings, strict=True)], weight, begun=begun)]
        else:
            rows = [
                (_in_a_row(_singly(stems), weight, begun=begun), languages) for stems, languages in readings.items()
            ]
            found = [self._in(row, languages) for row, languages in rows]
        if weight in {"", PROSE}:
            found += [
                self._in(_in_a_row(_singly(stems), PROSE, begun=begun), languages)
                for stems, languages in prose.items()
                if self._tells(stems)
            ]
        return any_of(found)

    def _tells(self, stems: Sequence[str]) -> bool:
        """Whether enough is left of a phrase to look for it in descriptions: two words, or one that is rare."""
        left = [stem for stem in stems if stem]
        counts = (word.counts.get(left[0], 0) for word in self.known.words.values())
        if self.loosely or len(left) > 1 or max(counts, default=0) <= RARE:
            return True
        self.left_out = True
        return False

    def _phrased(self, parts: Sequence[Part]) -> Sequence[Part]:
        """Where only stop words are asked for ("to be or not to be") they have to be side by side."""
        texts = [part.words[0] for part in parts if is_plain(part)]
        language = self.known.asked_in(" ".join(texts))
        if len(texts) < 2 or len(texts) < len(parts) or not language:
            return parts
        alone = all(language in self.known.words[text].nothing_in for text in texts)
        return [Part(tuple(texts))] if alone else parts

    def _empty_in(self, parts: Sequence[Part]) -> set[str]:
        """The languages in which nothing of it is left."""
        words = [self.known.words[text] for part in parts for text in part.words]
        return set.intersection(*(word.nothing_in for word in words)) if words else set()

    def _in(self, query: str, languages: set[str]) -> str:
        if self.titles or self.roughly or languages >= self.known.languages:
            return query
        return f"({query}) & ({self._guard(languages)})"

    def _guard(self, languages: set[str]) -> str:
        return " | ".join(quoted(f"~{language}") for language in sorted(languages))


def _stem(word: Word, language: str) -> str:
    return "" if language in word.nothing_in else word.stem_in(language)


def _singly(stems: Sequence[str]) -> list[tuple[str, ...]]:
    return [(stem,) if stem else () for stem in stems]


def _in_a_row(places: Sequence[tuple[str, ...]], weight: str, *, begun: bool) -> str:
    """At each place any of the lexemes; anything where none is given. ``begun``: the last may go on."""
    last = len(places) - 1
    written = [
        [quoted(one, weight, prefix=begun and place == last) for one in ones] for place, ones in enumerate(places)
    ]
    return side_by_side([f"({any_of(ones)})" if len(ones) > 1 else "".join(ones) for ones in written])


def side_by_side(lexemes: Sequence[str]) -> str:
    """One after the other; an empty one stands for any word."""
    written, gap = "", 0
    for lexeme in lexemes:
        gap += 1
        if lexeme:
            written = f"{written} <{gap}> {lexeme}" if written else lexeme
            gap = 0
    return written


def at_least(weighted: Sequence[tuple[str, float]], need: float) -> str:
    """Any of the queries whose weights together reach ``need``; empty where not even all do.

    Give the heaviest first. Written as one decision after the other, so that eight make some dozens of terms.
    """
    rest = [0.0]
    for _one, weight in reversed(weighted):
        rest.append(rest[-1] + weight)
    rest.reverse()

    def decide(place: int, missing: float) -> str:
        if rest[place] < missing - 1e-9:
            return ""
        one, weight = weighted[place]
        if weight >= missing - 1e-9:
            with_it = f"({one})"
        else:
            further = decide(place + 1, missing - weight)
            with_it = f"({one}) & ({further})" if further else ""
        without = decide(place + 1, missing) if place + 1 < len(weighted) else ""
        return any_of([with_it, without])

    return decide(0, need) if weighted and need > 0 else ""


def relaxed(texts: Sequence[str], known: Vocabulary, *, share: float, missing: int | None = None) -> str:
    """Those of the words (the rarest first) that together tell at least ``share`` of what all would.

    With ``missing``: and no less than all but the so many heaviest. Empty where there is nothing to relax.
    """
    weighted = [(one, known.idf(text)) for one, text in _written(texts, known)]
    mass = sum(weight for _one, weight in weighted)
    need = share * mass
    if missing is not None:
        need = max(need, mass - sum(weight for _one, weight in weighted[:missing]))
    return at_least(weighted, need) if len(weighted) > 1 else ""


def all_but(texts: Sequence[str], known: Vocabulary, *, missing: int) -> str:
    """Any of the words but so many."""
    return at_least([(one, 1.0) for one, _text in _written(texts, known)], len(texts[:RAREST]) - missing)


def _written(texts: Sequence[str], known: Vocabulary) -> list[tuple[str, str]]:
    writer = Writer(known)
    return [(writer.part(Part((text,))), text) for text in texts[:RAREST]]


def divided(query: Query, known: Vocabulary) -> tuple[list[str], list[str]]:
    """The informative words that books have, and those that none has; all count as had where nothing is counted yet."""
    asked = informative(query, known)
    had = [text for text in asked if known.words[text].books or not known.books]
    return had, [text for text in asked if text not in had]


def informative(query: Query, known: Vocabulary) -> list[str]:
    """The plain words that are no stop words where the query seems to come from, the rarest first."""
    texts = query.plain_words
    language = known.asked_in(query.text)
    kept = [text for text in texts if language not in known.words[text].nothing_in] if language else list(texts)
    return sorted(kept, key=lambda text: (-known.idf(text), text))
