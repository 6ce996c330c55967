"""What readers mark in books, and how far they have read, over the API."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from catalog.queries import get_book
from library.core.http.api import ErrorSerializer
from rag import queries
from rag.api.reading_shapes import (
    HighlightFilterSerializer,
    HighlightSerializer,
    NewHighlightSerializer,
    NoteSerializer,
    PositionSerializer,
    TurnedPageSerializer,
)
from rag.models import Document, Highlight, IndexGeneration
from rag.reading import highlights, positions
from rag.text.sentences import TextSpan

REFUSED = {400: ErrorSerializer, 401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer, 409: ErrorSerializer}
MISSING = {401: ErrorSerializer, 404: ErrorSerializer}


class HighlightsView(generics.GenericAPIView[Highlight]):
    queryset = Highlight.objects.none()
    serializer_class = HighlightSerializer

    @extend_schema(
        operation_id="rag_highlights_list",
        parameters=[HighlightFilterSerializer],
        responses={200: HighlightSerializer(many=True), 400: ErrorSerializer, **MISSING},
    )
    def get(self, request: Request) -> Response:
        """All that you marked in books that you may read, by book and page."""
        wanted = HighlightFilterSerializer(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        own = highlights.own(_user(request))
        if "book" in wanted.validated_data:
            own = own.filter(document__book=wanted.validated_data["book"])
        page = self.paginate_queryset(own)
        return self.get_paginated_response(HighlightSerializer(page, many=True).data)


class BookHighlightsView(APIView):
    @extend_schema(
        operation_id="rag_books_highlights_create",
        request=NewHighlightSerializer,
        responses={201: HighlightSerializer, **REFUSED},
    )
    def post(self, request: Request, book_id: int) -> Response:
        """Mark words of a page: by `quote`, or by `start` and `end` in its text. The same words marked again are one
        highlight."""
        sent = NewHighlightSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        document, generation = _text(request, book_id)
        made = highlights.make(
            user=_user(request),
            document=document,
            generation=generation,
            page=queries.page(generation, given["page"]),
            quote=given["quote"],
            span=TextSpan(given["start"], given["end"]) if {"start", "end"} <= given.keys() else None,
            note=given["note"],
        )
        return Response(HighlightSerializer(made).data, status=status.HTTP_201_CREATED)


class HighlightView(APIView):
    @extend_schema(operation_id="rag_highlights_retrieve", responses={200: HighlightSerializer, **MISSING})
    def get(self, request: Request, highlight_id: UUID) -> Response:
        """One of your highlights."""
        return Response(HighlightSerializer(highlights.own_one(_user(request), highlight_id)).data)

    @extend_schema(
        operation_id="rag_highlights_partial_update",
        request=NoteSerializer,
        responses={200: HighlightSerializer, 400: ErrorSerializer, **MISSING},
    )
    def patch(self, request: Request, highlight_id: UUID) -> Response:
        """Write another note beside it."""
        sent = NoteSerializer(data=request.data)
        highlight = highlights.own_one(_user(request), highlight_id)
        sent.is_valid(raise_exception=True)
        return Response(HighlightSerializer(highlights.change_note(highlight=highlight, **sent.validated_data)).data)

    @extend_schema(operation_id="rag_highlights_destroy", responses={204: None, **MISSING})
    def delete(self, request: Request, highlight_id: UUID) -> Response:
        """Delete a highlight with its note."""
        highlights.own_one(_user(request), highlight_id).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class PositionView(APIView):
    @extend_schema(operation_id="rag_books_position", responses={200: PositionSerializer, **REFUSED})
    def get(self, request: Request, book_id: int) -> Response:
        """The page of a book at which you go on reading."""
        document, generation = _text(request, book_id)
        page = positions.position_of(_user(request), document, generation)
        return Response(PositionSerializer({"page": page}).data)

    @extend_schema(
        operation_id="rag_books_position_update",
        request=TurnedPageSerializer,
        responses={200: PositionSerializer, **REFUSED},
    )
    def put(self, request: Request, book_id: int) -> Response:
        """Say that you turned to a page as you read. Looking something up is not reading: do not say that."""
        sent = TurnedPageSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        document, generation = _text(request, book_id)
        position = positions.turn_to(
            user=_user(request), document=document, generation=generation, page=sent.validated_data["page"]
        )
        return Response(PositionSerializer(position).data)

    @extend_schema(operation_id="rag_books_position_destroy", responses={204: None, **MISSING})
    def delete(self, request: Request, book_id: int) -> Response:
        """Have it forgotten how far you have read a book."""
        positions.forget(user=_user(request), book_id=book_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _text(request: Request, book_id: int) -> tuple[Document, IndexGeneration]:
    document = queries.document_of(get_book(book_id, request.user), viewer=request.user)
    return document, queries.live_generation(document)


def _user(request: Request) -> User:
    return cast(User, request.user)  # signed in, by the default permission
