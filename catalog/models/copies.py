"""Branches, and the copies that stand in them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.records import Book
from library.core.database.fields import FoldedField, folds, seen_only


class Branch(models.Model):
    """A building where copies stand."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    is_pickup = models.BooleanField(
        _("pick-up here"), default=True, db_default=True, help_text=_("Whether readers may fetch holds here.")
    )

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ItemType(models.Model):
    """What kind of thing a copy is, for instance a large-print book or a DVD: the lending rules ask for it."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)
    is_place = models.BooleanField(
        _("a place"), default=False, help_text=_("Such as a study room: lent like a book, and on no shelf of books.")
    )
    price = models.DecimalField(
        _("price"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("What replacing a copy costs whose own price nobody knows."),
    )

    class Meta:
        verbose_name = _("item type")
        verbose_name_plural = _("item types")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0), name="item_type_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


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


class Condition(models.TextChoices):
    NEW = "new", _("as new")
    GOOD = "good", _("good")
    WORN = "worn", _("worn")
    POOR = "poor", _("poor")


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
    barcode_folded = FoldedField(of="barcode")
    shelf_mark = models.CharField(_("shelf mark"), max_length=80, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=CopyStatus, default=CopyStatus.AVAILABLE)
    not_for_loan = models.BooleanField(_("not for loan"), default=False)
    item_type = models.ForeignKey(
        ItemType,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="copies",
        verbose_name=_("item type"),
        help_text=_("Empty for an ordinary book."),
    )
    condition = models.CharField(_("condition"), max_length=8, choices=Condition, blank=True, default="")
    price = models.DecimalField(
        _("price"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("What replacing it costs, in the library’s currency."),
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = CopyQuerySet.as_manager()

    class Meta:
        verbose_name = _("copy")
        verbose_name_plural = _("copies")
        ordering = ["branch__name", "barcode"]
        constraints = [
            models.UniqueConstraint(
                fields=["barcode_folded"],
                name="copy_barcode_unique",
                violation_error_message=_("Another copy already has this barcode."),
            ),
            models.CheckConstraint(condition=~Q(barcode=""), name="copy_barcode_not_empty"),
            models.CheckConstraint(condition=seen_only("barcode"), name="copy_barcode_seen"),
            models.CheckConstraint(condition=folds("barcode_folded", of="barcode"), name="copy_barcode_folds"),
            models.CheckConstraint(condition=Q(status__in=CopyStatus.values), name="copy_status_known"),
            models.CheckConstraint(
                condition=Q(condition="") | Q(condition__in=Condition.values), name="copy_condition_known"
            ),
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0), name="copy_price_not_negative"),
        ]
        indexes = [models.Index(fields=["book", "status"], name="copy_book_status")]

    def __str__(self) -> str:
        return self.barcode

    @property
    def is_free(self) -> bool:
        """Whether it stands on the shelf and may be lent."""
        return self.status == CopyStatus.AVAILABLE and not self.not_for_loan
