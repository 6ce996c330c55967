"""The catalogue: books, who made them, what they are about, and the copies on the shelves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from library.core.ids import uuid7


class Branch(models.Model):
    """A building where copies stand."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    address = models.CharField(_("address"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Author(models.Model):
    """Somebody named on a title page."""

    name = models.CharField(_("name"), max_length=200)
    sort_name = models.CharField(_("sort name"), max_length=200, help_text=_("Family name first, folded."))

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["sort_name", "id"]
        indexes = [models.Index(fields=["sort_name"], name="author_sort_name")]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A shelf of the catalogue."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Subject(models.Model):
    """What a book is about, in the words of a subject heading."""

    name = models.CharField(_("name"), max_length=200, unique=True)

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class BookQuerySet(models.QuerySet["Book"]):
    def visible_to(self, user: Any) -> BookQuerySet:
        """Books whose record ``user`` may see: staff all, everybody else those that are not suppressed."""
        return self if getattr(user, "is_staff", False) else self.filter(is_suppressed=False)


class Book(models.Model):
    """A catalogue record. Its counters are kept by the database from its copies."""

    title = models.CharField(_("title"), max_length=500)
    subtitle = models.CharField(_("subtitle"), max_length=500, blank=True)
    authors = models.ManyToManyField(Author, through="Authorship", related_name="books", verbose_name=_("authors"))
    categories = models.ManyToManyField(Category, related_name="books", blank=True, verbose_name=_("categories"))
    subjects = models.ManyToManyField(Subject, related_name="books", blank=True, verbose_name=_("subjects"))
    isbn = models.CharField(
        _("ISBN"), max_length=13, null=True, blank=True, unique=True,
        help_text=_("10 or 13 digits; kept as 13. Empty for a book that has none."),
    )  # fmt: skip
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    year = models.SmallIntegerField(_("year"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=2, default="en", help_text=_("Two letters, as in ISO 639-1."))
    description = models.TextField(_("description"), blank=True)
    page_count = models.PositiveIntegerField(_("pages"), null=True, blank=True)
    is_public = models.BooleanField(
        _("public"), default=True, help_text=_("Readers may read, ask and study its digital content.")
    )
    is_suppressed = models.BooleanField(_("suppressed"), default=False, help_text=_("Hidden from readers everywhere."))
    total_copies = models.PositiveIntegerField(_("copies"), default=0, editable=False)
    available_copies = models.PositiveIntegerField(_("available"), default=0, editable=False)
    popularity = models.PositiveIntegerField(default=0, editable=False)
    sort_title = models.CharField(max_length=500, editable=False, default="")
    # Folded text, one column per weight: title, then people, then subjects, then prose.
    search_a = models.TextField(editable=False, default="")
    search_b = models.TextField(editable=False, default="")
    search_c = models.TextField(editable=False, default="")
    search_d = models.TextField(editable=False, default="")
    search_vector = models.GeneratedField(
        expression=Func(
            F("language"), F("search_a"), F("search_b"), F("search_c"), F("search_d"), function="lyceum_book_vector"
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = BookQuerySet.as_manager()

    class Meta:
        verbose_name = _("book")
        verbose_name_plural = _("books")
        ordering = ["sort_title", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(available_copies__lte=F("total_copies")), name="book_available_in_total"
            ),
            models.CheckConstraint(condition=Q(total_copies__gte=0), name="book_total_not_negative"),
            models.CheckConstraint(condition=Q(available_copies__gte=0), name="book_available_not_negative"),
            models.CheckConstraint(
                condition=Q(isbn=None) | Q(isbn__regex=r"^97[89][0-9]{10}$"), name="book_isbn_normalised"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="book_title_not_empty"),
            models.CheckConstraint(condition=Q(language__regex=r"^[a-z]{2}$"), name="book_language_two_letters"),
            models.CheckConstraint(
                condition=Q(year=None) | Q(year__gte=-3000, year__lte=2200), name="book_year_plausible"
            ),
        ]
        indexes = [
            GinIndex(fields=["search_vector"], name="book_search"),
            models.Index(fields=["sort_title", "id"], name="book_sort_title"),
            models.Index(fields=["-created_at", "-id"], name="book_newest"),
            models.Index(fields=["language"], name="book_language"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("pages:book", args=[self.pk])

    @property
    def author_names(self) -> list[str]:
        """The authors in the order of the title page. Lists prefetch ``authorships__author``."""
        rows = [row for row in self.authorships.all() if row.role == Authorship.Position.AUTHOR]
        return [row.author.name for row in rows]

    @property
    def has_file(self) -> bool:
        """Whether it has a digital file. Lists select ``digital_file``."""
        return hasattr(self, "digital_file")


class Authorship(models.Model):
    """One name on one title page, in its place."""

    class Position(models.TextChoices):
        AUTHOR = "author", _("author")
        EDITOR = "editor", _("editor")
        TRANSLATOR = "translator", _("translator")
        ILLUSTRATOR = "illustrator", _("illustrator")

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="authorships")
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="authorships")
    role = models.CharField(_("role"), max_length=12, choices=Position, default=Position.AUTHOR)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("author of a book")
        verbose_name_plural = _("authors of a book")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["book", "author", "role"], name="authorship_once")]

    def __str__(self) -> str:
        return str(self.author)


class CopyStatus(models.TextChoices):
    AVAILABLE = "available", _("available")
    REQUESTED = "requested", _("requested")
    ON_LOAN = "on_loan", _("on loan")
    ON_SHELF_FOR_HOLD = "on_shelf_for_hold", _("on the hold shelf")
    IN_TRANSIT = "in_transit", _("in transit")
    IN_REPAIR = "in_repair", _("in repair")
    DAMAGED = "damaged", _("damaged")
    MISSING = "missing", _("missing")
    LOST = "lost", _("lost")
    WITHDRAWN = "withdrawn", _("withdrawn")


class CopyQuerySet(models.QuerySet["Copy"]):
    def counted(self) -> CopyQuerySet:
        """Copies that the library still has."""
        return self.exclude(status__in=[CopyStatus.LOST, CopyStatus.MISSING, CopyStatus.WITHDRAWN])

    def free(self) -> CopyQuerySet:
        """Copies that stand on the shelf and may be lent."""
        return self.filter(status=CopyStatus.AVAILABLE, not_for_loan=False)


class Copy(models.Model):
    """One physical book with a barcode."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="copies")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="copies")
    barcode = models.CharField(_("barcode"), max_length=40)
    shelf_mark = models.CharField(_("shelf mark"), max_length=80, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=CopyStatus, default=CopyStatus.AVAILABLE)
    not_for_loan = models.BooleanField(_("not for loan"), default=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = CopyQuerySet.as_manager()

    class Meta:
        verbose_name = _("copy")
        verbose_name_plural = _("copies")
        ordering = ["branch__name", "barcode"]
        constraints = [
            models.UniqueConstraint(
                Upper("barcode"), name="copy_barcode_unique",
                violation_error_message=_("Another copy already has this barcode."),
            ),
            models.CheckConstraint(condition=~Q(barcode=""), name="copy_barcode_not_empty"),
            models.CheckConstraint(condition=Q(status__in=CopyStatus.values), name="copy_status_known"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["book", "status"], name="copy_book_status")]

    def __str__(self) -> str:
        return self.barcode

    @property
    def is_free(self) -> bool:
        """Whether it stands on the shelf and may be lent."""
        return self.status == CopyStatus.AVAILABLE and not self.not_for_loan


def random_name(instance: models.Model | None = None, filename: str = "") -> str:
    """Where an upload is kept: a name that tells nothing and that no request chooses."""
    return f"books/{uuid7().hex}.pdf"


class BookFile(models.Model):
    """The digital file of a book."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.OneToOneField(Book, on_delete=models.CASCADE, related_name="digital_file")
    file = models.FileField(_("file"), upload_to=random_name, storage=default_storage, max_length=200)
    original_name = models.CharField(_("name"), max_length=255)
    media_type = models.CharField(_("type"), max_length=80)
    size = models.PositiveBigIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("digital file")
        verbose_name_plural = _("digital files")
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="book_file_not_empty"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="book_file_sha256"),
        ]

    def __str__(self) -> str:
        return self.original_name
