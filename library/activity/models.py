"""Who did what to what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from library.activity.values import VERB
from library.core.database.ids import uuid7
from library.core.dates import said

if TYPE_CHECKING:
    from accounts.models import User


class ActivityQuerySet(models.QuerySet["Activity"]):
    def of(self, user: User) -> ActivityQuerySet:
        """What ``user`` did and what was done to ``user``."""
        return self.filter(Q(actor=user) | Q(subject=user))


class Activity(models.Model):
    """Who did what to what, and when. The database refuses every change but to forget people."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("who"),
    )
    verb = models.CharField(_("did"), max_length=40)
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("to whom"),
    )
    object_label = models.CharField(_("kind of thing"), max_length=80, blank=True)  # as ``catalog.book``
    object_id = models.CharField(_("which"), max_length=40, blank=True)
    data = models.JSONField(_("details"), default=dict, blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activity")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(verb__regex=VERB), name="activity_verb_plain"),
            models.CheckConstraint(
                condition=Q(object_label="", object_id="") | ~(Q(object_label="") | Q(object_id="")),
                name="activity_object_whole_or_none",
            ),
        ]
        indexes = [
            models.Index(models.F("at").desc(), models.F("id").desc(), name="activity_newest"),
            models.Index("actor", models.F("at").desc(), name="activity_actor"),
            models.Index("subject", models.F("at").desc(), name="activity_subject"),
            models.Index("verb", models.F("at").desc(), name="activity_verb"),
            models.Index("object_label", "object_id", models.F("at").desc(), name="activity_object"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {said(self.at)}"
