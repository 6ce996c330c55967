"""People: users, their role, tier and card."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.validators import USERNAME, validate_full_name, validate_username
from library.core.database.fields import FoldedField, folds, seen_only
from library.core.database.ids import uuid7
from library.core.email_addresses import PLAIN, AddressField, Folded
from library.search.fold import words


class Role(models.TextChoices):
    PATRON = "patron", _("patron")
    LIBRARIAN = "librarian", _("librarian")
    ADMINISTRATOR = "administrator", _("administrator")


STAFF = [(role.value, role.label) for role in (Role.LIBRARIAN, Role.ADMINISTRATOR)]


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        """By e-mail, whatever its case."""
        return self.get(email__iexact=username or "")


class NameWordsField(models.TextField[str, str]):
    """The folded words of ``full_name`` between single spaces, by which the desk finds somebody. Written, never read
    from a form; whoever saves ``full_name`` alone names this field too, as ``User.save`` does."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        found = words(getattr(model_instance, "full_name", ""))
        setattr(model_instance, self.attname, found)
        return found


class User(AbstractBaseUser, PermissionsMixin):
    """A person with a card. Who has an e-mail address can sign in; who has none is known at the desk alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = AddressField(
        _("e-mail"),
        max_length=254,
        null=True,
        blank=True,
        help_text=_("Empty: no sign-in, and letters are printed at the desk."),
    )
    username = Folded(_("username"), max_length=40, validators=[validate_username])
    full_name = models.CharField(_("full name"), max_length=120, blank=True, validators=[validate_full_name])
    name_words = NameWordsField(editable=False, default="")
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.PATRON)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    language = models.CharField(
        _("language of letters"), max_length=12, blank=True, default="", db_default="", editable=False
    )  # empty: the library's
    created_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    # Every token says which epoch it is from; when this number grows, all earlier tokens end.
    token_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    # What stands at the head of each page, where the user was read with the session: how far their bell has counted,
    # how much of that is unread, and whether letters to their address come back.
    newest_notice: int = 0
    unread: int = 0
    mail_comes_back: bool = False

    # What they may do, by name; None: not read yet. As Django's own, it holds for this instance.
    permission_names: frozenset[str] | None = None

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["username", "full_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["full_name", "id"]
        constraints = [
            # Upper, because that is what ``iexact`` of these fields compares: constraint and look-up share one index.
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
            models.CheckConstraint(condition=Q(email__regex=PLAIN), name="user_email_plain"),
            models.CheckConstraint(condition=Q(username__regex=USERNAME), name="user_username_plain"),
            models.CheckConstraint(
                condition=Q(role="patron") | Q(email__isnull=False),
                name="user_staff_have_address",
                violation_error_message=_("Staff need an e-mail address to sign in."),
            ),
        ]
        indexes = [
            GinIndex(
                Func(Func(F("name_words"), Value(" "), function="string_to_array"), function="array_to_tsvector"),
                name="user_name_words",
            )
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As ever; the words of the name go with the name."""
        if "full_name" in (kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = [*kwargs["update_fields"], "name_words"]
        super().save(*args, **kwargs)

    @property
    def address(self) -> str:
        """The e-mail address; empty where there is none."""
        return self.email or ""

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
    debt_limit = models.DecimalField(
        _("debt limit"),
        max_digits=9,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("Who owes more than this may not borrow. Empty: without limit."),
    )
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
                condition=Q(debt_limit=None) | Q(debt_limit__gte=0),
                name="tier_debt_limit_sane",
                violation_error_message=_("At least 0; empty for no limit."),
            ),
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
    card_folded = FoldedField(of="card_number")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="patrons")
    expires_on = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day on which the card is good. Empty: no end.")
    )
    birth_date = models.DateField(_("born"), null=True, blank=True, help_text=_("Only for books with a minimum age."))
    wants_auto_renewal = models.BooleanField(_("wants automatic renewal"), default=True)
    # What they chose of ``receipts`` (library.notices), for the desk: whether a loan or return is told at all.
    wants_receipts = models.BooleanField(_("wants receipts"), default=False, db_default=False, editable=False)
    keeps_history = models.BooleanField(
        _("keeps the history of loans"),
        default=False,
        db_default=False,
        help_text=_("Else what was brought back is forgotten after a while."),
    )

    class Meta:
        verbose_name = _("patron")
        verbose_name_plural = _("patrons")
        ordering = ["card_number"]
        constraints = [
            models.UniqueConstraint(
                fields=["card_folded"], name="patron_card_unique", violation_error_message=_("This card is in use.")
            ),
            models.CheckConstraint(condition=~Q(card_number=""), name="patron_card_not_empty"),
            models.CheckConstraint(condition=seen_only("card_number"), name="patron_card_seen"),
            models.CheckConstraint(condition=folds("card_folded", of="card_number"), name="patron_card_folds"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.card_number})"
