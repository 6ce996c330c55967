"""Shelves over HTTP: what is new, what is borrowed, what is like a book. Each book says why it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import queries
from catalog.api.serializers import BookRowSerializer
from catalog.models import Book
from catalog.pages import shelves
from catalog.semantic import similar
from library.core.http.api import ErrorSerializer


class ShelvedSerializer(BookRowSerializer):
    """A book on a shelf."""

    reason = serializers.SerializerMethodField(help_text="Why it is there, in words for readers.")

    class Meta(BookRowSerializer.Meta):
        fields = (*BookRowSerializer.Meta.fields, "reason")

    def get_reason(self, book: Book) -> str:
        return str(self.context["reasons"][book.pk])


class Shelf(generics.GenericAPIView[Book]):
    """Reading needs no account, as with all of the catalogue."""

    permission_classes = [AllowAny]
    queryset = Book.objects.none()

    def shelved(self, shelf: Sequence[shelves.Shelved]) -> Response:
        page: list[Any] = self.paginate_queryset(shelf) or []
        reasons = {one.book.pk: one.reason for one in page}
        rows = ShelvedSerializer(
            [one.book for one in page], many=True, context={**self.get_serializer_context(), "reasons": reasons}
        )
        return self.get_paginated_response(rows.data)


class Newest(Shelf):
    @extend_schema(
        operation_id="books_newest_list", responses={200: ShelvedSerializer(many=True), 400: ErrorSerializer}
    )
    def get(self, request: Request) -> Response:
        """The fifty books last added, newest first."""
        return self.shelved(shelves.newest(request.user, shelves.LONGEST))


class Popular(Shelf):
    @extend_schema(
        operation_id="books_popular_list", responses={200: ShelvedSerializer(many=True), 400: ErrorSerializer}
    )
    def get(self, request: Request) -> Response:
        """The fifty books borrowed most; none that nobody borrowed."""
        return self.shelved(shelves.popular(request.user, shelves.LONGEST))


class Similar(Shelf):
    @extend_schema(
        operation_id="books_similar_list",
        responses={200: ShelvedSerializer(many=True), 400: ErrorSerializer, 404: ErrorSerializer},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Books like this one, the likest first: by what their records mean, their subjects, people and series."""
        book = queries.get_book(pk, request.user)
        return self.shelved(shelves.similar(book, request.user, similar.MOST))
