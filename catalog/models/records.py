"""Books: the catalogue's records, and who is named in them."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models.authorities import Author, Category, Series, Subject
from catalog.values.series_place import SeriesPlace

OTHER_LANGUAGES = ["iw", "in", "ji", "jw", "mo", "nb", "nn"]  # kept under another code: ``library.core.languages``
ISBN = r"^97(8[0-9]|9[1-9])[0-9]{9}$"  # 979-0 is printed music: an ISMN


class ReadingLevel(models.TextChoices):
    CHILDREN = "children", _("children")
    TEENS = "teens", _("teenagers")
    ADULTS = "adults", _("adults")
    SCHOLARS = "scholars", _("scholars")


class BookQuerySet(models.QuerySet["Book"]):
    def visible_to(self, user: Any) -> BookQuerySet:
        """Books whose record ``user`` may see: staff all, everybody else those that are not suppressed."""
        return self if getattr(user, "is_staff", False) else self.filter(is_suppressed=False)

    def without_places(self) -> BookQuerySet:
        """Without the records of places that are lent, such as a study room."""
        return self.exclude(copies__item_type__is_place=True)


class Book(models.Model):
    """A catalogue record. Its counters are kept by the database from its copies."""

    title = models.CharField(_("title"), max_length=500)
    subtitle = models.CharField(_("subtitle"), max_length=500, blank=True)
    authors = models.ManyToManyField(Author, through="Authorship", related_name="books", verbose_name=_("authors"))
    categories = models.ManyToManyField(Category, related_name="books", blank=True, verbose_name=_("categories"))
    subjects = models.ManyToManyField(Subject, related_name="books", blank=True, verbose_name=_("subjects"))
    isbn = models.CharField(
        _("ISBN"),
        max_length=13,
        null=True,
        blank=True,
        unique=True,
        help_text=_("10 or 13 digits; kept as 13. Empty for a book that has none."),
    )
    series = models.ForeignKey(
        Series, null=True, blank=True, on_delete=models.PROTECT, related_name="books", verbose_name=_("series")
    )
    series_position = models.DecimalField(
        _("place in the series"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("1, 2, or 1.5 for what came between."),
    )
    series_position_end = models.DecimalField(  # of an omnibus alone
        _("last place in the series"), max_digits=6, decimal_places=2, null=True, blank=True, editable=False
    )
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    year = models.SmallIntegerField(_("year"), null=True, blank=True)
    language = models.CharField(
        _("language"),
        max_length=3,
        default="en",
        help_text=_("Two letters, for example en; three where a language has no two. mul: several, zxx: no words."),
    )
    description = models.TextField(_("description"), blank=True)
    reading_level = models.CharField(_("written for"), max_length=10, choices=ReadingLevel, blank=True, default="")
    minimum_age = models.PositiveSmallIntegerField(_("minimum age"), null=True, blank=True, help_text=_("In years."))
    page_count = models.PositiveIntegerField(_("pages"), null=True, blank=True)
    is_public = models.BooleanField(
        _("public"), default=True, help_text=_("Readers may read, ask and study its digital content.")
    )
    is_suppressed = models.BooleanField(_("suppressed"), default=False, help_text=_("Hidden from readers everywhere."))
    total_copies = models.PositiveIntegerField(_("copies"), default=0, editable=False)
    available_copies = models.PositiveIntegerField(_("available"), default=0, editable=False)
    popularity = models.PositiveIntegerField(default=0, editable=False)
    # Of the cover that is shown; empty where it is drawn. Kept by ``catalog.covers.keeping``: lists need no join.
    cover_key = models.CharField(max_length=32, blank=True, editable=False, default="", db_default="")
    filing_title = models.CharField(
        _("filed by"),
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text=_("Only where the rule is wrong: the title from the word that it is filed by, as “El Salvador hoy”."),
    )
    sort_title = models.CharField(max_length=500, editable=False, default="")
    title_order = models.GeneratedField(  # numbers in it by value: "vol. 2" before "vol. 10"
        expression=Func(F("sort_title"), function="lyceum_title_order"),
        output_field=models.TextField(),
        db_persist=True,
    )
    # Folded text, one column per weight: titles, people, what it is about (series too), prose. The database makes the
    # search vector of ``BookFacts`` from them.
    search_a = models.TextField(editable=False, default="")
    search_b = models.TextField(editable=False, default="")
    search_c = models.TextField(editable=False, default="")
    search_d = models.TextField(editable=False, default="")
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = BookQuerySet.as_manager()

    class Meta:
        verbose_name = _("book")
        verbose_name_plural = _("books")
        ordering = ["title_order", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(available_copies__lte=F("total_copies")), name="book_available_in_total"
            ),
            models.CheckConstraint(condition=Q(total_copies__gte=0), name="book_total_not_negative"),
            models.CheckConstraint(condition=Q(available_copies__gte=0), name="book_available_not_negative"),
            models.CheckConstraint(condition=Q(isbn=None) | Q(isbn__regex=ISBN), name="book_isbn_normalised"),
            models.CheckConstraint(condition=~Q(title=""), name="book_title_not_empty"),
            models.CheckConstraint(
                condition=Q(language__regex=r"^[a-z]{2,3}$") & ~Q(language__in=OTHER_LANGUAGES),
                name="book_language_code",
            ),
            models.CheckConstraint(
                condition=Q(year=None) | (Q(year__gte=-3000, year__lte=2200) & ~Q(year=0)),
                name="book_year_plausible",
            ),
            models.CheckConstraint(
                condition=Q(series_position=None) | Q(series__isnull=False),
                name="book_position_needs_series",
                violation_error_message=_("A place in a series needs the series."),
            ),
            models.CheckConstraint(
                condition=Q(series_position_end=None)
                | Q(series_position__isnull=False, series_position_end__gt=F("series_position")),
                name="book_position_end_after_start",
            ),
            models.CheckConstraint(
                condition=Q(minimum_age=None) | Q(minimum_age__lte=21), name="book_minimum_age_plausible"
            ),
            models.CheckConstraint(
                condition=Q(reading_level="") | Q(reading_level__in=ReadingLevel.values),
                name="book_reading_level_known",
            ),
        ]
        indexes = [
            # With all that orders suggestions, which then look at no row but those that are shown.
            models.Index(
                OpClass(F("sort_title"), name="text_pattern_ops"),
                include=["id", "popularity", "is_suppressed"],
                name="book_title_starts",
            ),
            models.Index(fields=["id"], condition=Q(is_suppressed=True), name="book_hidden"),
            models.Index(fields=["-popularity", "-id"], name="book_popular"),
            models.Index(fields=["series", "series_position"], name="book_series"),
            models.Index(fields=["title_order", "id"], name="book_title_order"),
            models.Index(fields=["-created_at", "-id"], name="book_newest"),
            models.Index(fields=["language"], name="book_language"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("pages:book", args=[self.pk])

    def cover_address(self, size: str) -> str:
        """Where its picture is in a size of ``catalog.covers.pictures``; empty where the cover is drawn."""
        return reverse("catalog:cover", args=[self.pk, self.cover_key, size]) if self.cover_key else ""

    @property
    def series_place(self) -> SeriesPlace | None:
        """Where it stands in its series, where that is known."""
        if self.series_position is None:
            return None
        return SeriesPlace(self.series_position, self.series_position_end)

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
        indexes = [models.Index(fields=["author", "book"], name="authorship_books")]

    def __str__(self) -> str:
        return str(self.author)


class BookIdentifier(models.Model):
    """One more number that a book is known by, beside its main ISBN."""

    class Kind(models.TextChoices):
        ISBN = "isbn", _("ISBN")
        ISMN = "ismn", _("ISMN")
        ISSN = "issn", _("ISSN")
        LCCN = "lccn", _("Library of Congress number")
        OCLC = "oclc", _("OCLC number")
        DOI = "doi", _("DOI")
        CONTROL = "control", _("control number")

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    value = models.CharField(_("number"), max_length=120, help_text=_("Kept without hyphens and spaces."))

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        ordering = ["kind", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["book", "kind", "value"],
                name="identifier_once",
                violation_error_message=_("The book already has this number."),
            ),
            models.CheckConstraint(condition=~Q(value=""), name="identifier_not_empty"),
            models.CheckConstraint(
                condition=Q(kind__in=["isbn", "ismn", "issn", "lccn", "oclc", "doi", "control"]),
                name="identifier_kind_known",
            ),
            models.CheckConstraint(condition=~Q(kind="isbn") | Q(value__regex=ISBN), name="identifier_isbn_normalised"),
            models.CheckConstraint(
                condition=~Q(kind="ismn") | Q(value__regex=r"^9790[0-9]{9}$"), name="identifier_ismn_normalised"
            ),
            models.CheckConstraint(
                condition=~Q(kind="issn") | Q(value__regex=r"^[0-9]{7}[0-9X]$"), name="identifier_issn_normalised"
            ),
        ]
        indexes = [models.Index(fields=["value"], name="identifier_value")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"


class BookMerge(models.Model):
    """Where a record went that was merged into another one: its old address and number answer with that one."""

    old_id = models.BigIntegerField(primary_key=True)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="merges")
    title = models.CharField(max_length=500)
    merged_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("merged record")
        verbose_name_plural = _("merged records")
        constraints = [models.CheckConstraint(condition=~Q(old_id=F("book")), name="book_merge_into_another")]

    def __str__(self) -> str:
        return f"{self.old_id} → {self.book_id}"
