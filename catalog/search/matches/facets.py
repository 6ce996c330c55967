"""What a list may be narrowed to, and how many books each choice would leave under all the *other* filters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.models import Author, BookFacts, Branch, Category
from catalog.search.matches.narrowing import DIGITAL, PRINT, FilterCondition, Filters, Narrowing
from catalog.search.matches.statement import Counting
from catalog.search.words.query import Years, read_years
from library.core.templatetags.lyceum import language_word

VALUES_AT_MOST = 12
NAMES = ("category", "author", "year", "language", "available", "branch", "format")
DECADE = 10
DECADE_OF = "(year - (year %% 10 + 10) %% 10) / 10"


@dataclass(frozen=True)
class FacetValue:
    """One choice: ``value`` as the address has it."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """One way to narrow: the values that leave most, and those that were chosen."""

    name: str
    label: str
    values: tuple[FacetValue, ...]


def counting(narrowing: Narrowing) -> Counting:
    """What counts each facet over ``matched``, for ``statement.run``: at most twelve values and the chosen ones."""
    selects = (
        _of_lists("category", "category_ids", _others("category", narrowing), narrowing.categories),
        _of_lists("author", "author_ids", _others("author", narrowing), narrowing.authors, shared=False),
        _of_branches(narrowing),
        FilterCondition(
            f"{_row('language', 'language', 'sum(of_language)::bigint')} FROM tallied GROUP BY language"
            " HAVING sum(of_language) > 0"
        ),
        FilterCondition(
            f"{_row('decade', f'({DECADE_OF})::text', 'sum(of_decade)::bigint')} FROM tallied WHERE year IS NOT NULL"
            f" GROUP BY {DECADE_OF} HAVING sum(of_decade) > 0"
        ),
    )
    available, formats, years = (_others(name, narrowing) for name in ("available", "format", "year"))
    free = _available(narrowing)
    tallies = [
        ("available", "true", FilterCondition(f"{available} AND {free.sql}", free.params)),
        ("format", PRINT, FilterCondition(f"{formats} AND has_copies")),
        ("format", DIGITAL, FilterCondition(f"{formats} AND has_file")),
    ]
    tallies += [
        ("year", _span(one), FilterCondition(f"{years} AND year BETWEEN %s AND %s", (one.first, one.last)))
        for one in narrowing.years
        if not _is_decade(one)
    ]
    lists = ["author_ids", "category_ids", "branch_ids"]
    if narrowing.available is not None or "branch" in narrowing.facets:
        lists.append("free_branch_ids")
    return Counting(selects, tuple(tallies), _others("language", narrowing), by_decade=years, lists=tuple(lists))


def _others(name: str, narrowing: Narrowing, *also: str) -> str:
    """Passes all filters but that of the facet."""
    flags = [f"pass_{other}" for other in narrowing.facets if other not in {name, *also}]
    if narrowing.others:
        flags.append("pass_others")
    return " AND ".join(flags) or "true"


def _row(name: str, value: str, number: str, names: str = "NULL::text[]") -> str:
    return f"SELECT '{name}', {value}, {number}, NULL::float8, NULL::float8, NULL::boolean, {names}"


def _of_lists(name: str, column: str, others: str, chosen: Iterable[int], *, shared: bool = True) -> FilterCondition:
    """The ids with most books, and the chosen ones.

    ``shared``: equal lists are counted first, because many books are on the same shelves, and taking lists apart is
    what costs. Authors share few: theirs are taken apart at once.
    """
    where = f"FROM matched WHERE {others}"
    ones = (
        f"""SELECT one, sum(number)::bigint AS number FROM (
          SELECT unnest(list) AS one, number
          FROM (SELECT {column} AS list, count(*) AS number {where} GROUP BY {column}) AS lists) AS ones GROUP BY one"""
        if shared
        else f"SELECT one, count(*) AS number FROM (SELECT unnest({column}) AS one {where}) AS ones GROUP BY one"
    )
    most = f"{ones} ORDER BY number DESC, one LIMIT {VALUES_AT_MOST}"
    row = _row(name, "one::text", "number", "ARRAY[named.name]")
    named = f"JOIN catalog_{name} AS named ON named.id = one"
    ids = list(chosen)[:VALUES_AT_MOST]
    if not ids:
        return FilterCondition(f"{row} FROM ({most}) AS counted {named}")
    sql = f"""WITH counted AS MATERIALIZED ({ones}) {row} FROM (
      (SELECT * FROM counted ORDER BY number DESC, one LIMIT {VALUES_AT_MOST})
      UNION SELECT * FROM counted WHERE one = ANY(%s::bigint[])) AS kept {named}"""
    return FilterCondition(sql, (ids,))


def _of_branches(narrowing: Narrowing) -> FilterCondition:
    """Where copies are; with ``available`` asked, where one is free or where none is."""
    others, column = _others("branch", narrowing, "available"), "branch_ids"
    if narrowing.available:
        column = "free_branch_ids"
    elif narrowing.available is False:
        column = "array(SELECT unnest(branch_ids) EXCEPT SELECT unnest(free_branch_ids))"
    return _of_lists("branch", column, others, narrowing.branches)


def _available(narrowing: Narrowing) -> FilterCondition:
    if "branch" not in narrowing.facets:
        return FilterCondition("is_available")
    return FilterCondition("free_branch_ids && %s::bigint[]", (narrowing.branches,))


def assemble(
    counts: Iterable[tuple[str, str, int, str]], filters: Filters, narrowing: Narrowing, *, staff: bool
) -> tuple[Facet, ...]:
    """The facets in their order, with labels: a query for each kind of which something is chosen that no book has.

    But to ``staff``, no name is told that only hidden books have, also not to who asks for it by its id.
    """
    tallies: dict[str, dict[str, int]] = defaultdict(dict)
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for name, value, number, said in counts:
        tallies[name][value] = number
        names[name][value] = said

    def named(
        name: str, model: type[Category] | type[Author] | type[Branch], ids: Iterable[int], seen_by: str = ""
    ) -> tuple[FacetValue, ...]:
        chosen = {str(one) for one in list(ids)[:VALUES_AT_MOST]}
        labels = names[name] | _names_of(model, chosen - tallies[name].keys(), seen_by)
        return _values(dict.fromkeys(chosen, 0) | tallies[name], labels, chosen)

    categories = named("category", Category, narrowing.categories, "" if staff else "category_ids")
    authors = named("author", Author, narrowing.authors, "" if staff else "author_ids")
    branches = named("branch", Branch, narrowing.branches)
    languages = _values(
        tallies["language"], {code: language_name(code) for code in tallies["language"]}, set(narrowing.languages)
    )
    formats = {PRINT: _("Printed"), DIGITAL: _("Digital")}
    chosen = {"true"} if narrowing.available else set()
    every = {
        "category": (_("Category"), categories),
        "author": (_("Author"), authors),
        "year": (_("Year"), _years(tallies["decade"], tallies["year"], filters)),
        "language": (_("Language"), languages),
        "available": (_("Availability"), _values(tallies["available"], {"true": _("Available now")}, chosen)),
        "branch": (_("Branch"), branches),
        "format": (_("Format"), _values(tallies["format"], formats, set(narrowing.formats))),
    }
    return tuple(Facet(name, *every[name]) for name in NAMES)


def _names_of(
    model: type[Category] | type[Author] | type[Branch], uncounted: Iterable[str], seen_by: str
) -> dict[str, str]:
    """By id, the names of what was chosen but has no book here; ``seen_by``: only what a book that is shown has."""
    ids = [int(one) for one in uncounted]
    if not ids:
        return {}
    known = Q(pk__in=ids)
    if seen_by:
        held = BookFacts.objects.filter(is_suppressed=False, **{f"{seen_by}__contains": [OuterRef("pk")]})
        known &= Q(Exists(held))
    named = model._default_manager.filter(known).order_by().values_list("pk", "name")
    return {str(pk): name for pk, name in named}


def _values(tally: Mapping[str, int], labels: Mapping[str, str], chosen: set[str]) -> tuple[FacetValue, ...]:
    """The chosen ones and the twelve that leave most, by falling number, then by label."""
    values = [
        FacetValue(value, labels[value], number, value in chosen)
        for value, number in (dict.fromkeys(chosen & labels.keys(), 0) | dict(tally)).items()
        if value in labels and (number or value in chosen)
    ]
    values.sort(key=lambda one: (-one.count, one.label.casefold(), one.value))
    return tuple(one for place, one in enumerate(values) if place < VALUES_AT_MOST or one.chosen)


def _years(decades: Mapping[str, int], spans: Mapping[str, int], filters: Filters) -> tuple[FacetValue, ...]:
    """Decades, the latest first, and what else was chosen."""
    chosen = {years for value in filters.year if (years := read_years(value))}
    tally = dict.fromkeys(chosen, 0)
    tally |= {_decade(int(number)): count for number, count in decades.items()}
    tally |= {years: count for value, count in spans.items() if (years := read_years(value))}
    a_decade = _("%(year)ds")
    labels = {_span(years): _span_label(years, a_decade) for years in tally}
    found = _values({_span(years): count for years, count in tally.items()}, labels, set(map(_span, chosen)))
    first = {_span(years): years.first for years in tally}
    return tuple(sorted(found, key=lambda one: first[one.value], reverse=True))


def _decade(number: int) -> Years:
    return Years(number * DECADE, number * DECADE + DECADE - 1)


def _is_decade(years: Years) -> bool:
    return years.first % DECADE == 0 and years.last == years.first + DECADE - 1


def _span(years: Years) -> str:
    """As an address has it."""
    return str(years.first) if years.first == years.last else f"{years.first}-{years.last}"


def _span_label(years: Years, a_decade: str) -> str:
    if _is_decade(years) and years.first >= 0:
        return a_decade % {"year": years.first}
    return "–".join(dict.fromkeys(_year_label(year) for year in (years.first, years.last)))


def _year_label(year: int) -> str:
    return _("%(year)d BCE") % {"year": -year} if year < 0 else str(year)


def language_name(code: str) -> str:
    """The language's name in the language of the page, as a heading has it; the code itself where it is none."""
    return _language_name(code, get_language())


@lru_cache(maxsize=2048)
def _language_name(code: str, _of_the_page: str | None) -> str:
    word = language_word(code)
    return word if word == code else word[:1].upper() + word[1:]
