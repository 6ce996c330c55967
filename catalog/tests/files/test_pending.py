"""Files that wait for their form, and files that were lost or changed in the storage."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage
from django.db import transaction
from django.utils import timezone

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from catalog import services
from catalog.errors import FileAltered, FileLost
from catalog.files import pending
from catalog.files import stored as files
from catalog.models import BookFile, FileFault
from catalog.tasks import sweep_pending_uploads
from catalog.tests.factories import PDF, pdf, record, stored
from library.activity.models import Activity
from library.core.errors import StorageFull

pytestmark = pytest.mark.django_db


@pytest.fixture
def librarian():
    return make_librarian()


@pytest.fixture
def waiting(librarian, media) -> pending.Kept:
    return pending.keep(upload=pdf(name="the cell.pdf"), by=librarian)


@pytest.fixture
def book_file(media) -> BookFile:
    return record("The Cell", file=pdf()).digital_file


class Faulty(FileSystemStorage):
    """A disk that answers with one fault."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code

    def _save(self, name, content):
        raise OSError(self.code, "as the disk says it")


# -- what waits ----------------------------------------------------------------------------------------------------


def test_who_sent_a_file_finds_it_as_it_was(waiting, librarian, media):
    found = pending.find(token=waiting.token, by=librarian)
    assert found is not None
    kept, upload = found
    assert upload.read() == PDF
    upload.close()
    assert (kept.name, kept.size, kept.token) == ("the cell.pdf", len(PDF), waiting.token)
    assert kept.until == waiting.until
    assert timezone.now() < kept.until <= timezone.now() + timedelta(hours=1)


def test_nobody_else_finds_it(waiting):
    assert pending.find(token=waiting.token, by=make_librarian()) is None
    assert pending.find(token=waiting.token, by=make_user(Role.ADMINISTRATOR)) is None


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1] + "x", lambda token: "", lambda token: "a:b:c", lambda token: "\0"]
)
def test_a_word_that_was_changed_finds_nothing(waiting, librarian, change):
    assert pending.find(token=change(waiting.token), by=librarian) is None


def test_a_word_that_was_signed_for_something_else_finds_nothing(waiting, librarian):
    words = {"at": "books/secret.pdf", "name": "x", "by": str(librarian.pk), "until": timezone.now().isoformat()}
    assert pending.find(token=signing.dumps(words, salt="another"), by=librarian) is None


def test_after_an_hour_it_is_found_no_more(waiting, librarian, monkeypatch):
    monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + 3601)
    assert pending.find(token=waiting.token, by=librarian) is None


def test_what_was_swept_is_found_no_more(waiting, librarian, media):
    assert pending.sweep(at=timezone.now() + timedelta(minutes=59)) == 0
    assert pending.sweep(at=timezone.now() + timedelta(minutes=61)) == 1
    assert stored(media) == []
    assert pending.find(token=waiting.token, by=librarian) is None


def test_the_task_sweeps_only_what_is_old(waiting, media, book_file):
    sweep_pending_uploads()
    assert len(stored(media)) == 2
    pending.sweep(at=timezone.now() + timedelta(days=9))
    assert [path.name for path in stored(media)] == [book_file.file.name.rpartition("/")[2]]


def test_sweeping_where_nothing_was_ever_kept_is_no_fault(media):
    assert pending.sweep() == 0


def test_a_file_is_forgotten_only_when_its_record_is_kept(
    waiting, librarian, media, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as later:
        pending.forget_on_commit(token=waiting.token, by=librarian)
    assert len(stored(media)) == 1
    for deed in later:
        deed()
    assert stored(media) == []


def test_nobody_elses_file_can_be_forgotten(waiting, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        pending.forget_on_commit(token=waiting.token, by=make_librarian())
        pending.forget_on_commit(token="", by=make_librarian())
    assert len(stored(media)) == 1


def test_a_full_disk_is_said_and_any_other_fault_is_a_fault(librarian, monkeypatch):
    monkeypatch.setattr(pending, "default_storage", Faulty(errno.ENOSPC))
    with pytest.raises(StorageFull, match="storage is full, so nothing was saved"):
        pending.keep(upload=pdf(), by=librarian)
    monkeypatch.setattr(pending, "default_storage", Faulty(errno.EIO))
    with pytest.raises(OSError, match="as the disk says it"):
        pending.keep(upload=pdf(), by=librarian)


@pytest.mark.parametrize(
    ("code", "fault"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, OSError)]
)
def test_storing_a_book_file_tells_a_full_disk_from_a_broken_one(monkeypatch, code, fault):
    monkeypatch.setattr("catalog.files.services.default_storage", Faulty(code))
    with pytest.raises(fault):
        record("The Cell", file=pdf())
    assert not BookFile.objects.exists()


# -- what lies in the storage --------------------------------------------------------------------------------------


def test_a_file_is_given_from_its_beginning(book_file):
    for _time in range(2):
        with files.opened(book_file) as file:
            assert file.read() == PDF
    assert book_file.fault == FileFault.NONE


def test_a_lost_file_is_told_once_and_found_again_once(book_file, media):
    path = stored(media)[0]
    path.rename(media / "elsewhere")
    for _time in range(2):
        with pytest.raises(FileLost, match="gone from the library's storage"):
            files.opened(book_file)
    (media / "elsewhere").rename(path)
    files.opened(book_file).close()
    verbs = list(Activity.objects.order_by("at", "id").values_list("verb", flat=True))
    assert verbs[-2:] == ["book.file_lost", "book.file_found"]
    assert files.faulty(most=9) == []


def test_a_changed_file_is_not_opened(book_file, media):
    files.opened(book_file).close()
    stored(media)[0].write_bytes(PDF[:-1] + b"X")
    with pytest.raises(FileAltered, match="is not the one that was added"):
        files.opened(book_file)
    book_file.refresh_from_db()
    assert book_file.fault == FileFault.ALTERED
    (told,) = files.faulty(most=9)
    assert (told, told.book.title) == (book_file, "The Cell")


def test_whoever_noted_it_first_wrote_it_down(book_file):
    other = BookFile.objects.get()
    files.note(book_file, FileFault.LOST)
    files.note(other, FileFault.LOST)
    assert Activity.objects.filter(verb="book.file_lost").count() == 1
    assert other.fault == FileFault.NONE, "it is read anew where it is news"


def test_at_most_so_many_faulty_files_are_told_in_one_query(media, django_assert_num_queries):
    for number in range(3):
        files.note(record(f"Book {number}", file=pdf()).digital_file, FileFault.LOST)
    with django_assert_num_queries(1):
        assert [one.book.title for one in files.faulty(most=2)] == ["Book 0", "Book 1"]


def test_a_storage_elsewhere_is_asked_for_the_length_alone(book_file, monkeypatch):
    away = InMemoryStorage()
    away.save(book_file.file.name, pdf())
    monkeypatch.setattr(book_file.file, "storage", away)
    with files.opened(book_file) as file:
        assert file.read() == PDF
    BookFile.objects.update(size=7)
    book_file.size = 7
    with pytest.raises(FileAltered):
        files.opened(book_file)


@pytest.mark.parametrize("number", [0, 1, 5, 6])
def test_staff_read_on_their_first_page_which_files_are_faulty(client, librarian, media, number):
    for place in range(number):
        files.note(record(f"Book {place}", file=pdf()).digital_file, FileFault.LOST if place else FileFault.ALTERED)
    client.force_login(librarian)
    text = client.get("/admin/").content.decode()
    assert ("Files of books are not as they were added" in text) is (number > 0)
    assert ("Book 0 (changed in the storage)" in text) is (number > 0)
    assert ("Book 4 (lost from the storage)" in text) is (number > 4)
    assert ("Book 5" in text, "and more" in text) == (False, number > 5)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\books\\cell.pdf", "cell.pdf"),
        ("../../cell.pdf", "cell.pdf"),
        ("cell\x07\u200e.pdf", "cell.pdf"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("كتاب.pdf", "كتاب.pdf"),
        ("\x07", "book.pdf"),
    ],
)
def test_the_name_of_a_file_is_kept_as_it_can_be_shown(name, shown, media):
    upload: Any = pdf()
    upload._name = name  # as it came, before anybody looked at it
    assert record("The Cell", file=upload).digital_file.original_name == shown


@pytest.mark.parametrize(
    ("media_type", "kind", "is_pdf"),
    [
        ("application/pdf", "PDF", True),
        ("application/epub+zip", "EPUB", False),
        ("text/plain; charset=utf-8", "text", False),
        ("image/png", "", False),
    ],
)
def test_readers_are_told_what_a_file_is(media_type, kind, is_pdf):
    file = BookFile(media_type=media_type, original_name="x")
    assert (file.kind, file.is_pdf, str(file)) == (kind, is_pdf, "x")


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_replaced_within_a_transaction_that_fails_is_still_there(media):
    book = record("The Cell", file=pdf())
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.attach_file(book=book, upload=pdf(PDF + b"new"), by=None)
        raise ZeroDivisionError
    kept = BookFile.objects.get()
    with default_storage.open(str(kept.file.name)) as file:
        assert file.read() == PDF
