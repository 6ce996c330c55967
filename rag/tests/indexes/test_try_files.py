"""``manage.py try_files``: what becomes of files, and nothing of them kept."""

from __future__ import annotations

import json
import tarfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Book, BookFile
from library.jobs.models import Job
from rag.models import Document, VectorSpace
from rag.tests import pdfs
from rag.tests.reading.test_epub import epub

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.model, pytest.mark.usefixtures("embedder")]


def report(*paths: Path, out: Path) -> tuple[dict[str, dict[str, Any]], str]:
    said = StringIO()
    call_command("try_files", *paths, out=out, stdout=said)
    return {trial["name"]: trial for trial in json.loads(out.read_text())}, said.getvalue()


def test_each_file_has_its_outcome_and_its_cost_and_nothing_is_kept(tmp_path, settings):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "good.pdf").write_bytes(pdfs.as_bytes(pdfs.book()))
    (folder / "whales.epub").write_bytes(epub())
    (folder / "picture.pdf").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 99)
    (folder / "cut.pdf").write_bytes(b"%PDF-1.7\n")
    found, said = report(folder, out=tmp_path / "report.json")
    assert {name: (trial["outcome"], trial["code"]) for name, trial in found.items()} == {
        "good.pdf": ("ready", ""),
        "whales.epub": ("ready", ""),
        "picture.pdf": ("refused", "invalid"),
        "cut.pdf": ("failed", "file_cut_off"),
    }
    good = found["good.pdf"]
    assert (good["pages"], good["language"], good["sources"]) == (4, "en", {"text": 4})
    assert good["passages"] > 0
    assert good["seconds"] > 0
    assert 20 * 1024**2 < good["reader_memory"] < settings.READER_MEMORY
    assert "4 files: 1 failed file_cut_off, 2 ready, 1 refused invalid." in said
    kept = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert (Book.objects.count(), BookFile.objects.count(), Document.objects.count(), Job.objects.count(), kept) == (
        0,
        0,
        0,
        0,
        [],
    )
    assert VectorSpace.objects.exists(), "its index would lock everybody's passages if the trial made it and undid it"


def test_archives_stand_for_what_is_in_them(tmp_path):
    (tmp_path / "one.txt").write_text("The whale swims far out at sea and eats a great deal of krill. " * 9)
    with tarfile.open(tmp_path / "books.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "one.txt", "shelf/one.txt")
    found, _said = report(tmp_path / "books.tar.xz", out=tmp_path / "report.json")
    assert found["shelf/one.txt"]["outcome"] == "ready"


def test_what_is_unforeseen_is_told_and_fails_the_command(tmp_path, monkeypatch):
    (tmp_path / "good.pdf").write_bytes(pdfs.as_bytes(pdfs.book()))

    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("rag.indexes.trial.build_index", broken)
    with pytest.raises(CommandError, match="unforeseen"):
        report(tmp_path / "good.pdf", out=tmp_path / "report.json")


def test_a_path_that_is_none_is_told(tmp_path):
    with pytest.raises(CommandError, match="no"):
        call_command("try_files", tmp_path / "gone.pdf")
