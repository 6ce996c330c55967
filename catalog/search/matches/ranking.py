"""The order of what was found: words and meaning fused, and a known title before everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from catalog.models import Book
from catalog.search.matches import statement
from catalog.search.matches.statement import COVER, LOOKED_AT, Candidate
from catalog.search.words.query import Query
from catalog.values.filing import ARTICLES
from library.search import cut
from library.search.fold import words
from library.search.fusion import min_max

FUSED = 300  # so many by words are weighed against what is near in meaning
# Cosines that are worth nothing and all. Fixed ends, for "the nearest of all" is still far from most names.
FAR, NEAR = 0.3, 0.8
SAME_TITLE, TITLE_STARTS, TITLE_AND_PEOPLE = 1.0, 0.3, 0.5


def order(candidates: Sequence[Candidate], near: Mapping[int, float], query: Query, *, trust: float = 1.0) -> list[int]:
    """Ids of ``candidates`` (given in a total order), the best first.

    ``near``: cosines by book. ``trust``: how much the best match by words is worth, 1 where it has all words.
    """
    place = {one.book: number for number, one in enumerate(candidates)}
    lexical = {one.book: one.score * (1 + COVER * one.cover) for one in candidates if one.by_words}
    by_words = sorted(lexical, key=lambda book: (-lexical[book], place[book]))
    best = max(lexical.values(), default=0.0) or 1.0
    head = {book: lexical[book] / best for book in by_words[:FUSED]}
    meant = {book: cosine for book, cosine in near.items() if book in place}
    fused = min_max(head, meant, ends=((0.0, 1.0 / trust), (FAR, NEAR))) if meant else head
    first = sorted(fused, key=lambda book: (-fused[book], place[book]))
    told = {one.book: one.texts for one in candidates if one.texts}
    for book, more in known(first[:LOOKED_AT], query, told).items():
        fused[book] += more
    first.sort(key=lambda book: (-fused[book], place[book]))
    return [*first, *(book for book in by_words[FUSED:] if book not in fused)]


def known(books: Sequence[int], query: Query, told: Mapping[int, tuple[str, ...]]) -> dict[int, float]:
    """By book, what it gains where the query as a whole is its title, begins it, or is title and people.

    ``told``: by book its ``statement.TITLE``, as far as they are known; the others are asked for.
    """
    texts = {book: told[book] for book in books if book in told}
    if rest := [book for book in books if book not in told]:
        texts |= {book: row for book, *row in Book.objects.filter(pk__in=rest).values_list("pk", *statement.TITLE)}
    gains = {book: gain(query.text, *title) for book, title in texts.items()}
    return {book: more for book, more in gains.items() if more}


def gain(asked: str, title: str, subtitle: str, people: str, language: str) -> float:
    """``asked`` as bare words, ``people`` as they are searched; leading articles do not count."""
    whole = words(f"{title} {subtitle}")
    title = words(title) if subtitle else whole
    articles = ARTICLES.get(language, ())
    asked_ = _bare(asked, articles)
    whole_ = _bare(whole, articles)
    title_ = _bare(title, articles) if subtitle else whole_
    if asked_ in {title_, whole_}:
        return SAME_TITLE
    if f"{whole_} ".startswith(f"{asked_} ") or (
        not asked_.isascii() and cut.LAST_RUNS.search(asked_) and whole_.startswith(asked_)
    ):
        return TITLE_STARTS
    given = _words(asked)
    if title_.isascii() and title_.partition(" ")[0] not in given:  # as of nearly all titles
        return 0.0
    about = set(cut.asked(title_))
    if about and about <= given <= about | set(people.split()) | {"by"} | set(cut.asked(title)):
        return TITLE_AND_PEOPLE
    return 0.0


@lru_cache(maxsize=64)
def _words(asked: str) -> frozenset[str]:
    return frozenset(cut.asked(asked))


def _bare(text: str, articles: Sequence[str]) -> str:
    for article in articles:
        if text.startswith(article):
            return text.removeprefix(article)
    return text
