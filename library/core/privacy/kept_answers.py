"""What repeated requests are answered by, of a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection

from library.core.models import KeptAnswer
from library.core.privacy.registry import Person, rows

FIELDS = ("core.KeptAnswer.user_id",)
FORGET_MENTIONS = "DELETE FROM core_keptanswer WHERE body::text LIKE ANY (%s)"


def exported(person: Person) -> Mapping[str, Any]:
    """The answers of the last day."""
    return {"kept_answers": rows(KeptAnswer.objects.filter(user_id=person.id), "key", "status", "body", "created_at")}


def erase(person: Person) -> None:
    """They are good for nobody else."""
    KeptAnswer.objects.filter(user_id=person.id).delete()


def forget_mentions(values: Collection[str]) -> None:
    """Delete answers, whosever they were, that give one of these as a value: whoever repeats the request later than
    that is answered as if it were the first."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_MENTIONS, [[f'%"{value}"%' for value in values]])
