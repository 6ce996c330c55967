"""Asking books over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.queries import get_book
from library.core.http.api import ErrorSerializer
from library.core.http.permissions import requires
from rag import queries, services
from rag.answers.citations import Citation
from rag.answers.library import search_inside
from rag.answers.services import answer
from rag.answers.values import RetrievedPassage
from rag.api.serializers import (
    AnswerSerializer,
    IndexSerializer,
    QuestionSerializer,
    ReindexSerializer,
    SearchResultSerializer,
    SearchSerializer,
)

ERRORS = {401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}


class QueryView(APIView):
    @extend_schema(
        operation_id="rag_books_query",
        request=QuestionSerializer,
        responses={
            200: AnswerSerializer,
            400: ErrorSerializer,
            **ERRORS,
            409: ErrorSerializer,
            429: ErrorSerializer,
        },
    )
    def post(self, request: Request, book_id: int) -> Response:
        """Ask a book. The answer quotes it with numbered sources, or says that the book does not say."""
        asked = QuestionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        book = get_book(book_id, request.user)
        document = queries.document_of(book, viewer=request.user)
        found = answer(document=document, viewer=request.user, **asked.validated_data)
        sources = [_with_its_end(source) | {"book": book.pk} for source in found.sources]
        body = {
            "answer": found.text,
            "supported": found.supported,
            "writer": found.writer,
            "conversation": None,
            "sources": sources,
            "cached": found.cached,
            "by_meaning": found.by_meaning,
            "passages": [] if found.by_meaning else [_with_its_end(passage) for passage in found.passages],
        }
        return Response(AnswerSerializer(body).data)


def _with_its_end(found: Citation | RetrievedPassage) -> dict[str, Any]:
    return vars(found) | {"last_page": found.last_page or found.page}


class SearchView(APIView):
    @extend_schema(
        operation_id="rag_search",
        request=SearchSerializer,
        responses={
            200: SearchResultSerializer,
            400: ErrorSerializer,
            401: ErrorSerializer,
            403: ErrorSerializer,
            429: ErrorSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Search inside all books that you may read, and the records of the rest. Passages stand under their books,
        each with its page. It counts as a question."""
        asked = SearchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        found = search_inside(viewer=request.user, **asked.validated_data)
        return Response(SearchResultSerializer(found, context={"request": request}).data)


class IndexView(APIView):
    def get_permissions(self) -> Any:
        if self.request.method == "DELETE":
            return [requires("rag.delete_indexgeneration")()]
        return super().get_permissions()

    @extend_schema(operation_id="rag_books_index", responses={200: IndexSerializer, **ERRORS})
    def get(self, request: Request, book_id: int) -> Response:
        """Whether a book can be asked: the state of what answers now, and the job of a build under way."""
        state = queries.index_state(get_book(book_id, request.user))
        body = {
            "state": state.state,
            "pages": state.pages,
            "passages": state.passages,
            "model": state.model,
            "error": state.error,
            "job": state.job.pk if state.job else None,
            "note": state.note,
            "languages": state.languages,
            "stale": state.stale,
            "waiting": state.waiting,
        }
        return Response(IndexSerializer(body).data)

    @extend_schema(operation_id="rag_books_index_delete", responses={204: None, **ERRORS})
    def delete(self, request: Request, book_id: int) -> Response:
        """Delete all that was read from a book's file, and stop what reads it. The file stays; nothing reads it again
        until somebody asks for that."""
        book = get_book(book_id, request.user)
        services.delete_index(book=book, by=request.user)  # type: ignore[arg-type]  # signed in
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReindexView(APIView):
    permission_classes = [requires("rag.add_indexgeneration")]

    @extend_schema(
        operation_id="rag_books_reindex",
        request=None,
        responses={202: ReindexSerializer, **ERRORS, 409: ErrorSerializer},
    )
    def post(self, request: Request, book_id: int) -> Response:
        """Have a book's file read anew, or join a build under way. Its index answers until the new one is ready."""
        book = get_book(book_id, request.user)
        job = services.reindex(book=book, by=request.user)  # type: ignore[arg-type]  # signed in
        return Response(ReindexSerializer({"job": job.pk}).data, status=status.HTTP_202_ACCEPTED)
