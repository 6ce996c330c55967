"""What readers leave in a text: how far they have read it, and what they marked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from library.core.database.ids import uuid7


class ReadingPosition(models.Model):
    """The page of a document that somebody turned to last as they read it. Looking something up leaves it alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey("rag.Document", on_delete=models.CASCADE, related_name="positions")
    page = models.PositiveIntegerField(_("page"))
    read_at = models.DateTimeField(_("read"))

    class Meta:
        verbose_name = _("reading position")
        verbose_name_plural = _("reading positions")
        ordering = ["-read_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "document"], name="reading_position_once"),
            models.CheckConstraint(condition=Q(page__gte=1), name="reading_position_from_page_one"),
        ]

    def __str__(self) -> str:
        return f"p. {self.page}"


class Highlight(models.Model):
    """A stretch of a text that somebody marked for themselves, with a note or without.

    It hangs on its words: ``quote`` with what stood before and behind it never changes. ``page``, ``start`` and ``end``
    say where they stand in the text that was looked through last (``found_in``); ``is_lost``: nowhere in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey("rag.Document", on_delete=models.CASCADE, related_name="highlights")
    found_in = models.ForeignKey("rag.IndexGeneration", null=True, on_delete=models.SET_NULL, related_name="+")
    quote = models.TextField(_("words"))
    before = models.CharField(max_length=80, blank=True)
    behind = models.CharField(max_length=80, blank=True)
    page = models.PositiveIntegerField(_("page"))
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    is_lost = models.BooleanField(default=False)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("highlight")
        verbose_name_plural = _("highlights")
        ordering = ["page", "start", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(quote=""), name="highlight_has_words"),
            models.CheckConstraint(condition=Q(page__gte=1, end__gt=models.F("start")), name="highlight_is_a_stretch"),
        ]
        indexes = [models.Index(fields=["user", "document", "page"], name="highlight_of_page")]

    def __str__(self) -> str:
        return self.quote[:40]
