"""What the tests of this app do again and again."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail

from accounts.models import OneTimeCode
from accounts.tasks import send_code
from accounts.tests.factories import PASSWORD
from library.notices import outbox


def deliver() -> str:
    """Do what a worker does for the newest code; gives the digits that stand in the mail, or ""."""
    row = OneTimeCode.objects.order_by("-created_at", "-id").first()
    assert row is not None
    before = len(mail.outbox)
    send_code(str(row.pk))
    assert len(mail.outbox) == before + 1
    return digits_in(str(mail.outbox[-1].body))


def digits_in(body: str) -> str:
    found = re.findall(r"^\d{6}$", body, re.MULTILINE)
    return found[0] if found else ""


def other_than(digits: str) -> str:
    """A code of the right shape that is not ``digits``."""
    return f"{(int(digits or 0) + 1) % 10**6:06d}"


def post() -> str:
    """Do what a worker does for the outbox; gives the secret of the link in the letter, an invitation."""
    assert outbox.send_due() == 1
    body = str(mail.outbox[-1].body)
    found = re.search(r"^http://127\.0\.0\.1:\d+/accounts/invitation/([\w-]{43})/$", body, re.MULTILINE)
    assert found is not None, body
    return found[1]


def sign_in_by_api(client: Any, email: str, password: str = PASSWORD) -> Any:
    """Both steps; gives the last answer."""
    begun = client.post("/api/v1/auth/login/", {"email": email, "password": password}, "application/json")
    assert begun.status_code == 202, begun.content
    return client.post(
        "/api/v1/auth/login/", {"challenge": begun.json()["challenge"], "otp": deliver()}, "application/json"
    )
