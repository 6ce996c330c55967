"""Where calendar programs fetch a reader's due dates."""

from __future__ import annotations

from django.db import models

from accounts.models import Patron
from library.core.database.ids import uuid7


class CalendarAddress(models.Model):
    """A reader's secret address for calendar programs. The address is signed, not kept; without this row it is dead."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patron = models.OneToOneField(Patron, on_delete=models.CASCADE, related_name="calendar_address")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.patron_id)
