"""Who waits for what."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron
from catalog.models import Book, Branch, Copy
from circulation.rules.holds.estimate import Outlook
from library.core.database.ids import uuid7


class HoldState(models.TextChoices):
    REQUESTED = "requested", _("requested")
    QUEUED = "queued", _("queued")
    IN_TRANSIT = "in_transit", _("in transit")
    READY = "ready", _("ready")
    SUSPENDED = "suspended", _("suspended")
    FULFILLED = "fulfilled", _("fulfilled")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")
    REFUSED = "refused", _("refused")


OPEN_HOLD_STATES = [
    HoldState.REQUESTED,
    HoldState.QUEUED,
    HoldState.IN_TRANSIT,
    HoldState.READY,
    HoldState.SUSPENDED,
]

BOUND_HOLD_STATES = [HoldState.REQUESTED, HoldState.IN_TRANSIT, HoldState.READY]

# What has a place in the queue of its book; a suspended hold keeps it.
WAITING_HOLD_STATES = [HoldState.QUEUED, HoldState.SUSPENDED]

LAST_DAY = Least("shelf_until", Coalesce("wanted_until", "shelf_until"))


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> HoldQuerySet:
        """Holds that somebody still waits for."""
        return self.filter(state__in=OPEN_HOLD_STATES)

    def bound(self) -> HoldQuerySet:
        """Holds that have a copy of their own."""
        return self.filter(state__in=BOUND_HOLD_STATES)

    def in_line(self) -> HoldQuerySet:
        """Holds with a place in the queue, suspended ones too, in the order of their places."""
        return self.filter(state__in=WAITING_HOLD_STATES).order_by("position")

    def with_names(self) -> HoldQuerySet:
        """With all that a list shows of a hold, in one query."""
        return self.select_related("book", "pickup_branch", "copy__branch", "patron__user")

    def visible_to(self, user: Any) -> HoldQuerySet:
        """Staff who may see holds see all, everybody else their own."""
        return self if user.has_perm("circulation.view_hold") else self.filter(patron_id=user.pk)


class Hold(models.Model):
    """A patron's wish for a book. A request is a hold in state *requested*, bound to a free copy."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="holds")
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="holds")
    pickup_branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+", verbose_name=_("pick-up at"))
    copy = models.ForeignKey(Copy, null=True, blank=True, on_delete=models.PROTECT, related_name="holds")
    is_copy_level = models.BooleanField(_("for this copy alone"), default=False, db_default=False)
    state = models.CharField(_("state"), max_length=12, choices=HoldState)
    position = models.PositiveIntegerField(_("place in the queue"), null=True, blank=True)  # 1…n, without gaps
    placed_at = models.DateTimeField(_("placed"))
    ready_at = models.DateTimeField(_("ready"), null=True, blank=True)  # names this spell on the hold shelf
    shelf_until = models.DateField(_("last day on the hold shelf"), null=True, blank=True)
    wanted_until = models.DateField(_("wanted until"), null=True, blank=True)  # the reader's own last day
    suspended_from = models.DateField(_("suspended from"), null=True, blank=True)
    suspended_until = models.DateField(_("resumes on"), null=True, blank=True)  # on which it is served again
    cancel_requested = models.BooleanField(_("cancellation requested"), default=False, db_default=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    refusal_reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = HoldQuerySet.as_manager()

    # Where it stands among those who wait; only on holds that ``circulation.readers.outlooks`` gives.
    outlook: Outlook | None = None

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["placed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["copy"],
                condition=Q(state__in=BOUND_HOLD_STATES),
                name="hold_one_open_per_copy",
            ),
            # Several move up at once: what is true counts when all have moved.
            models.UniqueConstraint(
                fields=["book", "position"], name="hold_place_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                condition=Q(state__in=WAITING_HOLD_STATES, position__isnull=False)
                | (~Q(state__in=WAITING_HOLD_STATES) & Q(position=None)),
                name="hold_place_exactly_while_waiting",
            ),
            models.CheckConstraint(condition=Q(position=None) | Q(position__gte=1), name="hold_place_from_one"),
            models.CheckConstraint(
                condition=~Q(state__in=BOUND_HOLD_STATES) | Q(copy__isnull=False),
                name="hold_bound_to_copy_while_served",
            ),
            models.CheckConstraint(
                condition=Q(is_copy_level=False) | Q(copy__isnull=False), name="hold_for_one_copy_names_it"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(ready_at__isnull=False, shelf_until__isnull=False),
                name="hold_ready_since_and_until",
            ),
            models.CheckConstraint(
                condition=~Q(state="suspended") | Q(suspended_from__isnull=False), name="hold_suspended_from_a_day"
            ),
            models.CheckConstraint(
                condition=Q(suspended_until=None)
                | Q(suspended_from__isnull=False, suspended_until__gt=F("suspended_from")),
                name="hold_resumes_after_it_is_suspended",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=BOUND_HOLD_STATES) | Q(suspended_from=None), name="hold_served_is_not_suspended"
            ),
            models.CheckConstraint(
                condition=Q(cancel_requested=False) | Q(state="ready") | Q(ended_at__isnull=False),
                name="hold_cancellation_requested_while_ready",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_HOLD_STATES, ended_at=None)
                | (~Q(state__in=OPEN_HOLD_STATES) & Q(ended_at__isnull=False)),
                name="hold_ended_at_exactly_when_ended",
            ),
            models.CheckConstraint(condition=Q(state__in=HoldState.values), name="hold_state_known"),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refusal_reason=""), name="hold_refused_with_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "placed_at"], name="hold_state_placed"),
            models.Index(fields=["patron", "state"], name="hold_patron_state"),
            models.Index(fields=["patron", "placed_at"], name="hold_patron_placed"),
            # Who waits for a book, however many have waited for it before.
            models.Index(fields=["book", "placed_at"], condition=Q(ended_at=None), name="hold_open_book"),
        ]

    def __str__(self) -> str:
        return f"{self.book_id} → {self.patron_id} ({self.state})"

    @property
    def last_day(self) -> date | None:
        """The last day on which the reader may fetch it, that day included; before it is ready their own last day."""
        known = [day for day in (self.shelf_until, self.wanted_until) if day is not None]
        return min(known) if known else None
