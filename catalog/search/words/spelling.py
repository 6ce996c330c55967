"""What somebody may have meant, where what they typed finds nothing.

Words that no title, name or heading has are compared with those that share what is left when a letter or two are taken
away (Garbe's SymSpell): a lookup in an index instead of a comparison with every word. Only what readers may see is
suggested, for only that is counted in ``CatalogTerm``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, islice, product
from math import log
from typing import Any

from catalog.search.time_limit import rows
from catalog.search.words import tsquery, vocabulary
from catalog.search.words.query import Query
from catalog.search.words.vocabulary import Vocabulary

Measure = Callable[..., Any]  # of two words
SHORTEST, LONGER, PREFIX = 4, 6, 7  # letters: corrected at all, by two edits, compared by their beginning
LACKS_ONE = 3  # letters: a word so short may lack a letter beside other words
TELLING = 2  # so many words must be known, or be one slip away, where only some can be corrected
WORDS_AT_MOST, EACH, TRIES = 6, 12, 48
LOOKED_AT = 300  # words with a shared rest that are compared, the most frequent first
CANDIDATES = """
SELECT asked.word, term.lexeme, term.as_word
FROM jsonb_to_recordset(%(asked)s::jsonb) AS asked(word text, deletes text[]),
LATERAL (
  SELECT lexeme, as_word FROM catalog_term
  WHERE deletes && asked.deletes AND as_word > 0 AND lexeme <> asked.word
  ORDER BY as_word DESC, lexeme LIMIT %(at_most)s::bigint
) AS term
"""
# A subquery that cannot become a join: one row after the other is tried, and the first that finds something ends it.
FIRST = """
SELECT place FROM unnest(%(words)s::text[], %(without)s::text[]) WITH ORDINALITY AS asked(words, without, place)
WHERE (
  SELECT true FROM catalog_bookfacts AS facts
  WHERE facts.vector @@ (CASE WHEN asked.without = '' THEN asked.words
    ELSE format('(%%s) & !(%%s)', asked.words, asked.without) END)::tsquery
    AND (%(all)s::boolean OR NOT facts.is_suppressed) LIMIT 1
) LIMIT 1
"""


@dataclass(frozen=True)
class Correction:
    """One word that may have been meant; ``cost``: less is likelier. ``books``: in how many it is."""

    word: str
    cost: float
    books: int = 0


def edits_allowed(word: str) -> int:
    """In how many places ``word`` may be wrong; none for short words and numbers."""
    if len(word) < SHORTEST or not word.isalpha():
        return 0
    return 1 if len(word) < LONGER else 2


def _may_be_wrong(word: str) -> bool:
    return bool(edits_allowed(word)) or (len(word) == LACKS_ONE and word.isalpha())


def deletes(word: str) -> list[str]:
    """The beginning of ``word`` and what is left of it without one or two letters, sorted."""
    start = word[:PREFIX]
    allowed = edits_allowed(word)
    if not allowed:
        return []
    found = {start}
    for number in range(1, allowed + 1):
        found.update(
            "".join(letter for place, letter in enumerate(start) if place not in gone)
            for gone in combinations(range(len(start)), number)
        )
    return sorted(found)


def corrections(words: Iterable[str], *, each: int = EACH) -> dict[str, list[Correction]]:
    """For each word the likeliest others, the best first. One query."""
    asked = [{"word": word, "deletes": deletes(word) or [word]} for word in words if _may_be_wrong(word)][
        :WORDS_AT_MOST
    ]
    if not asked:
        return {}
    found: dict[str, list[Correction]] = {}
    for word, other, frequency in rows(CANDIDATES, {"asked": json.dumps(asked), "at_most": LOOKED_AT}, often=True):
        cost = _cost(word, other, frequency)
        if cost is not None:
            found.setdefault(word, []).append(Correction(other, cost, frequency))
    return {word: sorted(others, key=lambda one: (one.cost, one.word))[:each] for word, others in found.items()}


@cache
def _measures() -> tuple[Measure, Measure]:
    """Edits between two words, a swap of neighbours being one, and how alike they are from 0 to 1.

    Loaded by the first word that is spelled otherwise: most processes never see one.
    """
    from rapidfuzz.distance import OSA, JaroWinkler

    return OSA.distance, JaroWinkler.similarity


def _cost(word: str, other: str, frequency: int) -> float | None:
    """``None`` where the two are too far apart. A swap of neighbours is one edit; rare words are less likely meant."""
    allowed = min(edits_allowed(word) or 1, edits_allowed(other))
    edits, likeness = _measures()
    distance: int = edits(word, other, score_cutoff=allowed)
    if distance > allowed:
        return None
    unlike: float = 1 - likeness(word, other)
    return distance + 4 * unlike + 0.5 * (word[0] != other[0]) - 0.2 * log(1 + frequency)


def tries(query: Query, known: Vocabulary) -> list[dict[str, str]]:
    """Whole corrections of ``query``, the likeliest first: all unknown words, then one known word beside them."""
    words = [
        word for word in query.correctable_words if not known.words[word].nothing_in or not known.words[word].books
    ]
    strange = known.unknown(query.text, words)
    unknown = [word for word in words if word in strange]
    asked = [word for word in words if len(word) > LACKS_ONE or (word in strange and len(words) > 1)]
    others = _no_rarer(corrections(asked), known)
    if any(word not in others for word in unknown if edits_allowed(word)):
        unknown = [word for word in unknown if word in others]
    sets: list[tuple[float, dict[str, str]]] = []
    first = [others[word] for word in unknown if word in others]
    named = [word for word in unknown if word in others]
    if named:
        sets += _combined(named, first)
    spare = [word for word in words if word in others and word not in named]
    for word in spare:
        sets += [(cost + 2, swap) for cost, swap in _combined([*named, word], [*first, others[word]])]
    return [swap for _cost_, swap in sorted(sets, key=lambda one: one[0])[:TRIES]]


def _no_rarer(others: dict[str, list[Correction]], known: Vocabulary) -> dict[str, list[Correction]]:
    """Without the words that fewer books have than the one that was typed: that was hardly a slip."""
    kept = {word: [one for one in rows if one.books >= known.words[word].as_word] for word, rows in others.items()}
    return {word: rows for word, rows in kept.items() if rows}


def _combined(words: Sequence[str], others: Sequence[list[Correction]]) -> list[tuple[float, dict[str, str]]]:
    return [
        (sum(one.cost for one in choice), {word: one.word for word, one in zip(words, choice, strict=True)})
        for choice in islice(product(*others), TRIES * 8)
    ]


def corrected(query: Query, known: Vocabulary, *, staff: bool) -> tuple[Query, Vocabulary] | None:
    """``query`` with other words, so that all of them together are in a book, and what is known of these; ``None``
    where nothing likely does.

    Where no correction finds all words, those that no book has and nothing is like are left aside: one book must have
    all others, the corrected ones and those that were right, and these must tell enough: from noise nothing is
    guessed. Three queries at most.
    """
    swaps = tries(query, known)
    if not swaps:
        return None
    every = vocabulary.read([*query.words, *sorted({word for swap in swaps for word in swap.values()})])
    queries = [query.corrected(swap) for swap in swaps]
    unknown = known.unknown(query.text, query.plain_words)
    right = set(tsquery.informative(query, known)) - unknown
    absent = {word for word in query.correctable_words if not known.words[word].books}
    rest = [
        (one, one.without(absent - set(swap)))
        for one, swap in zip(queries, swaps, strict=True)
        if absent - set(swap) and set(swap) <= unknown and _tells_enough(swap, right, unknown)
    ]
    writer = tsquery.Writer(every, loosely=True)
    likely = [*((one, one) for one in queries), *rest]
    first = _first([(writer.whole(one), writer.excluded(one)) for _whole, one in likely], staff=staff)
    return None if first is None else (likely[first][0], every)


def _tells_enough(swap: dict[str, str], known: set[str], unknown: set[str]) -> bool:
    """Whether two words are known or a slip away, or the one that is a slip away is not beside others that are not."""
    edits, _likeness = _measures()
    near = [word for word, other in swap.items() if len(word) > SHORTEST and edits(word, other) == 1]
    return len(known) + len(near) >= TELLING or (bool(near) and set(swap) == unknown)


def _first(asked: Sequence[tuple[str, str]], *, staff: bool) -> int | None:
    """The place of the first of the pairs (words, without) of which some book has the words; one query."""
    words, without = [words for words, _without in asked], [without for _words, without in asked]
    found = rows(FIRST, {"words": words, "without": without, "all": staff}, often=True)
    return found[0][0] - 1 if found else None
