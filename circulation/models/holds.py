"""Who waits for what."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron
from catalog.models import Book, Branch, Copy
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


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> HoldQuerySet:
        """Holds that somebody still waits for."""
        return self.filter(state__in=OPEN_HOLD_STATES)

    def bound(self) -> HoldQuerySet:
        """Holds that have a copy of their own."""
        return self.filter(state__in=BOUND_HOLD_STATES)

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
    pickup_branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")
    copy = models.ForeignKey(Copy, null=True, blank=True, on_delete=models.PROTECT, related_name="holds")
    state = models.CharField(_("state"), max_length=12, choices=HoldState)
    placed_at = models.DateTimeField(_("placed"))
    ready_at = models.DateTimeField(_("ready"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    refusal_reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = HoldQuerySet.as_manager()

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
            models.UniqueConstraint(
                fields=["patron", "book"], condition=Q(state__in=OPEN_HOLD_STATES), name="hold_one_open_per_book"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=BOUND_HOLD_STATES) | Q(copy__isnull=False),
                name="hold_bound_to_copy_while_served",
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
            # Who waits for a book, however many have waited for it before.
            models.Index(fields=["book", "placed_at"], condition=Q(ended_at=None), name="hold_open_book"),
        ]

    def __str__(self) -> str:
        return f"{self.book_id} → {self.patron_id} ({self.state})"
