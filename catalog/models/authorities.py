"""What books share: people, categories, subjects, series."""

from __future__ import annotations

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.values.personal_names import NameKind

FIRST_YEAR, LAST_YEAR = -3000, 2200


def _starts(field: str, name: str, *, with_: tuple[str, ...] = ("id",)) -> models.Index:
    """Finds what begins with something in any collation; ``with_``: what it tells without a look at the row."""
    return models.Index(OpClass(F(field), name="text_pattern_ops"), include=with_, name=name)


class Author(models.Model):
    """Somebody named on a title page, under the one form of the name that the library files them by."""

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(
        _("kind"),
        max_length=12,
        choices=NameKind,
        default=NameKind.PERSON,
        db_default=NameKind.PERSON.value,
        help_text=_("Only a person’s name is filed by the family name."),
    )
    sort_name = models.CharField(
        _("sort name"),
        max_length=200,
        help_text=_("Family name, comma, given name: what it is filed by. Change it where that is wrong."),
    )
    is_filed_by_hand = models.BooleanField(
        _("filed as a cataloguer said"), default=False, db_default=False, editable=False
    )
    birth_year = models.SmallIntegerField(_("born"), null=True, blank=True, help_text=_("Negative before our era."))
    death_year = models.SmallIntegerField(_("died"), null=True, blank=True)

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["sort_name", "id"]
        indexes = [models.Index(fields=["sort_name"], name="author_sort_name"), _starts("sort_name", "author_starts")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=NameKind.values), name="author_kind_known"),
            models.CheckConstraint(
                condition=Q(birth_year=None) | Q(birth_year__gte=FIRST_YEAR, birth_year__lte=LAST_YEAR),
                name="author_birth_plausible",
            ),
            models.CheckConstraint(
                condition=Q(death_year=None) | Q(death_year__gte=FIRST_YEAR, death_year__lte=LAST_YEAR),
                name="author_death_plausible",
            ),
            models.CheckConstraint(
                condition=Q(birth_year=None) | Q(death_year=None) | Q(death_year__gte=F("birth_year")),
                name="author_born_before_dead",
                violation_error_message=_("Nobody dies before being born."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AuthorAlias(models.Model):
    """Another name of the same person: a pen name, another spelling, another script."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(_("name"), max_length=200)
    sort_name = models.CharField(max_length=200, editable=False, default="")

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["sort_name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["author", "sort_name"], name="author_alias_once"),
            models.CheckConstraint(condition=~Q(name=""), name="author_alias_not_empty"),
        ]
        indexes = [_starts("sort_name", "author_alias_starts", with_=("author", "name"))]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A shelf of the catalogue, perhaps within a wider one. The database refuses a circle."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name=_("part of"),
        help_text=_("The wider category. Whoever narrows a search to that one finds these books too."),
    )

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Subject(models.Model):
    """What a book is about, in the words of a subject heading."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    sort_name = models.CharField(max_length=200, editable=False, default="")

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        ordering = ["name"]
        indexes = [_starts("sort_name", "subject_starts")]

    def __str__(self) -> str:
        return self.name


class Series(models.Model):
    """Books that belong together in an order."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    sort_name = models.CharField(max_length=200, editable=False, default="")

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["name"]
        indexes = [_starts("sort_name", "series_starts")]

    def __str__(self) -> str:
        return self.name
