"""Where somebody is signed in: browser sessions, token families, the devices of both, tickets for sockets."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import F, Q

from library.core.database.ids import uuid7

AGENT_LENGTH = 300


class BrowserSession(AbstractBaseSession):
    """A browser's session, under a hash of its key: who reads the table can enter nowhere with it."""

    session_key = models.CharField(max_length=64, primary_key=True)  # SHA-256 of the key, in hex digits
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="browser_sessions"
    )
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    agent = models.CharField(max_length=AGENT_LENGTH, blank=True)
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "accounts_session"
        constraints = [
            models.CheckConstraint(condition=Q(session_key__regex="^[0-9a-f]{64}$"), name="session_key_is_a_hash"),
        ]

    @classmethod
    def get_session_store_class(cls) -> type:
        store: type = import_module(settings.SESSION_ENGINE).SessionStore
        return store


class TokenFamilyQuerySet(models.QuerySet["TokenFamily"]):
    def open(self, at: datetime) -> TokenFamilyQuerySet:
        """Families that can still be refreshed."""
        return self.filter(ended_at=None, expires_at__gt=at)


class TokenFamily(models.Model):
    """All tokens that descend from one sign-in of one API client. Only the newest refresh token works.

    ``used_jti`` and ``retry_hash`` let a client that lost an answer ask again; see docs/adr/0009-tokens.md.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="token_families")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # when the newest pair was made
    expires_at = models.DateTimeField()  # when the newest refresh token ends by itself
    ended_at = models.DateTimeField(null=True, blank=True)
    newest_jti = models.CharField(max_length=32)
    used_jti = models.CharField(max_length=32, blank=True)
    retry_hash = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=AGENT_LENGTH, blank=True)
    address = models.CharField(max_length=64, blank=True)

    objects = TokenFamilyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("seen_at")), name="token_family_lasts"),
            models.CheckConstraint(condition=Q(seen_at__gte=F("began_at")), name="token_family_seen_after_begun"),
            models.CheckConstraint(condition=~Q(newest_jti=F("used_jti")), name="token_family_newest_is_unused"),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"


class KnownDevice(models.Model):
    """A kind of browser or app with which somebody has signed in. A sign-in with another is told to them by mail."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_devices")
    is_browser = models.BooleanField()
    name = models.CharField(max_length=40, blank=True)  # as ``Firefox Linux``
    seen_at = models.DateTimeField()  # when somebody signed in with it last

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "is_browser", "name"], name="known_device_once")]

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """Leave to open one socket within a minute, as a client that cannot send headers with it does."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Who asked for it: the tokens of an API client, or a browser's session. Its socket ends with them.
    family = models.ForeignKey(TokenFamily, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    session = models.CharField(max_length=64, blank=True, db_default="")  # the hash, as ``BrowserSession`` has it
    ticket_hash = models.CharField(max_length=64, unique=True)
    epoch = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="ticket_lasts"),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(used_at__lt=F("expires_at")), name="ticket_used_in_its_time"
            ),
            models.CheckConstraint(condition=Q(family=None) | Q(session=""), name="ticket_of_one_login"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"
