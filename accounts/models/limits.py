"""What was tried how often, and who is locked out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class Tally(models.Model):
    """How often something was tried by an account or from an address since ``opened_at``. For
    ``accounts.limits.services``.
    """

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
