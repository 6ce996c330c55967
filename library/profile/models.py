"""What the library says of itself."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from library.core.database.ids import uuid7
from library.core.email_addresses import AddressField
from library.profile import currencies

NAME, CURRENCY = "Lyceum", "EUR"  # of a library that has said nothing yet


def logo_name(instance: models.Model | None = None, filename: str = "") -> str:
    """Where a logo is kept: a new name for each, so that no cache shows the old one."""
    return f"library/{uuid7().hex}.png"


class LibraryProfile(models.Model):
    """The one row of what the library is called, where it is, what it pays in and from whom its letters come."""

    name = models.CharField(
        _("name"), max_length=120, default=NAME, help_text=_("Stands over every page and under every letter.")
    )
    address = models.TextField(
        _("postal address"),
        blank=True,
        max_length=500,
        validators=[ProhibitNullCharactersValidator()],
        help_text=_("As it stands on letters and receipts, with its lines."),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default=CURRENCY,
        validators=[currencies.validate],
        help_text=_("The three letters of ISO 4217, such as EUR."),
    )
    sender = AddressField(
        _("sender of letters"),
        max_length=254,
        blank=True,
        help_text=_("An address that your mail server may send from. Empty: that of the setting LYCEUM_EMAIL_FROM."),
    )
    logo = models.FileField(_("logo"), upload_to=logo_name, storage=default_storage, max_length=200, blank=True)

    class Meta:
        verbose_name = _("library")
        verbose_name_plural = _("library")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="library_profile_one_row"),
            models.CheckConstraint(condition=~Q(name=""), name="library_profile_named"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="library_profile_currency_code"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def digits(self) -> int:
        """How many digits a sum of the library's currency has behind the point."""
        return currencies.digits()[self.currency]

    @property
    def from_address(self) -> str:
        """From whom letters come, as it stands in their head."""
        return formataddr((self.name, self.sender)) if self.sender else str(settings.DEFAULT_FROM_EMAIL)

    @property
    def logo_key(self) -> str:
        """The part of the logo's address that changes with it; empty where there is none."""
        return PurePath(self.logo.name).stem if self.logo.name else ""

    @property
    def domain(self) -> str:
        """That of the sender."""
        _local, at, domain = parseaddr(self.from_address)[1].rpartition("@")
        return domain if at else "localhost"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)
