"""What `backup` and `restore` say and how they end, over a place and a backup that are none."""

from __future__ import annotations

import contextlib
import hashlib
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from library.backup import interrupts, making, places, restoring
from library.backup.archive import Checked
from library.backup.errors import FilesInUse, LibraryThere, NothingToBackUp
from library.backup.making import Made
from library.backup.manifest import Secret
from library.backup.progress import size
from library.backup.restoring import Restored
from library.backup.tests.test_archive import MANIFEST, write
from library.core.config.model import ConfigError

DIGEST = "ab" * 32
MADE = Made(size=1_400_000, sha256=DIGEST, manifest=MANIFEST)
RESTORED = Restored(manifest=MANIFEST, steps=[], is_other_key=False, is_other_zone=False)


class Ended:
    """How a command ended: what it said on either side, and the number that it ends with."""

    def __init__(self, name: str, *arguments: object, **options: object) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.refusal, self.code = "", 0
        try:
            call_command(name, *map(str, arguments), stdout=out, stderr=err, no_color=True, **options)
        except CommandError as fault:
            self.refusal, self.code = str(fault), fault.returncode
        self.out, self.err = out.getvalue().splitlines(), err.getvalue().splitlines()


@pytest.fixture(autouse=True)
def somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def place(config: object) -> Iterator[str]:
        yield "a place"

    monkeypatch.setattr(places, "to_back_up", place)
    monkeypatch.setattr(places, "to_restore", place)
    monkeypatch.setattr(restoring, "refuse_newer", lambda path, made: None)


def raises(fault: BaseException) -> Callable[..., Any]:
    def fail(*given: object, **named: object) -> None:
        raise fault

    return fail


# -- backup


def makes(monkeypatch: pytest.MonkeyPatch, made: Made = MADE) -> None:
    def make(place: object, out: Any, **given: object) -> Made:
        out.write(b"a backup")
        return made

    monkeypatch.setattr(making, "make", make)


def test_what_was_written_and_what_is_not_in_it_is_told(monkeypatch, tmp_path):
    makes(monkeypatch)
    ended = Ended("backup", tmp_path / "b.tar")
    assert (ended.code, ended.err) == (0, [])
    assert ended.out == [
        f"{tmp_path}/b.tar: 1.4 MB, SHA-256 {DIGEST}",
        "Not in it, to be kept elsewhere:",
        "  LYCEUM_SECRET_KEY (.env)",
        "Redis holds nothing that must be kept.",
    ]
    assert (tmp_path / "b.tar").read_bytes() == b"a backup"


def test_files_that_were_lost_or_altered_are_told_one_by_one(monkeypatch, tmp_path):
    manifest = replace(MANIFEST, lost=["books/a.pdf"], altered=["books/ب.pdf", "books/c.pdf"])
    makes(monkeypatch, replace(MADE, manifest=manifest))
    assert Ended("backup", tmp_path / "b.tar").err == [
        "Lost before: the stored file books/a.pdf is not in the backup.",
        "Altered before: the stored file books/ب.pdf is in the backup, but is not what was added.",
        "Altered before: the stored file books/c.pdf is in the backup, but is not what was added.",
    ]


def test_on_standard_output_there_is_the_file_and_nothing_else(monkeypatch):
    makes(monkeypatch)
    output = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", output)
    ended = Ended("backup", "-")
    assert output.buffer.getvalue() == b"a backup"
    assert ended.out == []
    assert ended.err[0] == f"-: 1.4 MB, SHA-256 {DIGEST}"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (FilesInUse(), "The list of stored files was being changed for ten seconds on end. Try again in a minute."),
        (NothingToBackUp(where="/var/x"), "There is no library in /var/x yet, so there is nothing to back up."),
        (ConfigError("PORT must be a whole number."), "PORT must be a whole number."),
        (psycopg.OperationalError("no route to host"), "no route to host"),
        (OSError(28, "No space left on device"), "cannot be written: no space left on device. Nothing was left there."),
    ],
)
def test_a_backup_that_cannot_be_made_is_told_in_a_sentence_and_leaves_the_one_before(
    monkeypatch, tmp_path, fault, words
):
    (tmp_path / "b.tar").write_text("the one before")
    monkeypatch.setattr(making, "make", raises(fault))
    ended = Ended("backup", tmp_path / "b.tar")
    assert (ended.code, ended.out) == (1, [])
    assert ended.refusal.endswith(words)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the one before"]


def test_a_backup_that_is_stopped_ends_as_programs_do_that_were_interrupted(monkeypatch, tmp_path):
    monkeypatch.setattr(making, "make", raises(interrupts.Interrupted()))
    ended = Ended("backup", tmp_path / "b.tar")
    assert (ended.code, ended.refusal) == (130, "Stopped. No backup was written, and nothing was left.")
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_ours_is_not_called_a_refusal(monkeypatch, tmp_path):
    monkeypatch.setattr(making, "make", raises(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        Ended("backup", tmp_path / "b.tar")


# -- restore


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    write(tmp_path / "b.tar")
    return tmp_path / "b.tar"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A library is there already: whether it might be replaced is kept."""
    answers: list[bool] = []

    def restore(place: object, found: Checked, *, may_replace: Callable[[str], bool], **given: object) -> Restored:
        answers.append(may_replace("7 rows in 2 tables"))
        if not answers[-1]:
            raise LibraryThere(what="7 rows in 2 tables")
        return RESTORED

    monkeypatch.setattr(restoring, "restore", restore)
    return answers


def restores(monkeypatch: pytest.MonkeyPatch, restored: Restored) -> None:
    monkeypatch.setattr(restoring, "restore", lambda *given, **named: restored)


def test_only_looked_at_a_backup_says_what_it_holds_and_nothing_is_touched(monkeypatch, backup):
    monkeypatch.setattr(restoring, "restore", raises(AssertionError("restored")))
    ended = Ended("restore", backup, check=True, verbosity=0)
    assert (ended.code, ended.err) == (0, [])
    assert ended.out[0] == (
        "A backup of 2026-11-30 20:00 UTC by Lyceum 0.1.0, PostgreSQL 18.4 (Debian 18.4-1): 2 files of books, 3 rows."
    )
    digest = hashlib.sha256(backup.read_bytes()).hexdigest()
    assert ended.out[1] == f"{size(backup.stat().st_size)}, every byte as it was written; SHA-256 {digest}"
    assert len(ended.out) == 2


def test_what_a_backup_was_made_without_is_told_before_anything_is_done(monkeypatch, tmp_path):
    write(
        tmp_path / "b.tar", described=replace(MANIFEST, lost=["books/x.pdf"], secrets=[Secret("K", "Signs.", ".env")])
    )
    ended = Ended("restore", tmp_path / "b.tar", check=True, verbosity=0)
    assert ended.out[2] == "It was made without the stored file books/x.pdf, which was lost."


def test_a_library_that_is_restored_has_everybody_sign_in_anew(monkeypatch, backup):
    restores(monkeypatch, RESTORED)
    ended = Ended("restore", backup, verbosity=0)
    assert (ended.code, ended.out[2:]) == (0, ["The library is restored. Everybody signs in anew."])


def test_what_is_left_to_do_afterwards_is_told(monkeypatch, backup):
    whole = Restored(MANIFEST, ["catalog.0002_more", "rag.0003_x"], True, True, is_cache_kept=True)
    restores(monkeypatch, whole)
    assert Ended("restore", backup, verbosity=0).out[3:] == [
        "The backup was of an older version; 2 steps brought it to this one: catalog.0002_more, rag.0003_x.",
        "The secret key here is not the one of the backup: readers' calendar addresses and open invitations have ended."
        " With the old key in place they work again.",
        "The time zone was Europe/Berlin: set LYCEUM_TIME_ZONE to it, or run manage.py follow_time_zone.",
        "Redis could not be asked: empty it before you start, for its cache is of another library.",
    ]


@pytest.mark.parametrize(
    ("options", "is_replaced"),
    [
        ({}, False),
        ({"replace": True}, False),  # nobody is there to be asked
        ({"yes_replace_everything": True}, False),
        ({"replace": True, "yes_replace_everything": True}, True),
    ],
)
def test_a_library_is_replaced_by_a_program_only_where_it_was_said_twice(
    monkeypatch, backup, asked, options, is_replaced
):
    monkeypatch.setattr(sys, "stdin", io.StringIO("replace everything\n"))
    ended = Ended("restore", backup, verbosity=0, **options)
    assert asked == [is_replaced]
    assert (ended.code == 0) is is_replaced
    if not is_replaced:
        assert ended.refusal.startswith("There is a library here already (7 rows in 2 tables). Nothing was changed.")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "is_replaced"),
    [
        ("replace everything", True),
        ("  replace everything ", True),
        ("Replace everything", False),
        ("yes", False),
        ("", False),
    ],
)
def test_a_person_types_what_is_meant(monkeypatch, backup, asked, typed, is_replaced):
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda prompt: typed)
    ended = Ended("restore", backup, verbosity=0, replace=True)
    assert ended.err == [
        "There is a library here already: 7 rows in 2 tables. All of it will be gone.",
        "To replace it, type: replace everything",
    ]
    assert asked == [is_replaced]


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "is no backup of Lyceum: no such file or directory."), (b"%PDF-1.7", "it does not begin as one does.")],
)
def test_another_file_is_told_and_nothing_is_restored(monkeypatch, tmp_path, content, words):
    monkeypatch.setattr(restoring, "restore", raises(AssertionError("restored")))
    if content is not None:
        (tmp_path / "b.tar").write_bytes(content)
    ended = Ended("restore", tmp_path / "b.tar", verbosity=0)
    assert (ended.code, ended.out) == (1, [])
    assert ended.refusal.endswith(words)


def test_a_restore_that_is_stopped_leaves_the_library_and_says_so(monkeypatch, backup):
    monkeypatch.setattr(restoring, "restore", raises(interrupts.Interrupted()))
    ended = Ended("restore", backup, verbosity=0)
    assert (ended.code, ended.refusal) == (130, "Stopped. The library is as it was.")


def test_how_far_it_is_is_told_beside_and_not_among_what_it_says(monkeypatch, backup):
    restores(monkeypatch, RESTORED)
    ended = Ended("restore", backup)
    whole = size(backup.stat().st_size)
    assert any(line.startswith(f"Reading the backup: {whole} of {whole} (100 %)") for line in ended.err)
    assert len(ended.out) == 3
