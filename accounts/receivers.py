"""What follows from signing in and out in a browser, whichever page did it, and from a restored library."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.sessions import services as sessions
from library.activity import services as activity


def record_signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    activity.record(actor=user, verb="account.signed_in", data={"surface": "web"})


def record_signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        activity.record(actor=user, verb="account.signed_out", data={"surface": "web"})


def end_sessions(sender: Any, at: datetime, **kwargs: Any) -> None:
    sessions.end_everybodys(at=at)
