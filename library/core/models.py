"""What every app may need to keep."""

from __future__ import annotations

from django.db import models


class KeptAnswer(models.Model):
    """What a request with an ``Idempotency-Key`` was answered, so that its repetition is answered alike.

    Written in the transaction of the work itself: there is an answer exactly when the work was done.
    """

    user_id = models.UUIDField()  # whose request; no key, for people lie above this app
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)  # SHA-256 of method, path and body
    status = models.PositiveSmallIntegerField(null=True)  # NULL: under way in a transaction that is still open
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="kept_answer_once_per_key")]

    def __str__(self) -> str:
        return self.key
