"""How each person wants to be told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LetterWish(models.TextChoices):
    AT_ONCE = "at_once", _("as soon as it happens")
    DIGEST = "digest", _("in one letter a day")
    NEVER = "never", _("no letters")


class NoticePreference(models.Model):
    """What one person wants of one group of notices, where that is not what everybody gets."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preferences")
    group = models.CharField(max_length=20)
    letters = models.CharField(max_length=8, choices=LetterWish)
    bell = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="notice_preference_once"),
            models.CheckConstraint(condition=Q(letters__in=LetterWish.values), name="notice_preference_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.group}: {self.letters}"
