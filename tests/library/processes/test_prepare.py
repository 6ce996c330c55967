"""What is done before the web process starts: only what is needed, and not twice."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from django.db.migrations.executor import MigrationExecutor

from library.core.database import other_layouts
from library.pages.management.commands import prepare

pytestmark = pytest.mark.django_db


@pytest.fixture
def ordered(monkeypatch, settings, tmp_path) -> list[str]:
    """Commands that it gives, none of which is carried out."""
    given: list[str] = []

    def order(name: str, **options: Any) -> None:
        given.append(name)
        if name == "collectstatic":
            assert options["clear"] is True
            assert options["interactive"] is False

    settings.STATIC_ROOT, settings.EMBEDDED = tmp_path, False
    monkeypatch.setattr(prepare, "call_command", order)
    return given


def forget_finders() -> None:
    get_finder: Any = finders.get_finder
    get_finder.cache_clear()


def prepared() -> str:
    out = io.StringIO()
    call_command("prepare", stdout=out)
    return out.getvalue()


def test_static_files_are_collected_once_for_as_long_as_they_stay_the_same(ordered, tmp_path, monkeypatch):
    assert "Collecting the static files …" in prepared()
    assert ordered == ["collectstatic"]
    assert prepared() == ""
    assert ordered == ["collectstatic"]
    monkeypatch.setattr(prepare, "_static_fingerprint", lambda: "of other files")
    prepared()
    assert ordered == ["collectstatic"] * 2
    assert (tmp_path / ".collected").read_text() == "of other files"


def test_a_static_file_that_changes_is_noticed(settings, tmp_path):
    settings.STATICFILES_DIRS = [tmp_path]
    forget_finders()
    try:
        (tmp_path / "own.css").write_text("a {}")
        before = prepare._static_fingerprint()
        assert prepare._static_fingerprint() == before
        (tmp_path / "own.css").write_text("a { color: red }")
        assert prepare._static_fingerprint() != before
    finally:
        forget_finders()


def test_the_demonstration_is_loaded_where_a_library_is_tried_out(ordered, settings, tmp_path):
    (tmp_path / ".collected").write_text(prepare._static_fingerprint())
    settings.EMBEDDED = True
    prepared()
    assert ordered == ["load_demo"]


def test_tables_that_are_missing_are_made_first(ordered, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: ["a step"])
    assert prepared().startswith("Making the tables …")
    assert ordered[0] == "migrate"


def test_a_database_of_another_lyceum_is_not_touched(ordered, monkeypatch, tmp_path):
    def refuse() -> None:
        raise other_layouts.OtherLayout("The library in DATABASE_URL was made by another version of Lyceum.")

    monkeypatch.setattr(other_layouts, "refuse", refuse)
    with pytest.raises(CommandError, match="was made by another version of Lyceum"):
        prepared()
    assert ordered == []
    assert list(Path(tmp_path).iterdir()) == []
