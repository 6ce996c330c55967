"""Letters of embedded mode as files: whatever is in them, they are read, and nobody else reads them."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection, send_mail
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from library.core import mailbox
from library.core.mailbox import letters

BACKEND = "library.core.mailbox.FolderBackend"


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    settings.EMAIL_BACKEND = BACKEND
    kept: Path = tmp_path / "new" / "mail"
    settings.MAIL_FOLDER = kept
    return kept


def letter(body: str = "Hello", subject: str = "Word", to: str = "ada@example.org") -> EmailMessage:
    return EmailMessage(subject, body, "library@example.org", [to])


def test_a_folder_that_is_not_there_is_made_for_us_alone(folder):
    assert letters() == []
    letter().send()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (kept,) = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_letter_is_for_us_alone_whatever_the_umask(folder):
    before = os.umask(0)
    try:
        letter().send()
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_how_many_were_sent_is_told(folder):
    connection = get_connection()
    assert connection.send_messages([letter(), letter(), letter()]) == 3
    assert connection.send_messages([]) == 0
    assert len(letters()) == 3


def test_the_newest_stand_first_and_no_more_than_are_asked_for(folder):
    for number in range(4):
        letter(f"number {number}").send()
    assert [one.body.strip() for one in letters()] == ["number 3", "number 2", "number 1", "number 0"]
    assert [one.body.strip() for one in letters(limit=2)] == ["number 3", "number 2"]
    assert letters(limit=0) == []


def test_half_a_letter_is_none(folder):
    letter().send()
    (folder / "9999999999999999999-abcdef01.part").write_bytes(b"Subject: half")
    assert len(letters()) == 1


def test_a_full_disk_leaves_no_letter_that_looks_whole(folder, monkeypatch):
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space"):
        letter().send()
    assert letters() == []


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Ihr Code für Lyceum: 123456", "Grüße\n\nzwei Absätze"),
        ("رمزك هو ١٢٣٤٥٦", "الكتاب\u200f في الانتظار"),
        ("あなたのコード", "本" * 400),
        ("Emoji 📚", "From the library\n.\nFrom another line"),
        ("", ""),
    ],
)
def test_words_of_any_writing_are_read_as_they_were_written(folder, subject, body):
    letter(body, subject).send()
    (kept,) = letters()
    assert (kept.subject, kept.body.rstrip("\n"), kept.to) == (subject, body, "ada@example.org")


def test_of_a_letter_in_two_forms_the_plain_one_is_shown(folder):
    both = EmailMultiAlternatives("Two", "plain words", "library@example.org", ["ada@example.org"])
    both.attach_alternative("<p>with marks</p>", "text/html")
    both.send()
    assert letters()[0].body.strip() == "plain words"


def test_a_letter_without_plain_words_has_no_body_and_is_no_fault(folder):
    only = EmailMessage("HTML", "<p>with marks</p>", "library@example.org", ["ada@example.org"])
    only.content_subtype = "html"
    only.send()
    assert letters()[0].body == ""


def test_all_who_got_it_are_told_and_when_it_was_sent_by_a_clock_with_a_zone(folder):
    before = datetime.now(UTC).replace(microsecond=0)
    send_mail("Two", "x", "library@example.org", ["ada@example.org", "eve@example.org"])
    (kept,) = letters()
    assert kept.to == "ada@example.org, eve@example.org"
    assert kept.sent is not None
    assert before <= kept.sent <= datetime.now(UTC)


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"Subject: x\n\nbody", b"\xff\xfe\x00", b"Date: yesterday\n\nx"])
def test_a_file_that_is_hardly_a_letter_does_not_hide_the_others(folder, raw):
    letter("a real one").send()
    (folder / "0000000000000000001-00000000.eml").write_bytes(raw)
    assert letters()[0].body.strip() == "a real one"
    assert len(letters()) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=80))
def test_a_subject_stays_on_its_line_and_comes_back(folder, subject):
    for path in folder.glob("*") if folder.exists() else []:
        path.unlink()
    letter(subject=subject).send()
    (kept,) = mailbox.letters()
    assert " ".join(kept.subject.split()) == " ".join(subject.split())
