"""Asking books over the API."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.queries import get_book
from library.core.api import ErrorSerializer
from rag import queries
from rag.answers import answer
from rag.api.serializers import AnswerSerializer, IndexSerializer, QuestionSerializer

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
            503: ErrorSerializer,
        },
    )
    def post(self, request: Request, book_id: int) -> Response:
        """Ask a book. The answer quotes it with numbered sources, or says that the book does not say."""
        asked = QuestionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        book = get_book(book_id, request.user)
        found = answer(book=book, viewer=request.user, **asked.validated_data)
        sources = [vars(source) | {"book": book.pk} for source in found.sources]
        body = {
            "answer": found.text, "supported": found.supported, "writer": found.writer, "conversation": None,
            "sources": sources, "cached": found.cached,
        }  # fmt: skip
        return Response(AnswerSerializer(body).data)


class IndexView(APIView):
    @extend_schema(operation_id="rag_books_index", responses={200: IndexSerializer, **ERRORS})
    def get(self, request: Request, book_id: int) -> Response:
        """Whether a book can be asked: the state of what answers now, and the job of a build under way."""
        state = queries.index_state(get_book(book_id, request.user))
        body = {
            "state": state.state, "pages": state.pages, "passages": state.passages, "model": state.model,
            "error": state.error, "job": state.job.pk if state.job else None,
        }  # fmt: skip
        return Response(IndexSerializer(body).data)
