"""A library that came out of a backup: whoever was signed in then is not signed in now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OneTimeCode, Purpose
from accounts.models.sessions import BrowserSession, KnownDevice, Ticket, TokenFamily
from accounts.sessions import socket_tickets, tokens
from accounts.tests.factories import make_user
from accounts.tests.sessions.test_sessions import is_in, signed_in
from accounts.tests.sessions.test_tokens import me, refreshed
from library.backup.signals import library_restored

pytestmark = pytest.mark.django_db


def restore() -> None:
    library_restored.send(sender=None, at=timezone.now())


def test_every_browser_and_app_of_everybody_is_signed_out():
    users = [make_user(), make_user()]
    browsers = [signed_in(user) for user in users]
    pairs = [tokens.issue(user) for user in users]
    assert all(map(is_in, browsers))
    assert [me(pair.access).status_code for pair in pairs] == [200, 200]
    restore()
    assert not any(map(is_in, browsers))
    assert [me(pair.access).status_code for pair in pairs] == [401, 401]
    assert [refreshed(pair.refresh).status_code for pair in pairs] == [401, 401]
    assert not BrowserSession.objects.filter(user__in=users).exists()
    assert not TokenFamily.objects.filter(ended_at=None).exists()


def test_tickets_and_codes_under_way_end():
    user = make_user()
    socket_tickets.issue(user=user)
    client = Client()
    client.post("/api/v1/auth/otp/", {"email": user.email, "purpose": "reset"}, "application/json")
    assert OneTimeCode.objects.filter(purpose=Purpose.RESET, expires_at__gt=timezone.now()).exists()
    restore()
    assert not Ticket.objects.exists()
    assert not OneTimeCode.objects.filter(expires_at__gt=timezone.now()).exists()


def test_people_sign_in_again_as_before_and_no_device_is_news():
    user = make_user()
    signed_in(user)
    known = set(KnownDevice.objects.values_list("pk", flat=True))
    restore()
    assert is_in(signed_in(user))
    assert set(KnownDevice.objects.values_list("pk", flat=True)) == known


def test_families_that_had_ended_keep_their_time():
    user = make_user()
    tokens.issue(user)
    long_ago = timezone.now() - timedelta(days=3)
    TokenFamily.objects.update(ended_at=long_ago)
    restore()
    assert TokenFamily.objects.get().ended_at == long_ago
