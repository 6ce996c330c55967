"""Jobs are rows; messages are only wake-ups."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from library.core.database.ids import uuid7
from library.core.dates import said


class JobState(models.TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(models.QuerySet["Job"]):
    def open(self) -> JobQuerySet:
        """Jobs that have not ended."""
        return self.filter(state__in=OPEN_STATES)

    def about(self, subject: models.Model) -> JobQuerySet:
        """Jobs on one row."""
        return self.filter(subject_label=subject._meta.label_lower, subject_id=subject.pk)

    def forsaken(self, at: datetime) -> JobQuerySet:
        """Running jobs whose worker stopped renewing its lease."""
        return self.filter(state=JobState.RUNNING, lease_until__lt=at)


class Job(models.Model):
    """Slow work on one subject: its state, its progress and who holds it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    subject_label = models.CharField(max_length=80)
    subject_id = models.UUIDField()
    state = models.CharField(_("state"), max_length=12, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), default=0)
    message = models.CharField(_("message"), max_length=300, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True, help_text="When its progress last changed.")
    ended_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True, help_text="A retry waits until then.")
    woken_at = models.DateTimeField(null=True, blank=True)
    wakes = models.PositiveSmallIntegerField(default=0)
    lease_id = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_label", "subject_id", "kind"],
                condition=Q(state__in=["queued", "running"]),
                name="job_one_open_per_subject_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_id__isnull=False, lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_id=None, lease_until=None)),
                name="job_leased_exactly_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], ended_at=None)
                | (Q(state__in=["done", "failed", "cancelled"]) & Q(ended_at__isnull=False)),
                name="job_ended_at_exactly_when_ended",
            ),
            models.CheckConstraint(condition=Q(done__lte=models.F("total")), name="job_done_within_total"),
        ]
        indexes = [
            models.Index(fields=["state", "lease_until"], name="job_state_lease"),
            models.Index(fields=["subject_label", "subject_id", "-created_at"], name="job_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def percent(self) -> int:
        """0 to 100."""
        return round(100 * self.done / self.total) if self.total else 0


class RunState(models.TextChoices):
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("broke")
    INTERRUPTED = "interrupted", _("interrupted")
    LEFT = "left", _("left: another run was under way")


# A run has the turn at its task by a lock of its session; a session that ended holds none.
HAS_TURN = """EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND (classid::bigint << 32 | objid::bigint) = hashtextextended('nightly:' || jobs_nightlyreport.task, 0))"""


class NightlyReportQuerySet(models.QuerySet["NightlyReport"]):
    def with_turn(self) -> QuerySet[Any]:
        """With ``has_turn``: whether some worker is at the report's task just now."""
        return self.annotate(has_turn=RawSQL(HAS_TURN, [], models.BooleanField()))  # noqa: S611 (no value of anybody's)


class NightlyReport(models.Model):
    """What one run of a task that the library does by itself came to, for staff to read."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.CharField(_("task"), max_length=60)
    state = models.CharField(_("state"), max_length=12, choices=RunState, default=RunState.RUNNING)
    started_at = models.DateTimeField(_("started"))
    moved_at = models.DateTimeField(_("last written"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    done = models.PositiveIntegerField(_("done"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    faults = models.JSONField(_("faults"), default=list, blank=True)

    objects = NightlyReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report of a run")
        verbose_name_plural = _("reports of runs")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(state="running"), name="nightly_report_one_running_per_task"
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at=None) | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="nightly_report_ended_unless_running",
            ),
            models.CheckConstraint(
                condition=Q(moved_at__gte=models.F("started_at"))
                & (Q(ended_at=None) | Q(ended_at__gte=models.F("started_at"))),
                name="nightly_report_ends_after_start",
            ),
            models.CheckConstraint(condition=~Q(task=""), name="nightly_report_has_task"),
        ]
        indexes = [models.Index(fields=["-started_at", "-id"], name="nightly_report_newest")]

    def __str__(self) -> str:
        return f"{self.task} {said(self.started_at)}"

    @staticmethod
    def lock_key(task: str) -> str:
        """What the lock of a task's turn is made of."""
        return f"nightly:{task}"

    @property
    def lasted(self) -> timedelta:
        """From its start to its end, or to the last word of it."""
        return (self.ended_at or self.moved_at) - self.started_at
