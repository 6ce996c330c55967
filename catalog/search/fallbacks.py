"""The ways of reading a query, one after the other until one finds something."""

from __future__ import annotations

from dataclasses import replace

from catalog.search import by_number, by_signs
from catalog.search.attempt import Look
from catalog.search.matches.narrowing import Narrowing
from catalog.search.matches.page import Found, View
from catalog.search.matches.statement import Outcome
from catalog.search.words import spelling, years
from catalog.search.words.query import Query

POOR = 2  # so few make one look further by meaning
A_PAGE = 20  # fewer leave room for what the last word may begin: behind them, for they have the word itself
LITTLE = 5  # so few make one look whether it was spelled otherwise
FAR_MORE = 10  # times as much must another spelling find where something was found as it was typed


def climb(query: Query, view: View, narrowing: Narrowing, *, exactly: bool) -> Found:
    """A page of what the first way finds that finds something."""
    if query.no_years:
        return Found(absence=years.absence(query.no_years[0]))
    ids = by_number.books([query.written, *query.numbers], staff=view.staff)
    if ids or (query.is_void and (ids := by_signs.books(query.written, staff=view.staff))):
        look = Look(replace(query, groups=(), meant=True), view, narrowing)
        return look.page(look.these(ids))
    if query.numbers or by_number.is_number(query.written):
        return Found(absence=by_number.absence([query.written, *query.numbers]))
    if query.is_void:
        return Found()
    look = Look(query, view, narrowing)
    outcome, begun = _all_words(look)
    if outcome.found > LITTLE or not query.groups:
        return look.page(outcome)
    if not exactly and _may_be_misspelled(look, outcome) and (better := _spelled(look, outcome)):
        return better
    if not outcome.found and not query.meant:
        outcome = _more(look.most_words(), outcome)
    if look.is_one_word and outcome.found <= POOR:
        look.ask_meaning()
        if look.near:
            again = look.all_words(prefix=begun)
            outcome = again if again.found >= outcome.found else look.most_words()
    return look.page(outcome)


def _all_words(look: Look) -> tuple[Outcome, bool]:
    """What has all words, and whether the last one was taken for the beginning of one, as where they fill no page.

    Where little is to be expected, that is asked at once: it counts what has the words as typed, too.
    """
    if not look.query.typing:
        return look.all_words(), False
    if look.expected() < A_PAGE:
        outcome = look.all_words(prefix=True)
        return (outcome, True) if outcome.exact < A_PAGE else (look.all_words(), False)
    outcome = look.all_words()
    if outcome.found >= A_PAGE:
        return outcome, False
    return _more(look.all_words(prefix=True), outcome), True


def _may_be_misspelled(look: Look, outcome: Outcome) -> bool:
    """Not what finds something with words that the catalogue has, or is a title."""
    if not outcome.found:
        return True
    return bool(look.known.unknown(look.query.text, look.query.plain_words)) and not look.is_title()


def _more(one: Outcome, other: Outcome) -> Outcome:
    return one if one.found > other.found else other


def _spelled(look: Look, outcome: Outcome) -> Found | None:
    """What another spelling finds: all of its words, else most.

    Where something was found as it was typed, the other spelling must be a known title, or find far more.
    """
    spelled = spelling.corrected(look.query, look.known, staff=look.view.staff)
    if spelled is None:
        return None
    query, known = spelled
    again = Look(query, look.view, look.narrowing, known)
    found = again.all_words()
    if not outcome.found:
        found = found if found.found else again.most_words()
        return again.page(found, showing=query.written) if found.found else None
    strange = look.known.unknown(look.query.text, look.query.plain_words)
    better = strange and found.found >= FAR_MORE * outcome.found
    return again.page(found, showing=query.written) if better or again.is_title() else None
