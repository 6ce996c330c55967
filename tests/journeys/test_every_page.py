"""Every page of the back office, with the demonstration collection in it: dates in one form, a name for every control.

A page with an address of its own takes part by itself; one more place to look at is one more row of ``ALSO``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import html5lib
import pytest
from django.contrib import admin
from django.core.mail import EmailMessage
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.models import User
from demo.load import load
from library.core.mailbox import FolderBackend
from tests.html import controls_without_name

pytestmark = pytest.mark.django_db
ALSO = (
    "pages:home",
    "pages:mailbox",
    "circulation:all-loans",
    "circulation:desk",
    "circulation:my-loans",
    "circulation:pick-list",
    "accounts:address",
    "accounts:letters",
    "accounts:preferences",
    "accounts:sessions",
    "notices:notices",
    "admin:index",
    "admin:circulation_openinghours_changelist",
    "admin:circulation_calendarexception_holidays",
    "admin:circulation_redating_preview",
)
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
OTHER_FORMS = {
    "the month first": rf"\b(?:{MONTHS}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.? \d{{1,2}},? \d{{4}}\b",
    "a shortened month with a point": r"\b(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec)\. \d",
    "numbers alone": r"\b\d{1,2}[/.]\d{1,2}[/.]\d{4}\b",
    "as machines write it": r"\b\d{4}-\d\d-\d\d\b",
    "twelve hours": r"\b(?:[ap]\.m\.|noon|midnight|\d [AP]M)(?!\w)",
    "another zone": r"\b(?:UTC|GMT)\b|(?<=\s)[+-]0\d00\b",
}
UNSEEN = {"script", "style", "template"}


@pytest.fixture
def office(client, settings, tmp_path):
    settings.MEDIA_ROOT, settings.MAIL_FOLDER, settings.EMBEDDED = tmp_path / "media", tmp_path / "mail", True
    load(at=datetime(2026, 10, 14, 9, 30, tzinfo=timezone.get_default_timezone()))
    FolderBackend().send_messages([EmailMessage("Welcome", "A letter", to=["reader@example.org"])])
    client.force_login(User.objects.get(email="admin@example.org"))
    return client


def addresses() -> Iterator[str]:
    """All lists and forms of the admin, the first record of each kind, and what else staff look at."""
    yield from map(reverse, ALSO)
    for model in admin.site._registry:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").first()
        for place in ("changelist", "add", *(("change", "history") if row else ())):
            with suppress(NoReverseMatch):
                yield reverse(f"{label}_{place}", args=[row.pk] if row and place in {"change", "history"} else [])


def seen(html: str) -> str:
    """The text that a reader of the page sees."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return " ".join(_texts(tree))


def _texts(element) -> Iterator[str]:
    if isinstance(element.tag, str) and element.tag not in UNSEEN:
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def test_dates_have_one_form_and_every_control_has_a_name(office):
    pages = {path: office.get(path) for path in addresses()}
    shown = {path: page for path, page in pages.items() if page.status_code == 200}
    assert len(shown) > 60

    forms, unnamed = [], []
    for path, page in shown.items():
        text = seen(page.text)
        forms += [f"{path}: {name}: {found[0]}" for name, of in OTHER_FORMS.items() for found in re.finditer(of, text)]
        unnamed += [f"{path}: {fault}" for fault in controls_without_name(page.text)]
    assert not forms + unnamed, "\n".join(forms + unnamed)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("the month first", "Nov. 30, 2026"),
        ("the month first", "November 30, 2026"),
        ("twelve hours", "3:03 p.m."),
        ("numbers alone", "09/07/2026"),
        ("as machines write it", "2026-11-30"),
        ("another zone", "Mon, 30 Nov 2026 15:03:00 -0000"),
        ("another zone", "15:03 UTC"),
    ],
)
def test_another_form_would_be_found(form, text):
    assert re.search(OTHER_FORMS[form], text)
    assert not re.search(
        OTHER_FORMS[form], "Monday 30 November 2026, 15:03; 30 Nov 2026; 01a22f77-0400-7610; ISBN 978-0-306-40615-7"
    )
