"""Study content over the API."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aistudy import queries
from aistudy.api.serializers import StudySerializer
from catalog.access import check_may_read
from catalog.queries import get_book
from library.core.http.api import ErrorSerializer
from rag.queries import find_document


class StudyView(APIView):
    @extend_schema(
        operation_id="books_study",
        responses={200: StudySerializer, 401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    def get(self, request: Request, book_id: int) -> Response:
        """The state of everything that the library made of a book for studying it."""
        book = get_book(book_id, request.user)
        check_may_read(request.user, book)
        return Response(StudySerializer({"artifacts": queries.artifacts(find_document(book), request.user)}).data)
