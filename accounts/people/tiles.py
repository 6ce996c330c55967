"""Who came today, for dashboards."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from library.core.database.ids import first_of
from library.core.tiles import Tile


def count_registered(at: datetime) -> list[Tile]:
    """Today's, by the library's clock; one query."""
    start = timezone.localtime(at, timezone.get_default_timezone()).replace(hour=0, minute=0, second=0, microsecond=0)
    new = User.objects.filter(pk__gte=first_of(start), created_at__gte=start).count()
    return [Tile(_("registered today"), new, reverse("admin:accounts_patron_changelist") + "?o=-1")]
