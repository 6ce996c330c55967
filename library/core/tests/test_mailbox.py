"""Mail of embedded mode is kept for its owner alone."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.template import Context, Template
from django.utils import timezone

from library.core import mailbox


def test_mail_is_kept_in_private_files_and_read_newest_first(settings, tmp_path):
    settings.MAIL_FOLDER = tmp_path / "mail"
    backend = mailbox.FolderBackend()
    for number in (1, 2):
        backend.send_messages([EmailMessage(f"Subject {number}", f"Grüße {number}", to=["reader@example.org"])])
    assert [(letter.subject, letter.to, letter.body.strip()) for letter in mailbox.letters()] == [
        ("Subject 2", "reader@example.org", "Grüße 2"),
        ("Subject 1", "reader@example.org", "Grüße 1"),
    ]
    files = list(settings.MAIL_FOLDER.iterdir())
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert settings.MAIL_FOLDER.stat().st_mode & 0o777 == 0o700


def test_empty_mailbox_has_no_letters(settings, tmp_path):
    settings.MAIL_FOLDER = tmp_path / "never made"
    assert mailbox.letters() == []


def test_letters_say_when_in_the_librarys_own_time(settings, tmp_path):
    settings.MAIL_FOLDER, settings.TIME_ZONE = tmp_path, "Europe/Paris"
    mailbox.FolderBackend().send_messages([EmailMessage("Subject", "Text", to=["reader@example.org"])])
    (letter,) = mailbox.letters()

    assert letter.sent is not None
    assert letter.sent.tzinfo is not None
    noon = letter.sent.replace(year=2026, month=7, day=1, hour=12, minute=5)
    with timezone.override("Europe/Paris"):
        assert Template("{{ at|date:'DATETIME_FORMAT' }}").render(Context({"at": noon})) == "1 Jul 2026, 14:05"
