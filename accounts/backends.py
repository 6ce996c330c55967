"""Who a password belongs to, and what a role may do."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend


class EmailBackend(ModelBackend):
    """Django's own backend: it hashes a password for unknown addresses too, so both take the same time."""


__all__ = ["Any", "EmailBackend"]
