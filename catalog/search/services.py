"""Finding books: one function, for the page and the API alike.

What finds a book is chosen in this order, each step only where the one before found next to nothing: a number (ISBN
and others); all words; all words with the last one still being typed; other spellings of words that the catalogue does
not have; most of the words. What is only near in meaning is a group of its own behind what matches. The way is chosen
before any filter, so that narrowing a list never brings in what was not in it.

The parts are beside it; why they are as they are is told in ``docs/adr/0013-search.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.search import browse, fallbacks
from catalog.search.matches import facets as counting
from catalog.search.matches import narrowing
from catalog.search.matches.facets import Facet, FacetValue
from catalog.search.matches.narrowing import Filters
from catalog.search.matches.page import PageRequest
from catalog.search.matches.statement import SORTS
from catalog.search.time_limit import searching
from catalog.search.words.query import QUERY_LENGTH, parse

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

__all__ = ["QUERY_LENGTH", "SORTS", "Facet", "FacetValue", "Filters", "Results", "search"]
PAGE_SIZE_AT_MOST = 100
LAST_PAGE = 10**9
NO_FILTERS = Filters()


@dataclass(frozen=True)
class Results:
    """One page of what was found.

    ``count``: of all that was found and passes the filters. ``facets``: each counts what all *other* filters let
    through. ``showing``: the corrected query whose results these are; empty where the query itself was used.
    ``by_meaning``: false where the embedder did not answer in time and words alone were searched. ``absence``: where a
    number was asked for, such as an ISBN, that no book here has, a sentence that says so. ``near``: on the last page of
    what matches, books without the words that are near in meaning, the nearest first; they count nowhere.
    """

    count: int
    ids: list[int]
    facets: tuple[Facet, ...] = ()
    showing: str = ""
    by_meaning: bool = True
    absence: str = ""
    near: tuple[int, ...] = ()


def search(
    query: str,
    *,
    user: User | AnonymousUser,
    filters: Filters = NO_FILTERS,
    sort: str = "relevance",
    page: int = 1,
    page_size: int = 20,
    facets: bool = False,
    exactly: bool = False,
) -> Results:
    """The books that ``user`` may see, that answer ``query`` and pass ``filters``, in the order of ``sort``.

    Any text is fine as ``query`` (``catalog.search.words.query`` tells its operators); empty: all books. ``sort``:
    ``relevance``, ``title``, ``newest``, ``year`` or ``popular``. ``exactly``: no other spelling is tried.
    Errors: ``SearchTookTooLong``. A constant number of database queries, whatever is found.
    """
    asked = parse(query)
    size = max(1, min(page_size, PAGE_SIZE_AT_MOST))
    view = PageRequest(
        staff=bool(user.is_staff),
        sort=sort if sort in SORTS else "relevance",
        facets=facets,
        offset=(max(1, min(page, LAST_PAGE)) - 1) * size,
        limit=size,
    )
    with searching():
        narrow = narrowing.resolve(filters)
        if asked.is_empty:
            found = browse.everything(view, narrow)
        else:
            found = fallbacks.climb(asked, view, narrow, exactly=exactly)
        counted = counting.assemble(found.counts, filters, narrow, staff=view.staff) if facets else ()
    return Results(found.count, found.ids, counted, found.showing, found.by_meaning, found.absence, found.near)
