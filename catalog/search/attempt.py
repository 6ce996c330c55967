"""One reading of a query: what its words are here, and what they find."""

from __future__ import annotations

from dataclasses import replace
from math import inf, prod

from catalog.search import near
from catalog.search.matches import facets, ranking, statement
from catalog.search.matches import result_cache as kept
from catalog.search.matches.narrowing import Narrowing, asked_beside_words
from catalog.search.matches.page import FoundPage, PageRequest
from catalog.search.matches.statement import LOOKED_AT, RANKED, READINGS, Match, Outcome, Scored
from catalog.search.words import tsquery, vocabulary
from catalog.search.words.query import Part, Query, is_cut

ALL = 10**9
FEW = 15  # so many at most beside words that no book has
SHARE = 0.45  # so much of what all words would tell must be there in the end
TRUST = 0.7  # what the best match is worth that has most of the words, beside one that has all
NEAR_AT_MOST = 20  # books that are only near in meaning


class Attempt:
    """One reading of a query: its words as the catalogue has them, and what they find."""

    def __init__(
        self, query: Query, view: PageRequest, narrowing: Narrowing, known: vocabulary.Vocabulary | None = None
    ) -> None:
        """``known``: what a reading before this one learned of the words."""
        self.query = query
        self.view = view
        self.narrowing = narrowing
        self.beside = tuple(asked_beside_words(query))
        self.known = known or vocabulary.read(query.words)
        self.near: dict[int, float] | None = {}
        self.trust = 1.0
        if not self.is_one_word:
            self.ask_meaning()

    @property
    def is_one_word(self) -> bool:
        """Often a name, which is near in meaning to anything: only where words find next to nothing that is asked."""
        return len(self.query.text.split()) == 1

    def ask_meaning(self) -> None:
        """From now on add what is near in meaning. Nothing is near to operators: who writes them wants these words."""
        if self.query.groups and not self.query.meant:
            self.near = near.nearest(self.query.written, answers=self.known.answers)

    def all_words(self, *, prefix: bool = False, enough: int = 0) -> Outcome:
        """All words are there, the last perhaps only begun, if fewer than ``enough`` have it as it is.

        A phrase of which descriptions keep one frequent word is looked for in them where it is nowhere else.
        """
        at_most = self._at_most(prefix=prefix)
        writer = tsquery.Writer(self.known)
        outcome = self._all_words(writer, prefix=prefix, enough=enough, at_most=at_most)
        if outcome.found or not writer.left_out:
            return outcome
        return self._all_words(tsquery.Writer(self.known, loosely=True), prefix=prefix, enough=enough, at_most=at_most)

    def _all_words(self, writer: tsquery.Writer, *, prefix: bool, enough: int, at_most: int | None) -> Outcome:
        exact = writer.whole(self.query)
        roughly = ""
        if any(len(part.words) > 1 for group in self.query.groups for part in group):
            rough = tsquery.Writer(self.known, loosely=writer.loosely, roughly=True)
            roughly = rough.whole(self.query, prefix=prefix)
        if not prefix:
            return self._run(exact, roughly=roughly, at_most=at_most)
        words = writer.whole(self.query, prefix=True)
        return self._run(words, roughly=roughly, exact=exact, enough=enough, at_most=at_most)

    def expected(self) -> float:
        """About how many books have all words, if each comes by chance; endless where nothing is counted yet."""
        books = self.known.books
        return (
            sum(books * prod(self._having(part) / books for part in group) for group in self.query.groups)
            if books
            else inf
        )

    def _at_most(self, *, prefix: bool) -> int | None:
        """So many books can have all words; ``None`` where nobody knows."""
        if not self.known.books:
            return None
        groups = [[self._having(part) for part in group] for group in self.query.groups]
        if prefix:
            groups[-1].pop()
        return sum(map(min, groups)) if all(groups) else None

    def _having(self, part: Part) -> int:
        return min(sum(self.known.words[word].counts.values()) for word in part.words)

    def most_words(self) -> Outcome:
        """All but one, else what tells nearly half as much as all of them. Nothing, rather than much for noise."""
        had, strange = tsquery.divided(self.query, self.known)
        if strange:
            # Pairs of signs tell less than words: more of them must be known.
            spare = any(is_cut(part) for group in self.query.groups for part in group)
            ways = self._beside_strange(had) if len(had) >= len(strange) + spare else []
        else:
            ways = [(tsquery.relaxed(had, self.known, share=SHARE, missing=number), ALL) for number in (1, None)]
        for words, at_most in ways:
            if words and 0 < (outcome := self._run(words)).found <= at_most:
                self.trust = TRUST
                return outcome
        return Outcome()

    def _beside_strange(self, had: list[str]) -> list[tuple[str, int]]:
        """Beside words that no book has: all others, or two at least; one alone must be rare."""
        ways = [(tsquery.all_but(had, self.known, missing=0), ALL if len(had) > 1 else FEW)]
        return [*ways, (tsquery.all_but(had, self.known, missing=1), FEW)] if len(had) > 2 else ways

    def is_title(self) -> bool:
        """Whether the whole query is the title of a book, whatever the filters."""
        titles = statement.titles(self._in_title(), staff=self.view.staff)
        return any(ranking.gain(self.query.text, *title) >= ranking.SAME_TITLE for title in titles)

    def these(self, ids: tuple[int, ...]) -> Outcome:
        return self._statement(Match(ids=ids, beside=self.beside, staff=self.view.staff), len(ids))

    def page(self, outcome: Outcome, *, showing: str = "") -> FoundPage:
        """The part of ``outcome`` that was asked for, in order."""
        ids = [one.book for one in outcome.candidates]
        if self.view.ranked:
            best = ranking.order(outcome.candidates[:RANKED], self.near or {}, self.query, trust=self.trust)
            ids = [*best, *ids[RANKED:]][self.view.offset : self.view.offset + self.view.limit]
        return FoundPage(
            outcome.count, ids, outcome.counts, showing, self.near is not None, near=self._only_near(outcome)
        )

    def _only_near(self, outcome: Outcome) -> tuple[int, ...]:
        """What is only near in meaning, the nearest first; it follows upon the last page of what matches."""
        if self.view.until < outcome.count or not self.near:
            return ()
        cosines = self.near
        return tuple(sorted(outcome.near, key=lambda book: (-cosines[book], book))[:NEAR_AT_MOST])

    def _run(
        self, words: str, *, roughly: str = "", exact: str = "", enough: int = 0, at_most: int | None = None
    ) -> Outcome:
        match = Match(
            words=words,
            roughly=roughly,
            exact=exact,
            enough=enough,
            in_title=self._in_title(),
            without=tsquery.Writer(self.known, loosely=True).excluded(self.query),
            near=self.near or {},
            scored=self._scored(prefix=bool(exact)),
            average=self.known.average,
            beside=self.beside,
            staff=self.view.staff,
        )
        return self._statement(match, at_most)

    def _statement(self, match: Match, at_most: int | None) -> Outcome:
        counted = facets.counting(self.narrowing) if self.view.facets else None
        first, size = (0, self._best()) if self.view.ranked else (self.view.offset, self.view.limit)
        return kept.run(
            match,
            self.narrowing,
            at_most=at_most,
            sort=self.view.sort,
            offset=first,
            limit=size,
            counting=counted,
            ranked=self.view.ranked,
        )

    def _best(self) -> int:
        """As many of the best as the first pages need, or all that are ranked: what is kept serves several."""
        few = min(LOOKED_AT, RANKED)
        return few if self.view.until <= few else max(RANKED, self.view.until)

    def _in_title(self) -> str:
        """All that tells something is in the title."""
        groups = tuple(tuple(self._telling(group)) for group in self.query.groups)
        return tsquery.Writer(self.known, titles=True).whole(replace(self.query, groups=groups))

    def _telling(self, group: tuple[Part, ...]) -> list[Part]:
        language = self.known.asked_in(self.query.text)
        kept = [part for part in group if any(language not in self.known.words[one].nothing_in for one in part.words)]
        return kept or list(group)

    def _scored(self, *, prefix: bool) -> tuple[Scored, ...]:
        """Every word that tells something, in its readings; the last may be a beginning."""
        parts = [part for group in self.query.groups for part in self._telling(group)]
        texts = dict.fromkeys(word for part in parts for word in part.words)
        scored = [
            Scored(tuple(map(tsquery.quoted, self.known.words[text].present[:READINGS])), self.known.idf(text))
            for text in texts
        ]
        if prefix:
            begun = tsquery.quoted(self.query.groups[-1][-1].words[-1], prefix=True)
            scored.append(Scored((begun,), 1.0, begun=True))
        return tuple(scored)
