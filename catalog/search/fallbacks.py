"""The ways of reading a query, one after the other until one finds something."""

from __future__ import annotations

from dataclasses import replace

from catalog.search import by_number, by_signs
from catalog.search.attempt import Attempt
from catalog.search.matches.narrowing import Narrowing
from catalog.search.matches.page import FoundPage, PageRequest
from catalog.search.matches.statement import Outcome
from catalog.search.words import spelling, years
from catalog.search.words.query import Query
from catalog.search.words.vocabulary import Vocabulary

POOR = 2  # so few make one look further by meaning
A_PAGE = 20  # fewer leave room for what the last word may begin: behind them, for they have the word itself
LITTLE = 5  # so few make one look whether it was spelled otherwise
FAR_MORE = 10  # times as much must another spelling find where something was found as it was typed


def climb(query: Query, view: PageRequest, narrowing: Narrowing, *, exactly: bool) -> FoundPage:
    """A page of what the first way finds that finds something."""
    if query.no_years:
        return FoundPage(absence=years.absence(query.no_years[0]))
    ids = by_number.books([query.written, *query.numbers], staff=view.staff)
    if ids or (query.is_void and (ids := by_signs.books(query.written, staff=view.staff))):
        attempt = Attempt(replace(query, groups=(), meant=True), view, narrowing, Vocabulary())
        return attempt.page(attempt.these(ids))
    if query.numbers or by_number.is_number(query.written):
        return FoundPage(absence=by_number.absence([query.written, *query.numbers]))
    if query.is_void:
        return FoundPage()
    attempt = Attempt(query, view, narrowing)
    outcome, begun = _all_words(attempt)
    if outcome.found > LITTLE or not query.groups:
        return attempt.page(outcome)
    if not exactly and _may_be_misspelled(attempt, outcome, begun=begun) and (better := _spelled(attempt, outcome)):
        return better
    if not outcome.found and not query.meant:
        outcome = _more(attempt.most_words(), outcome)
    if attempt.is_one_word and outcome.found <= POOR:
        attempt.ask_meaning()
        if attempt.near:
            again = attempt.all_words(prefix=begun)
            outcome = again if again.found >= outcome.found else attempt.most_words()
    return attempt.page(outcome)


def _all_words(attempt: Attempt) -> tuple[Outcome, bool]:
    """What has all words, and whether the last one was taken for the beginning of one, as where they fill no page.

    Where little is to be expected, one statement does both: it counts what has the words as typed, too.
    """
    if not attempt.query.typing:
        return attempt.all_words(), False
    if attempt.expected() < A_PAGE:
        outcome = attempt.all_words(prefix=True, enough=A_PAGE)
        return outcome, outcome.exact < A_PAGE
    outcome = attempt.all_words()
    if outcome.found >= A_PAGE:
        return outcome, False
    return _more(attempt.all_words(prefix=True), outcome), True


def _may_be_misspelled(attempt: Attempt, outcome: Outcome, *, begun: bool) -> bool:
    """Not what finds something with words that the catalogue has, or is a title. A last word is no slip that begins
    one beside the others.
    """
    if not outcome.found:
        return True
    words = attempt.query.plain_words
    strange = attempt.known.unknown(attempt.query.text, words)
    if begun and len(words) > 1:
        strange -= set(attempt.query.groups[-1][-1].words)
    return bool(strange) and not attempt.is_title()


def _more(one: Outcome, other: Outcome) -> Outcome:
    return one if one.found > other.found else other


def _spelled(attempt: Attempt, outcome: Outcome) -> FoundPage | None:
    """What another spelling finds: all of its words, else most.

    Where something was found as it was typed, the other spelling must be a known title, or find far more.
    """
    spelled = spelling.corrected(attempt.query, attempt.known, staff=attempt.view.staff)
    if spelled is None:
        return None
    query, known = spelled
    again = Attempt(query, attempt.view, attempt.narrowing, known)
    found = again.all_words()
    if not outcome.found:
        found = found if found.found else again.most_words()
        return again.page(found, showing=query.written) if found.found else None
    strange = attempt.known.unknown(attempt.query.text, attempt.query.plain_words)
    better = strange and found.found >= FAR_MORE * outcome.found
    return again.page(found, showing=query.written) if better or again.is_title() else None
