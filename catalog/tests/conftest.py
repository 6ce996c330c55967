from __future__ import annotations

from pathlib import Path

import pytest

from catalog.signals import book_file_added


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    """A folder of its own for each test's files."""
    folder: Path = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """No higher app listens here: tests that cross apps live in ``tests/``."""
    monkeypatch.setattr(book_file_added, "receivers", [])
