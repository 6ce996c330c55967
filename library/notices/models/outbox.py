"""What people are told, from its cause to the letter."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from library.core.database.ids import uuid7
from library.core.dates import said


class NoticeState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    PAPER = "paper", _("to be printed")  # for somebody without an e-mail address
    PRINTED = "printed", _("printed")
    OVERTAKEN = "overtaken", _("overtaken by events")  # what it tells of was over before it was sent
    UNWANTED = "unwanted", _("not wanted by mail")  # its reader does without such letters


class NoticeQuerySet(models.QuerySet["Notice"]):
    def due(self, at: datetime) -> NoticeQuerySet:
        """Waiting notices whose time has come, and those whose worker went away in the middle; the oldest first."""
        unended = self.filter(state__in=[NoticeState.WAITING, NoticeState.SENDING], due_at__lte=at)
        return unended.order_by("due_at", "id")

    def to_print(self) -> NoticeQuerySet:
        """Letters to people without an e-mail address, which staff print; the oldest first."""
        return self.filter(state=NoticeState.PAPER).select_related("user__patron").order_by("created_at", "id")

    def to_gather(self, row: Notice, at: datetime) -> NoticeQuerySet:
        """What goes in one letter with ``row``: whatever of its word waits for the same person, due or not yet."""
        waits = Q(state=NoticeState.WAITING) | Q(state=NoticeState.SENDING, due_at__lte=at)
        together = self.filter(waits, user=row.user_id, gather=row.gather).exclude(pk=row.pk)
        return together.order_by("created_at", "id")


class Notice(models.Model):
    """A message to one person, written in the transaction of its cause, and sent by a worker when that is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="notices",
        verbose_name=_("to"),
    )
    to = models.EmailField(_("address"), max_length=254, blank=True)  # of who has no account; users: theirs when sent
    kind = models.CharField(_("kind"), max_length=40)
    context = models.JSONField(default=dict, blank=True)  # the letter's words; emptied once it is sent
    dedupe = models.CharField(max_length=200, null=True, blank=True, unique=True)
    gather = models.CharField(max_length=40, blank=True, default="", db_default="")  # one letter for all of one word
    state = models.CharField(_("state"), max_length=10, choices=NoticeState, default=NoticeState.WAITING)
    created_at = models.DateTimeField(_("written"))
    due_at = models.DateTimeField(_("next attempt"), null=True, blank=True)  # while sending: when its worker is lost
    give_up_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    interruptions = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.CharField(_("last fault"), max_length=200, blank=True)

    objects = NoticeQuerySet.as_manager()

    # What else goes in the same letter; only on the notice that ``outbox.claim`` gives.
    gathered: tuple[Notice, ...] = ()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, to="") | (Q(user=None) & ~Q(to="")), name="notice_has_one_addressee"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "printed"], sent_at__isnull=False)
                | (~Q(state__in=["sent", "printed"]) & Q(sent_at=None)),
                name="notice_sent_at_exactly_when_sent",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending"], due_at__isnull=False)
                | Q(state__in=["sent", "failed", "paper", "printed", "overtaken", "unwanted"], due_at=None),
                name="notice_due_exactly_until_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="notice_due"),
            # What else waits for the same person, to go in one letter.
            models.Index(
                fields=["user", "gather"], condition=Q(due_at__isnull=False) & ~Q(gather=""), name="notice_gather"
            ),
            models.Index("state", models.F("created_at").desc(), name="notice_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {said(self.created_at)}"
