"""How the API takes a search and gives what it found: parameters, pages, facets, suggestions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import queries
from catalog.api.serializers import BookRowSerializer
from catalog.models import Book
from catalog.pages.result_list import PaginatedBooks
from catalog.pages.search_form import FORMATS, LANGUAGE, SORTS, VALUES_AT_MOST, YEAR, SearchForm
from catalog.search.services import Results, search
from library.core.errors import InvalidInput
from library.core.http.api import Pages

TEXT = {"type": "string"}
LAST_PAGE = 10**7  # of a catalogue that nobody has: a later one is empty without asking


def _several(name: str, value: dict[str, Any], description: str) -> OpenApiParameter:
    schema = {"type": "array", "items": TEXT | value, "maxItems": VALUES_AT_MOST}
    return OpenApiParameter(
        name, schema, description=f"{description} Several: any of them.", style="form", explode=True
    )


SEARCH = [
    OpenApiParameter("q", str, description="Words, an ISBN or a question; quotes, OR, NOT and - as in web search."),
    _several("category", {"maxLength": 80}, "An id or a name; narrower categories count too."),
    _several("author", {"maxLength": 200}, "An id, or words of a name."),
    _several("language", {"pattern": LANGUAGE}, "A code of ISO 639, as en or grc."),
    _several("year", {"pattern": YEAR, "maxLength": 40}, "A year or years: 1990, 1990-2000, 1990-; -500 is 500 BCE."),
    _several("branch", {"maxLength": 120}, "An id, a code or a name."),
    _several("format", {"enum": [name for name, _label in FORMATS]}, "On paper, or with a digital file."),
    OpenApiParameter("available", bool, description="true: a copy is free now, with branch: there; false: none is."),
    OpenApiParameter("series", TEXT | {"maxLength": 200}, description="An id or a name."),
    OpenApiParameter("subject", TEXT | {"maxLength": 200}, description="An id or a name."),
    OpenApiParameter(
        "sort", str, enum=[name for name, _label in SORTS], description="relevance unless said otherwise."
    ),
    OpenApiParameter(
        "exactly",
        TEXT | {"enum": ["0", "1"]},
        description="1: search for q as it is, whatever it finds; no correction.",
    ),
]


class FoundPages(Pages):
    """The pages of a search, with what narrows it."""

    def found(self, request: Request) -> list[Book]:
        """The books of the page that was asked for. Errors: ``InvalidInput``, and 404 for a page after the last."""
        form = SearchForm(request.query_params)
        wrong = self.wrong(request)
        if not form.is_valid() or wrong:
            raise InvalidInput(fields=form.sentences | wrong)
        size = self.get_page_size(request) or self.max_page_size
        number = min(int(request.query_params.get(self.page_query_param) or 1), LAST_PAGE)
        self.results: Results = search(
            form.query,
            user=request.user,
            filters=form.filters,
            sort=form.order,
            page=number,
            page_size=size,
            facets=True,
            exactly=form.is_exact,
        )
        books, self.near = queries.parted(queries.books_of(self.results, request.user), self.results)
        return self.paginate_queryset(PaginatedBooks(self.results.count, books), request) or []

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        found = self.results
        about = {"facets": FacetSerializer(found.facets, many=True).data, "showing": found.showing}
        near = {"near": BookRowSerializer(self.near, many=True).data}
        said = {"by_meaning": found.by_meaning, "absence": found.absence}
        return Response(response.data | near | about | said)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = super().get_paginated_response_schema(schema)
        more = {
            "near": schema | NEAR,
            "facets": FACETS,
            "showing": SHOWING,
            "by_meaning": BY_MEANING,
            "absence": ABSENCE,
        }
        said["properties"] |= more
        said["required"] = [*said["required"], *more]
        return said


class FacetValueSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the contract's own word
    count = serializers.IntegerField()
    chosen = serializers.BooleanField()


class FacetSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the contract's own word
    values = FacetValueSerializer(many=True)


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


VALUE = _object(
    value=TEXT | {"description": "What to send as the parameter."},
    label=TEXT | {"description": "For people."},
    count={"type": "integer", "minimum": 0, "description": "Of the books that all other filters let through."},
    chosen={"type": "boolean"},
)
FACETS = {
    "type": "array",
    "description": "What may narrow the search; each is counted as if it alone were not set.",
    "items": _object(
        name=TEXT | {"enum": ["category", "author", "year", "language", "available", "branch", "format"]},
        label=TEXT,
        values={"type": "array", "items": VALUE},
    ),
}
NEAR = {
    "description": "Books without the words that are near in meaning, the nearest first, at most 20. They follow upon"
    " the last page of results; neither count nor facets have them.",
}
SHOWING = TEXT | {"description": "The corrected query whose results these are; empty where q itself was used."}
ABSENCE = TEXT | {
    "description": "Where q is a number, such as an ISBN, that no book here has: a sentence that says so."
}
BY_MEANING = {"type": "boolean", "description": "false: what the words mean could not be searched just now."}


class SuggestionSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["title", "author", "subject", "series"])
    text = serializers.CharField()
    detail = serializers.CharField(help_text="A word on it: the author of a title, the number of books of the others.")
    url = serializers.CharField(help_text="Where it leads: the book, or the catalogue narrowed to it.")


class SuggestionsSerializer(serializers.Serializer[Any]):
    results = SuggestionSerializer(many=True)
