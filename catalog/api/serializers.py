"""Books, copies and branches as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.files import File
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog import validation
from catalog.access import may_see_cover
from catalog.covers.keeping import SIZES
from catalog.models import Authorship, Book, BookIdentifier, Branch, Copy, ReadingLevel
from catalog.services import check_upload
from catalog.values.file_kinds import PDF


class BranchSerializer(serializers.ModelSerializer[Branch]):
    class Meta:
        model = Branch
        fields = ("id", "code", "name", "address")


class CopySerializer(serializers.ModelSerializer[Copy]):
    """``branch`` is an id; its code and name are beside it. ``item_type`` is a code, with its id beside it."""

    branch_code = serializers.CharField(source="branch.code", read_only=True)
    branch_name = serializers.CharField(source="branch.name", read_only=True)
    for_loan = serializers.SerializerMethodField(help_text="Whether it may leave the library at all.")
    item_type = serializers.SlugRelatedField[Any](
        slug_field="code", read_only=True, allow_null=True, help_text="A code; null for an ordinary book."
    )
    item_type_id = serializers.IntegerField(read_only=True, allow_null=True)
    condition = serializers.CharField(read_only=True, help_text="new, good, worn, poor, or empty where nobody said.")
    price = serializers.DecimalField(
        max_digits=9,
        decimal_places=2,
        read_only=True,
        allow_null=True,
        help_text="What replacing it costs. For staff alone: null for everybody else.",
    )

    class Meta:
        model = Copy
        fields = (
            "barcode",
            "branch",
            "branch_code",
            "branch_name",
            "shelf_mark",
            "status",
            "for_loan",
            "item_type",
            "item_type_id",
            "condition",
            "price",
        )

    def to_representation(self, instance: Copy) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if not getattr(getattr(self.context.get("request"), "user", None), "is_staff", False):
            shown["price"] = None
        return shown

    def get_for_loan(self, copy: Copy) -> bool:
        return not copy.not_for_loan


class ContributorSerializer(serializers.Serializer[Any]):
    """Somebody named in a book who is not its author."""

    name = serializers.CharField(max_length=validation.NAME_LENGTH)
    role = serializers.ChoiceField(choices=[role for role in Authorship.Position.values if role != "author"])


class IdentifierSerializer(serializers.Serializer[Any]):
    """A number beside the main ISBN, in the form that is kept; sent in any usual form."""

    kind = serializers.ChoiceField(choices=BookIdentifier.Kind.choices)
    value = serializers.CharField(max_length=200)


class CoverSizesSerializer(serializers.Serializer[Any]):
    """Addresses of one picture. They change with it, so what they lead to may be kept."""

    large = serializers.URLField(help_text="WebP, at most 800 pixels wide.")
    medium = serializers.URLField(help_text="WebP, at most 320 pixels wide.")
    small = serializers.URLField(help_text="WebP, at most 160 pixels wide.")
    jpeg = serializers.URLField(help_text="JPEG, at most 640 pixels wide, for readers of feeds.")


class BookRowSerializer(serializers.ModelSerializer[Book]):
    """A book in a list."""

    authors = serializers.ListField(child=serializers.CharField(), source="author_names", read_only=True)
    categories = serializers.SlugRelatedField[Any](slug_field="name", many=True, read_only=True)
    has_file = serializers.BooleanField(read_only=True)
    cover = serializers.SerializerMethodField(help_text="Address of a picture; null where the cover is drawn.")
    cover_sizes = serializers.SerializerMethodField(help_text="The same picture by size; null where there is none.")
    drawn_cover = serializers.SerializerMethodField(help_text="Address of a cover drawn from the record, as SVG.")

    class Meta:
        model = Book
        fields: tuple[str, ...] = (
            "id",
            "title",
            "subtitle",
            "authors",
            "categories",
            "isbn",
            "publisher",
            "year",
            "language",
            "is_public",
            "has_file",
            "total_copies",
            "available_copies",
            "cover",
            "cover_sizes",
            "drawn_cover",
        )

    def get_cover(self, book: Book) -> str | None:
        return self._address(book.cover_address("large")) if self._shows_cover(book) else None

    @extend_schema_field(CoverSizesSerializer(allow_null=True))
    def get_cover_sizes(self, book: Book) -> dict[str, str] | None:
        if not self._shows_cover(book):
            return None
        return {size: self._address(book.cover_address(size)) for size in SIZES}

    def get_drawn_cover(self, book: Book) -> str:
        return self._address(reverse("catalog:drawn-cover", args=[book.pk]))

    def _shows_cover(self, book: Book) -> bool:
        viewer = getattr(self.context.get("request"), "user", None) or AnonymousUser()
        return bool(book.cover_key) and may_see_cover(viewer, book)

    def _address(self, path: str) -> str:
        request = self.context.get("request")
        return request.build_absolute_uri(path) if request else path


class BookSerializer(BookRowSerializer):
    """A book with everything a reader may know of it."""

    subjects = serializers.SlugRelatedField[Any](slug_field="name", many=True, read_only=True)
    contributors = serializers.SerializerMethodField()
    series = serializers.SlugRelatedField[Any](slug_field="name", read_only=True, allow_null=True)
    series_position = serializers.SerializerMethodField(
        help_text="A number with two places behind the point, as 2.00; a range as it is typed, 1-3."
    )
    identifiers = IdentifierSerializer(many=True, read_only=True)
    copies = serializers.SerializerMethodField()
    is_suppressed = serializers.BooleanField(
        read_only=True, help_text="Hidden from readers everywhere; such a record is shown to staff alone."
    )

    class Meta(BookRowSerializer.Meta):
        fields = (
            *BookRowSerializer.Meta.fields,
            "contributors",
            "series",
            "series_position",
            "identifiers",
            "subjects",
            "description",
            "reading_level",
            "minimum_age",
            "page_count",
            "created_at",
            "copies",
            "is_suppressed",
        )

    def get_series_position(self, book: Book) -> str | None:
        place = book.series_place
        if place is None:
            return None
        return f"{place.first:.2f}" if place.last is None else str(place)

    @extend_schema_field(ContributorSerializer(many=True))
    def get_contributors(self, book: Book) -> list[dict[str, str]]:
        rows = [row for row in book.authorships.all() if row.role != Authorship.Position.AUTHOR]
        return [{"name": row.author.name, "role": row.role} for row in rows]

    @extend_schema_field(CopySerializer(many=True))
    def get_copies(self, book: Book) -> Any:
        rows = book.copies.select_related("branch", "item_type").order_by("branch__name", "barcode")
        return CopySerializer(rows, many=True, context=self.context).data


class BookSavedSerializer(BookSerializer):
    """A book that was just added or changed."""

    job = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The job that reads its new file; null where there is none."
    )

    class Meta(BookSerializer.Meta):
        fields = (*BookSerializer.Meta.fields, "job")


class BookWriteSerializer(serializers.Serializer[Any]):
    """A new book, or with PATCH the part of it that changes. ``pdf`` and ``file`` are two names for one thing."""

    title = serializers.CharField(max_length=validation.TITLE_LENGTH)
    authors = serializers.ListField(
        child=serializers.CharField(max_length=validation.NAME_LENGTH),
        max_length=validation.NAMES_AT_MOST,
        help_text="Names, in the order of the title page. In a multipart body the field is repeated.",
    )
    isbn = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="ISBN-10 or ISBN-13, as it is printed, pasted or scanned.",
    )
    subtitle = serializers.CharField(required=False, allow_blank=True, max_length=validation.TITLE_LENGTH)
    filing_title = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=validation.TITLE_LENGTH,
        help_text="Only where the language's rule is wrong: the title from the word that it is filed by.",
    )
    categories = serializers.ListField(
        child=serializers.CharField(max_length=80),
        max_length=validation.NAMES_AT_MOST,
        required=False,
        help_text="Names; those that do not exist are made.",
    )
    subjects = serializers.ListField(
        child=serializers.CharField(max_length=validation.NAME_LENGTH),
        max_length=validation.NAMES_AT_MOST,
        required=False,
    )
    contributors = ContributorSerializer(
        many=True, required=False, help_text="Editors, translators, illustrators. Multipart: contributors[0]name …"
    )
    series = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=validation.NAME_LENGTH,
        help_text="Its name; one that does not exist is made. Empty: none.",
    )
    series_position = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=validation.PLACE_LENGTH,
        help_text="A number, as 2 or 1.5, or a range, as 1-3. Null or empty: none.",
    )
    identifiers = IdentifierSerializer(
        many=True, required=False, help_text="All numbers beside the main ISBN. Multipart: identifiers[0]kind …"
    )
    reading_level = serializers.ChoiceField(required=False, allow_blank=True, choices=ReadingLevel.choices)
    minimum_age = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=validation.OLDEST_MINIMUM_AGE, help_text="In years."
    )
    publisher = serializers.CharField(required=False, allow_blank=True, max_length=validation.NAME_LENGTH)
    year = serializers.IntegerField(required=False, allow_null=True)
    language = serializers.CharField(
        required=False,
        max_length=40,
        help_text="A code of ISO 639, as en or grc.",
    )
    description = serializers.CharField(required=False, allow_blank=True, max_length=validation.DESCRIPTION_LENGTH)
    page_count = serializers.IntegerField(required=False, allow_null=True)
    is_public = serializers.BooleanField(default=True, help_text="Whether readers may read and ask its file.")
    is_suppressed = serializers.BooleanField(required=False, help_text="Hidden from readers everywhere.")
    pdf = serializers.FileField(required=False, write_only=True, help_text="The digital book, a PDF.")
    file = serializers.FileField(required=False, write_only=True, help_text="The same: a PDF, an EPUB or a plain text.")

    def validate_pdf(self, upload: File[bytes]) -> File[bytes]:
        check_upload(upload, accepts={PDF})
        return upload

    def validate_file(self, upload: File[bytes]) -> File[bytes]:
        check_upload(upload)
        return upload

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "pdf" in attrs and "file" in attrs:
            raise serializers.ValidationError({"file": [_("Send the file once: as pdf or as file.")]})
        attrs["file"] = attrs.pop("pdf", None) or attrs.pop("file", None)
        return attrs


class BookChangeSerializer(BookWriteSerializer):
    """What may change of a book: nothing that is not sent."""

    is_public = serializers.BooleanField(required=False)
