"""What follows from signing in and out in a browser, whichever page did it."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from library.activity import services as activity


def record_signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    activity.record(actor=user, verb="account.signed_in", data={"surface": "web"})


def record_signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        activity.record(actor=user, verb="account.signed_out", data={"surface": "web"})
