"""Conversations with a document and what was said in them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from library.core.database.ids import uuid7

LONGEST_TITLE = 200
LONGEST_REASON = 500


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def of(self, user: Any) -> ConversationQuerySet:
        """Those of one reader, the newest first: nobody else sees any."""
        return self.filter(owner=user.pk).order_by("-asked_at", "-id")


class Conversation(models.Model):
    """Questions of one reader to one document. It outlives the document: ``about`` tells what it was."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    document = models.ForeignKey("rag.Document", null=True, on_delete=models.SET_NULL, related_name="conversations")
    about = models.CharField(_("about"), max_length=500)
    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField(help_text="When the last question was asked.")

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = [models.Index(fields=["owner", "-asked_at"], name="conversation_of_reader")]
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="conversation_has_title")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("conversations:conversation", args=[self.pk])


class ExchangeState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    WRITING = "writing", _("being written")
    DONE = "done", _("answered")
    STOPPED = "stopped", _("stopped")
    FAILED = "failed", _("failed")


OPEN = (ExchangeState.WAITING, ExchangeState.WRITING)


class Exchange(models.Model):
    """One question of a conversation and what was answered.

    ``searched``: the question as it was put to the document, which names what earlier ones spoke of. ``answer`` is
    packed (``rag.answers.values``). ``blocks``: as far as an answer is written while it is; ``attempt`` counts who
    began.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="exchanges")
    number = models.PositiveIntegerField()
    question = models.TextField(_("question"))
    searched = models.TextField(_("searched for"))
    state = models.CharField(_("state"), max_length=10, choices=ExchangeState.choices, default=ExchangeState.WAITING)
    answer = models.JSONField(null=True)
    generation = models.ForeignKey("rag.IndexGeneration", null=True, on_delete=models.SET_NULL, related_name="+")
    blocks = models.JSONField(default=list)
    attempt = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=20, default="en")  # of whoever asked, for the words around the answer
    stop_asked = models.BooleanField(default=False)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    was_right = models.BooleanField(_("was right"), null=True)
    why = models.CharField(_("why"), max_length=LONGEST_REASON, blank=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="exchange_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="exchange_number_from_one"),
            models.CheckConstraint(condition=Q(state__in=ExchangeState.values), name="exchange_state_known"),
            models.CheckConstraint(
                condition=~Q(state=ExchangeState.DONE) | Q(answer__isnull=False), name="exchange_done_has_answer"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, state__in=OPEN) | Q(ended_at__isnull=False) & ~Q(state__in=OPEN),
                name="exchange_ended_is_not_open",
            ),
            models.CheckConstraint(
                condition=Q(was_right=None, judged_at=None) | Q(was_right__isnull=False, judged_at__isnull=False),
                name="exchange_judged_when",
            ),
            models.CheckConstraint(condition=Q(why="") | Q(was_right__isnull=False), name="exchange_why_of_judgement"),
        ]
        indexes = [models.Index(F("judged_at").desc(), condition=Q(was_right=False), name="exchange_found_wrong")]

    def __str__(self) -> str:
        return self.question

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def judge_url(self) -> str:
        """Where its reader says whether it was right."""
        return reverse("conversations:judge", args=[self.pk])

    @property
    def is_rewritten(self) -> bool:
        """Whether what was searched for says more than what was asked."""
        return self.searched != self.question


class JudgedQuestion(models.Model):
    """A row that staff made of an answer which was found wrong, for the evaluation set: without whoever asked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.CharField(max_length=200)
    language = models.CharField(max_length=20)
    question = models.TextField()
    kind = models.CharField(max_length=20)
    quote = models.TextField(blank=True)
    half = models.CharField(max_length=10, default="tuning")
    made_from = models.UUIDField(unique=True, editable=False)  # the answer; once each
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("question for the evaluation")
        verbose_name_plural = _("questions for the evaluation")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="unanswerable", quote="") | ~Q(kind="unanswerable") & ~Q(quote=""),
                name="judged_question_has_quote_or_no_answer",
            )
        ]

    def __str__(self) -> str:
        return self.question
