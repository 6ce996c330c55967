"""People: users, their tier and card, and the codes that prove an address."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.validators import USERNAME, validate_full_name, validate_username
from library.core.ids import uuid7


class Role(models.TextChoices):
    PATRON = "patron", _("patron")
    LIBRARIAN = "librarian", _("librarian")
    ADMINISTRATOR = "administrator", _("administrator")


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        """By e-mail, whatever its case."""
        return self.get(email__iexact=username)

    def create_superuser(self, email: str, username: str, password: str | None = None, **extra: Any) -> User:
        """For ``manage.py createsuperuser``."""
        from accounts import services

        return services.create_user(
            email=email,
            username=username,
            password=password,
            full_name=extra.get("full_name", ""),
            role=Role.ADMINISTRATOR,
        )


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can sign in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254)
    username = models.CharField(_("username"), max_length=40, validators=[validate_username])
    full_name = models.CharField(_("full name"), max_length=120, blank=True, validators=[validate_full_name])
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.PATRON)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    created_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["username", "full_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["full_name", "id"]
        constraints = [
            # Upper, because that is what Django's iexact look-up compares: constraint and look-up share one index.
            models.UniqueConstraint(
                Upper("email"), name="user_email_unique", violation_error_message=_("This address is already in use.")
            ),
            models.UniqueConstraint(
                Upper("username"), name="user_username_unique", violation_error_message=_("This username is taken.")
            ),
            models.CheckConstraint(
                condition=Q(role="patron", is_staff=False, is_superuser=False)
                | Q(role="librarian", is_staff=True, is_superuser=False)
                | Q(role="administrator", is_staff=True, is_superuser=True),
                name="user_rights_follow_role",
            ),
            models.CheckConstraint(condition=~Q(email=""), name="user_email_not_empty"),
            # Plain letters only: the database's upper() then folds every name that it holds.
            models.CheckConstraint(condition=Q(username__regex=USERNAME), name="user_username_plain"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        """The name to greet with."""
        return self.full_name.split(" ")[0] if self.full_name else self.username


class RoleGrant(models.Model):
    """A permission that a role was once given to start with. It is not given again, should somebody take it away."""

    role = models.CharField(max_length=16, choices=Role)
    permission = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "permission"], name="role_grant_once")]

    def __str__(self) -> str:
        return f"{self.role}: {self.permission}"


class Tier(models.Model):
    """A kind of membership, with the totals that belong to it alone. NULL or -1 in a limit: unlimited."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    max_loans = models.IntegerField(_("loans in all"), null=True, blank=True)
    max_holds = models.IntegerField(_("holds in all"), null=True, blank=True)

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(max_loans=None) | Q(max_loans__gte=-1), name="tier_max_loans_sane"),
            models.CheckConstraint(condition=Q(max_holds=None) | Q(max_holds__gte=-1), name="tier_max_holds_sane"),
        ]

    def __str__(self) -> str:
        return self.name


class Patron(models.Model):
    """A user as the desk knows them: a card and a tier."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.PROTECT, related_name="patron")
    card_number = models.CharField(_("card number"), max_length=40)
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="patrons")

    class Meta:
        verbose_name = _("patron")
        verbose_name_plural = _("patrons")
        ordering = ["card_number"]
        constraints = [
            models.UniqueConstraint(
                Upper("card_number"), name="patron_card_unique", violation_error_message=_("This card is in use.")
            ),
            models.CheckConstraint(condition=~Q(card_number=""), name="patron_card_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.card_number})"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def undecided(self) -> InvitationQuerySet:
        """Neither accepted nor revoked; some may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(models.Model):
    """An administrator's word that an address may become staff. Its link is made by the worker that mails it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254)
    role = models.CharField(_("role"), max_length=16, choices=[choice for choice in Role.choices if choice[0] != Role.PATRON])
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


class Purpose(models.TextChoices):
    """What a code proves an address for. A code for one purpose opens nothing else."""

    REGISTER = "register", _("registration")
    LOGIN = "login", _("signing in")
    INVITE = "invite", _("accepting an invitation")


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
    email = models.EmailField(max_length=254)
    purpose = models.CharField(max_length=12, choices=Purpose)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
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
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(sent_at__isnull=False), name="code_used_only_after_sent"
            ),
            models.CheckConstraint(
                condition=Q(purpose="login", user__isnull=False)
                | Q(purpose__in=["register", "invite"], user=None, challenge_hash=""),
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
