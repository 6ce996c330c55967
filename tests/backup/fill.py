"""Puts a few people and books with files into a new library; run by ``manage.py shell``."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Role
from accounts.models.sessions import BrowserSession
from accounts.services.people import create_user
from catalog.models import Branch, Copy
from catalog.services import attach_file, create_book


def fill(*, at: datetime | None = None) -> None:
    at = at or timezone.now()
    admin = create_user(
        email="admin@example.net",
        username="admin",
        full_name="A. Dmin",
        password="a quiet room 7",
        role=Role.ADMINISTRATOR,
    )
    branch = Branch.objects.create(code="central", name="Central")
    for number in range(3):
        book = create_book(title=f"Book {number}", authors=["An Author"], by=admin).book
        Copy.objects.create(book=book, branch=branch, barcode=f"C-{number}")
        text = f"This is book {number}. It says so on each of its pages.\n" * 2000
        attach_file(book=book, upload=ContentFile(text.encode(), name=f"book-{number}.txt"), by=admin)
    BrowserSession.objects.create(
        session_key="0" * 64, session_data="", expire_date=at + timedelta(days=1), user=admin, began_at=at, seen_at=at
    )
