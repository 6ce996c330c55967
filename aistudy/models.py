"""What the library makes of a book for whoever studies it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aistudy import kinds
from library.core.database.ids import uuid7
from rag.models import Document, IndexGeneration


class ArtifactState(models.TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("being written")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    STALE = "stale", _("out of date")


class ArtifactQuerySet(models.QuerySet["Artifact"]):
    """Several artifacts."""

    def about(self, document: Document) -> ArtifactQuerySet:
        """Those whose subject is ``document``."""
        return self.filter(document=document)

    def shown_to(self, user: Any) -> ArtifactQuerySet:
        """The library's, and the user's own. Whether they may read the subject at all is for the subject to say."""
        theirs = Q(owner=user.pk) if user.pk else Q(pk__in=())
        return self.filter(Q(owner=None) | theirs, kind__in=[kind.code for kind in kinds.registered()])

    def with_live_index(self) -> ArtifactQuerySet:
        """With their document, its book and what answers now, in one query."""
        return self.select_related("document__book", "document__live_generation")


class Artifact(models.Model):
    """A piece of study content made from one document, stored and shared by all who may read that.

    Its kind (``aistudy.kinds``) says what it holds, who writes it and whom it is made for.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="artifacts")
    kind = models.CharField(_("kind"), max_length=40, choices=kinds.choices)
    language = models.CharField(_("language"), max_length=3)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("Empty: the library's, for everybody."),
    )
    state = models.CharField(_("state"), max_length=10, choices=ArtifactState, default=ArtifactState.QUEUED)
    writer = models.CharField(_("writer"), max_length=120, blank=True)
    content = models.JSONField(_("content"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    generation = models.ForeignKey(
        IndexGeneration,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The index generation that it was made from."),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ArtifactQuerySet.as_manager()

    class Meta:
        verbose_name = _("study artifact")
        verbose_name_plural = _("study artifacts")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "kind", "language", "owner"], nulls_distinct=False, name="artifact_one_current"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(content__isnull=False), name="artifact_ready_has_content"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"

    @property
    def template(self) -> str:
        """What shows it once it is ready."""
        return kinds.get(self.kind).template
