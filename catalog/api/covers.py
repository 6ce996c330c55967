"""The cover of a book over HTTP, for staff; what readers see of it stands in the book itself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import queries, services
from catalog.api.parsers import FormWithFile
from catalog.api.views import BookView
from catalog.covers.keeping import ORDER
from catalog.models import Cover, CoverSource
from library.core.http.api import ErrorSerializer, user_of
from library.core.http.parsers import BoundedJSONParser
from library.core.http.permissions import requires

REFUSED = {400: ErrorSerializer, 401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}
MADE = (CoverSource.LOOKED_UP, CoverSource.FIRST_PAGE)


class CoverSerializer(serializers.ModelSerializer[Cover]):
    """What one source has for a book. ``why_none`` is a code, empty where there is a picture or one is being made."""

    is_shown = serializers.SerializerMethodField(help_text="Whether it is the one that readers see.")

    class Meta:
        model = Cover
        fields = ("source", "state", "why_none", "is_refused", "is_shown", "width", "height", "added_at", "tried_at")
        read_only_fields = fields

    def get_is_shown(self, cover: Cover) -> bool:
        return bool(cover.key) and not cover.is_refused and cover.book.cover_key == cover.key


class CoversSerializer(serializers.Serializer[Any]):
    """In the order in which they are taken."""

    covers = CoverSerializer(many=True)


class CoverUploadSerializer(serializers.Serializer[Any]):
    picture = serializers.FileField(help_text="PNG, JPEG, WebP or GIF, at most 10 MB and 24 million pixels.")


class CoverRefusalSerializer(serializers.Serializer[Any]):
    source = serializers.ChoiceField(choices=CoverSource.choices)  # type: ignore[assignment]  # of a cover, not of a field
    is_refused = serializers.BooleanField()


class CoverWishSerializer(serializers.Serializer[Any]):
    source = serializers.ChoiceField(choices=[(one.value, one.label) for one in MADE])  # type: ignore[assignment]


class CoverJobSerializer(serializers.Serializer[Any]):
    job = serializers.UUIDField(help_text="The job that makes the cover.")


class BookCover(BookView):
    parser_classes = (BoundedJSONParser, FormWithFile)

    def get_parsers(self) -> list[BaseParser]:
        """A form is for a picture alone."""
        return [FormWithFile() if self.request and self.request.method == "PUT" else BoundedJSONParser()]

    def get_permissions(self) -> list[BasePermission]:
        return [requires("catalog.change_book")()]

    @extend_schema(operation_id="books_cover_retrieve", responses={200: CoversSerializer, **REFUSED})
    def get(self, request: Request, pk: int) -> Response:
        """What each source has for the book."""
        return self._covers(request, pk)

    @extend_schema(
        operation_id="books_cover_update",
        request={"multipart/form-data": CoverUploadSerializer},
        responses={200: CoversSerializer, 507: ErrorSerializer, **REFUSED},
    )
    def put(self, request: Request, pk: int) -> Response:
        """Upload a cover, which is shown before all others. It is made anew, in every size, before the answer."""
        sent = CoverUploadSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        book = queries.get_book(pk, request.user)
        services.upload_cover(book=book, upload=sent.validated_data["picture"], by=user_of(request))
        return self._covers(request, pk)

    @extend_schema(
        operation_id="books_cover_partial_update",
        request=CoverRefusalSerializer,
        responses={200: CoversSerializer, **REFUSED},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Refuse the cover of a source, so that the next one is shown, or allow it again."""
        sent = CoverRefusalSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        services.refuse_cover(
            book=queries.get_book(pk, request.user),
            source=CoverSource(given["source"]),
            is_refused=given["is_refused"],
            by=user_of(request),
        )
        return self._covers(request, pk)

    @extend_schema(
        operation_id="books_cover_create", request=CoverWishSerializer, responses={202: CoverJobSerializer, **REFUSED}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Have a cover looked up by ISBN, or the first page of the file drawn, again."""
        sent = CoverWishSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        book, source = queries.get_book(pk, request.user), CoverSource(sent.validated_data["source"])
        job = services.make_cover(book=book, source=source, by=user_of(request))
        return Response({"job": job.pk}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="books_cover_destroy", responses={204: None, **REFUSED})
    def delete(self, request: Request, pk: int) -> Response:
        """Take the uploaded cover away."""
        services.remove_cover(book=queries.get_book(pk, request.user), by=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _covers(self, request: Request, pk: int) -> Response:
        book = queries.get_book(pk, request.user)
        rows = sorted(book.covers.select_related("book"), key=lambda cover: ORDER.index(CoverSource(cover.source)))
        return Response(CoversSerializer({"covers": rows}).data)
