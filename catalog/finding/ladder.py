"""The ways of reading a query, one after the other until one finds something."""

from __future__ import annotations

from dataclasses import replace

from catalog.finding import facets, near, numbers, ranking, spelling, statement, tsquery, vocabulary
from catalog.finding.narrowing import Narrowing, asked_beside_words
from catalog.finding.query import Part, Query
from catalog.finding.statement import RANKED, Match, Outcome, Scored
from catalog.finding.view import Found, View

POOR = 2  # so few make one look whether the last word is still being typed
LITTLE = 5  # so few make one look whether it was spelled otherwise
FAR_MORE = 10
FEW = 100  # so many at most beside words that no book has
SHARE = 0.5  # so much of what all words would tell must be there in the end
READINGS = 4  # of one word that are weighed


class Look:
    """One reading of a query: its words as the catalogue has them, and what they find."""

    def __init__(self, query: Query, view: View, narrowing: Narrowing) -> None:
        self.query = query
        self.view = view
        self.narrowing = narrowing
        self.beside = tuple(asked_beside_words(query))
        self.known = vocabulary.read(query.words)
        self.near: dict[int, float] | None = _near(query)

    def all_words(self, *, prefix: bool = False) -> Outcome:
        return self._run(tsquery.Writer(self.known).whole(self.query, prefix=prefix), prefix=prefix)

    def most_words(self) -> Outcome:
        """All but one, else what tells at least half as much as all of them. Nothing, rather than much for noise."""
        at_most = FEW if tsquery.has_unknown(self.query, self.known) else None
        for missing in (1, None):
            words = tsquery.relaxed(self.query, self.known, share=SHARE, missing=missing)
            if words and (outcome := self._run(words)).found and (at_most is None or outcome.found <= at_most):
                return outcome
        return Outcome()

    def is_title(self) -> bool:
        """Whether the whole query is the title of a book, whatever the filters."""
        titles = statement.titles(self._in_title(), staff=self.view.staff)
        return any(ranking.gain(self.query.text, *title) >= ranking.SAME_TITLE for title in titles)

    def these(self, ids: tuple[int, ...]) -> Outcome:
        return self._statement(Match(ids=ids, beside=self.beside, staff=self.view.staff))

    def page(self, outcome: Outcome, *, showing: str = "") -> Found:
        """The part of ``outcome`` that was asked for, in order."""
        ids = [one.book for one in outcome.candidates]
        if self.view.ranked:
            best = ranking.order(outcome.candidates[:RANKED], self.near or {}, self.query)
            ids = [*best, *ids[RANKED:]][self.view.offset : self.view.offset + self.view.limit]
        return Found(outcome.count, ids, outcome.counts, showing, self.near is not None)

    def _run(self, words: str, *, prefix: bool = False) -> Outcome:
        return self._statement(Match(
            words=words, in_title=self._in_title(), without=tsquery.Writer(self.known).excluded(self.query),
            near=self.near or {}, scored=self._scored(prefix=prefix), average=self.known.average,
            beside=self.beside, staff=self.view.staff,
        ))  # fmt: skip

    def _statement(self, match: Match) -> Outcome:
        counted = facets.selects(self.narrowing) if self.view.facets else ()
        return statement.run(
            match, self.narrowing, sort=self.view.sort, offset=self.view.offset, limit=self.view.limit,
            facets=counted, ranked=self.view.ranked,
        )  # fmt: skip

    def _in_title(self) -> str:
        """All that tells something is in the title."""
        groups = tuple(tuple(self._telling(group)) for group in self.query.groups)
        return tsquery.Writer(self.known, guarded=False).whole(replace(self.query, groups=groups))

    def _telling(self, group: tuple[Part, ...]) -> list[Part]:
        language = self.known.asked_in(self.query.text)
        kept = [part for part in group if any(language not in self.known.words[one].nothing_in for one in part.words)]
        return kept or list(group)

    def _scored(self, *, prefix: bool) -> tuple[Scored, ...]:
        """Every word that tells something, in its readings; the last may be a beginning."""
        parts = [part for group in self.query.groups for part in self._telling(group)]
        texts = dict.fromkeys(word for part in parts for word in part.words)
        scored = [
            Scored(tuple(map(tsquery.quoted, self.known.words[text].lexemes[:READINGS])), self.known.idf(text))
            for text in texts
        ]
        if prefix:
            scored.append(Scored((tsquery.quoted(self.query.groups[-1][-1].words[-1], prefix=True),), 1.0))
        return tuple(scored)


def climb(query: Query, view: View, narrowing: Narrowing, *, exactly: bool) -> Found:
    """A page of what the first way finds that finds something."""
    if ids := numbers.books([query.written, *query.numbers], staff=view.staff):
        look = Look(replace(query, groups=(), meant=True), view, narrowing)
        return look.page(look.these(ids))
    if query.is_void or query.numbers or numbers.is_number(query.written):
        return Found()
    look = Look(query, view, narrowing)
    outcome = look.all_words()
    if outcome.found <= POOR and query.typing:
        begun = look.all_words(prefix=True)
        outcome = begun if begun.found > outcome.found else outcome
    if outcome.found > LITTLE or not query.groups:
        return look.page(outcome)
    if not exactly and (better := _spelled(look, outcome)):
        return better
    if not outcome.found and not query.meant and (relaxed := look.most_words()).found:
        outcome = relaxed
    return look.page(outcome)


def _spelled(look: Look, outcome: Outcome) -> Found | None:
    """What another spelling finds: all of its words, else most.

    Where something was found as it was typed, the other spelling must be a known title, or find far more.
    """
    if outcome.found and look.is_title():
        return None
    spelled = spelling.corrected(look.query, look.known, staff=look.view.staff)
    if spelled is None:
        return None
    again = Look(spelled, look.view, look.narrowing)
    found = again.all_words()
    if not outcome.found:
        found = found if found.found else again.most_words()
        return again.page(found, showing=spelled.written) if found.found else None
    known = all(look.known.words[word].as_word for word in look.query.plain_words)
    better = not known and found.found >= FAR_MORE * outcome.found
    return again.page(found, showing=spelled.written) if better or again.is_title() else None


def _near(query: Query) -> dict[int, float] | None:
    """Nothing is near to operators: whoever writes them wants these words."""
    return {} if query.meant or not query.groups else near.nearest(query.written)
