"""Books and branches over HTTP. Reading needs no account: a catalogue is public, and what is hidden answers 404."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from catalog import queries, services
from catalog.api.serializers import (
    BookChangeSerializer,
    BookRowSerializer,
    BookSavedSerializer,
    BookSerializer,
    BookWriteSerializer,
    BranchSerializer,
    CopySerializer,
)
from catalog.forms import SORTS, SearchForm
from catalog.models import Book, Branch
from library.core.api import ErrorSerializer
from library.core.errors import InvalidInput
from library.core.permissions import requires
from library.jobs.models import Job

REFUSED = {401: ErrorSerializer, 403: ErrorSerializer}
TEXT = {"type": "string"}
SEARCH = [
    OpenApiParameter("q", str, description='Words, an ISBN or a question; quotes, "or" and - as in web search.'),
    OpenApiParameter("category", TEXT | {"maxLength": 80}, description="An id or a name."),
    OpenApiParameter("author", TEXT | {"maxLength": 200}, description="An id, or words of the name."),
    OpenApiParameter("year", {"type": "integer", "minimum": -3000, "maximum": 2200}),
    OpenApiParameter("language", TEXT | {"pattern": "^([A-Za-z]{2})?$"}, description="Two letters, as in ISO 639-1."),
    OpenApiParameter("available", bool, description="true: a copy is free now; false: none is."),
    OpenApiParameter(
        "branch", TEXT | {"maxLength": 120}, description="An id, a code or a name; with available: free there."
    ),
    OpenApiParameter("sort", str, enum=["", *(name for name, _label in SORTS)]),
]


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
        return Response(BookSerializer(book).data | {"job": job_id}, status=code)


class BookList(BookView):
    parser_classes = (JSONParser, MultiPartParser)  # a form may bring the PDF
    writes = {"POST": "catalog.add_book"}

    @extend_schema(
        operation_id="books_list",
        parameters=SEARCH,
        responses={200: BookRowSerializer(many=True), 400: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """Search the catalogue. Without ``q``: all books, by title."""
        if not set(request.query_params.getlist("available")) <= {"", "true", "false", "True", "False"}:
            raise InvalidInput(fields={"available": ["true or false."]})
        form = SearchForm(request.query_params)
        if not form.is_valid():
            wrong = {name: [str(sentence) for sentence in found] for name, found in form.errors.items()}
            raise InvalidInput(fields=wrong)
        found = queries.Listing(form.query, user=request.user, filters=form.filters, sort=form.order)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(BookRowSerializer(page, many=True).data)

    @extend_schema(
        operation_id="books_create",
        request=BookWriteSerializer,
        responses={201: BookSavedSerializer, 400: ErrorSerializer, 409: ErrorSerializer, **REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Add a book, with its PDF if there is one: then ``job`` is the work of reading it."""
        sent = BookWriteSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        added = services.create_book(by=cast(User, request.user), **sent.validated_data)
        return self.saved(added.book.pk, added.job, request, code=status.HTTP_201_CREATED)


class BookDetail(BookView):
    parser_classes = (JSONParser, MultiPartParser)  # a form may bring the PDF
    writes = {"PATCH": "catalog.change_book", "DELETE": "catalog.delete_book"}

    @extend_schema(operation_id="books_retrieve", responses={200: BookSerializer, 404: ErrorSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """One book, with its copies."""
        return Response(BookSerializer(queries.get_book(pk, request.user)).data)

    @extend_schema(
        operation_id="books_partial_update",
        request=BookChangeSerializer,
        responses={
            200: BookSavedSerializer, 400: ErrorSerializer, 404: ErrorSerializer, 409: ErrorSerializer, **REFUSED,
        },
    )  # fmt: skip
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is sent, and nothing else. A new PDF replaces the one that is there."""
        book = queries.get_book(pk, request.user)
        sent = BookChangeSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        changes = dict(sent.validated_data)
        upload = changes.pop("file")
        changed = services.update_book(book=book, changes=changes, file=upload, by=cast(User, request.user))
        return self.saved(book.pk, changed.job, request)

    @extend_schema(
        operation_id="books_destroy",
        responses={204: None, 404: ErrorSerializer, 409: ErrorSerializer, **REFUSED},
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a book that has no copies and no holds; otherwise 409 says what it has."""
        services.delete_book(book=queries.get_book(pk, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


class BookCopies(BookView):
    @extend_schema(operation_id="books_copies_list", responses={200: CopySerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """The copies of a book, by branch."""
        book = queries.get_book(pk, request.user)
        copies = book.copies.select_related("branch").order_by("branch__name", "barcode", "id")
        page: list[Any] = self.paginate_queryset(copies) or []  # type: ignore[arg-type]  # the view is about books
        return self.get_paginated_response(CopySerializer(page, many=True).data)


class BranchList(generics.ListAPIView[Branch]):
    """The library's branches, by name."""

    permission_classes = [AllowAny]
    serializer_class = BranchSerializer
    queryset = Branch.objects.order_by("name", "id")
