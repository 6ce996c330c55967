"""Pictures of covers: at most one of each source for a book, and what came of looking for one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.records import Book
from library.core.database.ids import uuid7


def cover_name(instance: models.Model | None = None, filename: str = "") -> str:
    """Where a picture is kept: ``filename`` is of our own making (``catalog.covers.keeping``)."""
    return f"covers/{filename}"


class CoverSource(models.TextChoices):
    """Where a cover comes from; the first one that there is, is shown."""

    UPLOADED = "uploaded", _("uploaded by staff")
    LOOKED_UP = "looked_up", _("looked up by ISBN")
    FIRST_PAGE = "first_page", _("first page of the file")


class CoverState(models.TextChoices):
    WANTED = "wanted", _("being made")
    READY = "ready", _("there")
    NONE = "none", _("none found")


class WhyNone(models.TextChoices):
    """Why there is no picture where one was looked for."""

    UNKNOWN = "unknown", _("no source knows this book")
    AWAY = "away", _("a source did not answer")
    BUSY = "busy", _("a source wants to be asked more slowly")
    UNUSABLE = "unusable", _("what came is no picture of a cover")
    UNREADABLE = "unreadable", _("the file has no first page that can be drawn")


def _picture(words: Any) -> Any:
    return models.FileField(words, upload_to=cover_name, storage=default_storage, max_length=200, blank=True)


class Cover(models.Model):
    """What one source has for a book. ``key``: of the picture's content, part of its address."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="covers")
    source = models.CharField(_("source"), max_length=10, choices=CoverSource)
    state = models.CharField(_("state"), max_length=6, choices=CoverState, default=CoverState.WANTED)
    why_none = models.CharField(_("why there is none"), max_length=10, choices=WhyNone, blank=True, default="")
    is_refused = models.BooleanField(_("refused"), default=False)
    made_of = models.CharField(  # an ISBN, or a file's SHA-256: a book that has another one needs another cover
        max_length=64, blank=True, default=""
    )
    key = models.CharField(max_length=32, blank=True, default="")
    width = models.PositiveSmallIntegerField(
        _("width"), null=True, blank=True, help_text=_("In pixels, of the largest.")
    )
    height = models.PositiveSmallIntegerField(_("height"), null=True, blank=True)
    large = _picture(_("large picture"))
    medium = _picture(_("medium picture"))
    small = _picture(_("small picture"))
    jpeg = _picture(_("picture for feeds"))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    tried_at = models.DateTimeField(_("tried"), default=timezone.now)
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("cover")
        verbose_name_plural = _("covers")
        constraints = [
            models.UniqueConstraint(fields=["book", "source"], name="cover_one_of_each_source"),
            models.CheckConstraint(condition=Q(source__in=CoverSource.values), name="cover_source_known"),
            models.CheckConstraint(
                condition=Q(state="ready", key__regex=r"^[0-9a-f]{32}$", width__gt=0, height__gt=0, why_none="")
                & ~Q(large="")
                & ~Q(medium="")
                & ~Q(small="")
                & ~Q(jpeg="")
                | Q(state="wanted", why_none="")
                | Q(state="none", why_none__in=WhyNone.values, key="", large="", medium="", small="", jpeg=""),
                name="cover_whole_when_ready",
            ),
        ]
        indexes = [models.Index(fields=["source", "state", "tried_at"], name="cover_to_try")]

    def __str__(self) -> str:
        return self.get_source_display()
