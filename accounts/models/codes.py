"""The codes that prove an address."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from library.core.database.ids import uuid7
from library.core.email_addresses import PLAIN, AddressField


class Purpose(models.TextChoices):
    """What a code proves an address for. A code for one purpose opens nothing else."""

    REGISTER = "register", _("registration")
    LOGIN = "login", _("signing in")
    RESET = "reset", _("a new password")
    INVITE = "invite", _("accepting an invitation")
    ADDRESS = "address", _("another address")


class OneTimeCodeQuerySet(models.QuerySet["OneTimeCode"]):
    def asked_for(self, email: str, purpose: Purpose) -> OneTimeCodeQuerySet:
        """Codes for one address and purpose, the newest first."""
        return self.filter(email__iexact=email, purpose=purpose).order_by("-created_at", "-id")

    def waiting(self, at: datetime) -> OneTimeCodeQuerySet:
        """Codes that nobody has made and sent yet and that still have a point."""
        return self.filter(sent_at=None, expires_at__gt=at)


class OneTimeCode(models.Model):
    """A six-digit code on its way to an address. Made by the worker that sends it; only a keyed hash stays."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = AddressField(max_length=254)
    purpose = models.CharField(max_length=12, choices=Purpose)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    asker = models.CharField(max_length=64, blank=True)  # a keyed hash of who asked, where it matters
    challenge_hash = models.CharField(max_length=64, blank=True)  # binds a login code to its password step
    code_hash = models.CharField(max_length=64, blank=True)  # empty until a worker made and sent the code
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = OneTimeCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email__regex=PLAIN), name="code_email_plain"),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(sent_at__isnull=False), name="code_used_only_after_sent"
            ),
            models.CheckConstraint(
                condition=Q(purpose="login", user__isnull=False)
                | Q(purpose="address", user__isnull=False, challenge_hash="")
                | Q(purpose__in=["register", "reset", "invite"], user=None, challenge_hash=""),
                name="code_login_has_user",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None, code_hash="") | (Q(sent_at__isnull=False) & ~Q(code_hash="")),
                name="code_hashed_exactly_when_sent",
            ),
            models.UniqueConstraint(
                fields=["challenge_hash"], condition=~Q(challenge_hash=""), name="code_challenge_unique"
            ),
        ]
        indexes = [models.Index(Upper("email"), "purpose", models.F("created_at").desc(), name="code_email_purpose")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.created_at:%Y-%m-%d %H:%M}"
