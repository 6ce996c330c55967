"""People: users, their tier and card, what they did, what they are told, and the codes that prove an address."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.validators import USERNAME, VERB, validate_full_name, validate_username
from library.core.ids import uuid7


class Role(models.TextChoices):
    PATRON = "patron", _("patron")
    LIBRARIAN = "librarian", _("librarian")
    ADMINISTRATOR = "administrator", _("administrator")


STAFF = [(role.value, role.label) for role in (Role.LIBRARIAN, Role.ADMINISTRATOR)]


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
    # Every token says which epoch it is from; when this number grows, all earlier tokens end.
    token_epoch = models.PositiveIntegerField(default=0, editable=False)

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
    questions_per_hour = models.IntegerField(
        _("questions to books per hour"),
        null=True,
        blank=True,
        default=300,
        help_text=_("Empty or -1: unlimited. Answers that the library still knows are not counted."),
    )

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(max_loans=None) | Q(max_loans__gte=-1), name="tier_max_loans_sane"),
            models.CheckConstraint(condition=Q(max_holds=None) | Q(max_holds__gte=-1), name="tier_max_holds_sane"),
            models.CheckConstraint(
                condition=Q(questions_per_hour=None) | Q(questions_per_hour__gte=-1), name="tier_questions_sane"
            ),
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


class ActivityQuerySet(models.QuerySet["Activity"]):
    def of(self, user: User) -> ActivityQuerySet:
        """What ``user`` did and what was done to ``user``."""
        return self.filter(Q(actor=user) | Q(subject=user))


class Activity(models.Model):
    """Who did what to what, and when. The database refuses every change but to forget people (0004)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("who")
    )
    verb = models.CharField(_("did"), max_length=40)
    subject = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("to whom")
    )
    object_label = models.CharField(_("kind of thing"), max_length=80, blank=True)  # as ``catalog.book``
    object_id = models.CharField(_("which"), max_length=40, blank=True)
    data = models.JSONField(_("details"), default=dict, blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activity")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(verb__regex=VERB), name="activity_verb_plain"),
            models.CheckConstraint(
                condition=Q(object_label="", object_id="") | ~(Q(object_label="") | Q(object_id="")),
                name="activity_object_whole_or_none",
            ),
        ]
        indexes = [
            models.Index(models.F("at").desc(), models.F("id").desc(), name="activity_newest"),
            models.Index("actor", models.F("at").desc(), name="activity_actor"),
            models.Index("subject", models.F("at").desc(), name="activity_subject"),
            models.Index("verb", models.F("at").desc(), name="activity_verb"),
            models.Index("object_label", "object_id", models.F("at").desc(), name="activity_object"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.at:%Y-%m-%d %H:%M}"


class NoticeState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def due(self, at: datetime) -> NoticeQuerySet:
        """Waiting notices whose time has come, and those whose worker went away in the middle; the oldest first."""
        unended = self.filter(state__in=[NoticeState.WAITING, NoticeState.SENDING], due_at__lte=at)
        return unended.order_by("due_at", "id")


class Notice(models.Model):
    """A message to one person, written in the transaction of its cause, and sent by a worker when that is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="notices", verbose_name=_("to")
    )
    to = models.EmailField(_("address"), max_length=254, blank=True)  # of who has no account; users: theirs when sent
    kind = models.CharField(_("kind"), max_length=40)
    context = models.JSONField(default=dict, blank=True)  # the letter's words; emptied once it is sent
    dedupe = models.CharField(max_length=200, null=True, blank=True, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=NoticeState, default=NoticeState.WAITING)
    created_at = models.DateTimeField(_("written"))
    due_at = models.DateTimeField(_("next attempt"), null=True, blank=True)  # while sending: when its worker is lost
    give_up_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    interruptions = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.CharField(_("last fault"), max_length=200, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, to="") | (Q(user=None) & ~Q(to="")), name="notice_has_one_addressee"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
                name="notice_sent_at_exactly_when_sent",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending"], due_at__isnull=False)
                | Q(state__in=["sent", "failed"], due_at=None),
                name="notice_due_exactly_until_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="notice_due"),
            models.Index("state", models.F("created_at").desc(), name="notice_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"


class Purpose(models.TextChoices):
    """What a code proves an address for. A code for one purpose opens nothing else."""

    REGISTER = "register", _("registration")
    LOGIN = "login", _("signing in")
    RESET = "reset", _("a new password")
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


class Tally(models.Model):
    """How often something was tried by an account or from an address since ``opened_at``. For ``accounts.limits``."""

    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=64)  # a keyed hash: neither addresses nor who came from where can be read here
    count = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    locked_at = models.DateTimeField(_("locked out"), null=True, blank=True)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )  # whose lock-out it is, where the address has an account
    told_at = models.DateTimeField(_("told by mail"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="tally_one_per_kind_and_key"),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("opened_at")), name="tally_ends_after_it_opens"),
            models.CheckConstraint(condition=Q(locked_at=None) | Q(kind="login"), name="tally_only_sign_in_locks"),
            models.CheckConstraint(
                condition=Q(user=None, told_at=None) | Q(locked_at__isnull=False), name="tally_owner_only_when_locked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"


class LockOut(Tally):
    """Somebody for whose address sign-in is refused for a while."""

    class Meta:
        proxy = True
        verbose_name = _("lock-out")
        verbose_name_plural = _("lock-outs")

    def __str__(self) -> str:
        return str(self.user)


from accounts import session_models as session_models  # noqa: E402 (Django finds models here; they point up)
