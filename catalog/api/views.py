"""Books and branches over HTTP. Reading needs no account: a catalogue is public, and what is hidden answers 404."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import queries, services
from catalog.api import copies
from catalog.api.parsers import FormWithFile
from catalog.api.search import SEARCH, FoundPages, SuggestionsSerializer
from catalog.api.serializers import (
    BookChangeSerializer,
    BookRowSerializer,
    BookSavedSerializer,
    BookSerializer,
    BookWriteSerializer,
    BranchSerializer,
    CopySerializer,
)
from catalog.models import Book, Branch
from catalog.search.suggestions import LETTERS_AT_LEAST, suggest
from library.core.http.api import ErrorSerializer, user_of
from library.core.http.parsers import BoundedJSONParser
from library.core.http.permissions import requires
from library.jobs.models import Job

GONE = {301: ErrorSerializer, 404: ErrorSerializer}
REFUSED = {401: ErrorSerializer, 403: ErrorSerializer}


class BookView(generics.GenericAPIView[Book]):
    """Anybody reads; each writing method names the permission that it needs."""

    queryset = Book.objects.none()
    writes: dict[str, str] = {}

    def get_permissions(self) -> list[BasePermission]:
        method = self.request.method or "GET"
        if method in SAFE_METHODS or method not in self.writes:
            return [AllowAny()]
        return [requires(self.writes[method])()]

    def saved(self, pk: int, job: Job | None, request: Request, *, code: int = status.HTTP_200_OK) -> Response:
        """The book as it now is, with the job that its file started."""
        book = queries.get_book(pk, request.user)
        job_id: UUID | None = job.pk if job else None
        shown = BookSerializer(book, context=self.get_serializer_context()).data
        return Response(shown | {"job": job_id}, status=code)


class BookList(BookView):
    parser_classes = (BoundedJSONParser, FormWithFile)  # a form may bring the PDF
    pagination_class = FoundPages
    writes = {"POST": "catalog.add_book"}

    @extend_schema(
        operation_id="books_list",
        parameters=SEARCH,
        responses={200: BookRowSerializer(many=True), 400: ErrorSerializer, 503: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """Search the catalogue. Without ``q``: all books, by title.

        ``facets`` say what may narrow it further; ``next`` and ``previous`` keep the whole search.
        """
        pages = cast(FoundPages, self.paginator)
        books = pages.found(request)
        return pages.get_paginated_response(
            BookRowSerializer(books, many=True, context=self.get_serializer_context()).data
        )

    @extend_schema(
        operation_id="books_create",
        request=BookWriteSerializer,
        responses={201: BookSavedSerializer, 400: ErrorSerializer, 409: ErrorSerializer, **REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Add a book, with its PDF if there is one: then ``job`` is the work of reading it."""
        sent = BookWriteSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        added = services.create_book(by=user_of(request), **sent.validated_data)
        return self.saved(added.book.pk, added.job, request, code=status.HTTP_201_CREATED)


class BookSuggestions(BookView):
    """Never a page of them, so no list."""

    pagination_class = None

    @extend_schema(
        operation_id="books_suggest",
        parameters=[
            OpenApiParameter("q", str, description=f"What is typed so far; {LETTERS_AT_LEAST} letters or more.")
        ],
        responses={200: SuggestionsSerializer},
    )
    def get(self, request: Request) -> Response:
        """At most ten titles, people, subjects and series that begin like ``q``; none for a single letter."""
        found = suggest(request.query_params.get("q", ""), user=request.user)
        return Response(SuggestionsSerializer({"results": found}).data)


class BookDetail(BookView):
    parser_classes = (BoundedJSONParser, FormWithFile)  # a form may bring the PDF
    writes = {"PATCH": "catalog.change_book", "DELETE": "catalog.delete_book"}

    @extend_schema(operation_id="books_retrieve", responses={200: BookSerializer, **GONE})
    def get(self, request: Request, pk: int) -> Response:
        """One book, with its copies. A record that was merged into another answers 301 with its address."""
        book = queries.get_book(pk, request.user)
        return Response(BookSerializer(book, context=self.get_serializer_context()).data)

    @extend_schema(
        operation_id="books_partial_update",
        request=BookChangeSerializer,
        responses={
            200: BookSavedSerializer,
            400: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
            **REFUSED,
        },
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is sent, and nothing else. A new PDF replaces the one that is there."""
        book = queries.get_book(pk, request.user)
        sent = BookChangeSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        changes = dict(sent.validated_data)
        upload = changes.pop("file")
        changed = services.update_book(book=book, changes=changes, file=upload, by=user_of(request))
        return self.saved(book.pk, changed.job, request)

    @extend_schema(
        operation_id="books_destroy",
        responses={204: None, 404: ErrorSerializer, 409: ErrorSerializer, **REFUSED},
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a book that has no copies and no holds; otherwise 409 says what it has."""
        services.delete_book(book=queries.get_book(pk, request.user), by=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class BookCopies(BookView):
    writes = {"POST": "catalog.add_copy"}

    @extend_schema(operation_id="books_copies_list", responses={200: CopySerializer(many=True), **GONE})
    def get(self, request: Request, pk: int) -> Response:
        """The copies of a book, by branch."""
        book = queries.get_book(pk, request.user)
        rows = book.copies.select_related("branch", "item_type").order_by("branch__name", "barcode", "id")
        page: list[Any] = self.paginate_queryset(rows) or []  # type: ignore[arg-type]  # the view is about books
        return self.get_paginated_response(CopySerializer(page, many=True, context=self.get_serializer_context()).data)

    @extend_schema(
        operation_id="books_copies_create",
        request=copies.CopyChangeSerializer,
        responses={201: CopySerializer, **copies.REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Put one more copy on the shelf of a branch."""
        return copies.added(request, pk)


class BranchList(generics.ListAPIView[Branch]):
    """The library's branches, by name."""

    permission_classes = [AllowAny]
    serializer_class = BranchSerializer
    queryset = Branch.objects.order_by("name", "id")
