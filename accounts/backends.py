"""Who a password belongs to."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend


class EmailBackend(ModelBackend):
    """Django's own, by e-mail whatever its case (the manager looks it up so).

    It hashes a password for unknown addresses too, so both answers take the same time; and it knows nobody who is not
    active, which ends their sessions at once.
    """
