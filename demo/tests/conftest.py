from __future__ import annotations

import pytest

from demo.tests.small import Collection


@pytest.fixture
def collection(tmp_path, monkeypatch, settings) -> Collection:
    """Three books in place of the whole collection, and a folder for the files that are stored."""
    settings.MEDIA_ROOT = tmp_path / "media"
    made = Collection(tmp_path / "collection")
    monkeypatch.setattr("demo.load.FOLDER", made.folder)
    monkeypatch.setattr("demo.lending.FOLDER", made.folder)
    return made
