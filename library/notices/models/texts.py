"""Letters in the words of this library."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LetterText(models.Model):
    """A letter as staff wrote it, in place of the one that comes with the library: one kind, one language."""

    kind = models.CharField(_("letter"), max_length=40)
    language = models.CharField(_("language"), max_length=12)
    subject = models.CharField(_("subject"), max_length=150)
    body = models.TextField(_("text"), max_length=5_000)
    changed_at = models.DateTimeField(_("changed"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("text of a letter")
        verbose_name_plural = _("texts of letters")
        ordering = ["kind", "language"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "language"], name="letter_text_once"),
            models.CheckConstraint(condition=~Q(subject="") & ~Q(body=""), name="letter_text_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"
