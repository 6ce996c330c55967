"""Staff on their way in."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from accounts.models.people import STAFF, User
from library.core.database.ids import uuid7
from library.core.email_addresses import PLAIN, AddressField


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def undecided(self) -> InvitationQuerySet:
        """Neither accepted nor revoked; some may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(models.Model):
    """An administrator's word that an address may become staff. Its link is made by the worker that mails it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = AddressField(_("e-mail"), max_length=254)
    role = models.CharField(_("role"), max_length=16, choices=STAFF)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("invited by"))
    token_hash = models.CharField(max_length=64, blank=True)  # empty until a worker made and sent the link
    created_at = models.DateTimeField(_("invited"))
    expires_at = models.DateTimeField(_("works until"))
    sent_at = models.DateTimeField(_("mailed"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("accepted by")
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(email__regex=PLAIN), name="invitation_email_plain"),
            models.UniqueConstraint(
                Upper("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_one_open_per_address",
                violation_error_message=_("This address has an open invitation. Send that one again, or revoke it."),
            ),
            models.UniqueConstraint(fields=["token_hash"], condition=~Q(token_hash=""), name="invitation_token_unique"),
            models.CheckConstraint(condition=Q(role__in=["librarian", "administrator"]), name="invitation_for_staff"),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("created_at")), name="invitation_expires_later"),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_accepted_or_revoked"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None, token_hash="") | (Q(sent_at__isnull=False) & ~Q(token_hash="")),
                name="invitation_hashed_exactly_when_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.get_role_display()})"

    def is_open(self, at: datetime) -> bool:
        """Whether its link works: undecided, not expired, and whoever invited is an administrator still."""
        is_undecided = self.accepted_at is None and self.revoked_at is None
        return is_undecided and at < self.expires_at and self.invited_by.is_active and self.invited_by.is_superuser
