"""A digital file is checked before anything is kept, and goes when its record does not stay."""

import errno
import hashlib
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from rest_framework.test import APIClient

from accounts.tests.factories import make_librarian
from catalog import services
from catalog.models import Book, BookFile
from catalog.signals import book_file_added
from catalog.tests.factories import PDF, make_book, pdf, record, stored
from library.core.errors import InvalidInput, StorageFull
from library.jobs.models import Job

pytestmark = pytest.mark.django_db
EPUB = b"PK\x03\x04\x14\0\0\0\0\0\0\0!\0oa\xab,\x14\0\0\0\x14\0\0\0\x08\0\0\0mimetypeapplication/epub+zip" + b"\0" * 40
BAD = {
    "empty": (b"", "empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "not a PDF, an EPUB or a plain text.* PNG"),
    "a picture with a PDF's header": (b"\xff\xd8\xff\xe0" + PDF, "JPEG"),
    "a program with a PDF's header": (b"MZ" + PDF, "EXE"),
    "bytes without sense": (bytes(range(256)) * 8, "not a PDF"),
    "header too late": (b"\0" * 1020 + PDF, "not a PDF"),
    "a page": (b"<html>%PDF</html>", "HTML"),
    "a page with a PDF's header": (b"<!DOCTYPE html><p>%PDF-1.7", "HTML"),
    "a letter": (b"{\\rtf1 Dear reader}", "RTF"),
    "an archive": (b"PK\x03\x04" + b"\x14\0word/document.xml" * 9, "ZIP"),
    "a text with bytes at its end": (b"Call me Ishmael. " * 9000 + b"\0\x01\x02" * 9000, "not a PDF"),
}
GOOD = {
    "PDF": (PDF, "application/pdf", ".pdf"),
    "EPUB": (EPUB, "application/epub+zip", ".epub"),
    "plain": (b"Call me Ishmael. " * 100, "text/plain; charset=utf-8", ".txt"),
    "UTF-8": ("Fünf Äpfel. ".encode() * 100_000, "text/plain; charset=utf-8", ".txt"),
    "Windows": ("Fünf Äpfel – „gut“. ".encode("cp1252") * 100, "text/plain; charset=windows-1252", ".txt"),
    "Windows, late": (b"Call me. " * 9000 + "Fünf".encode("cp1252"), "text/plain; charset=windows-1252", ".txt"),
    "UTF-16": ("Fünf Äpfel. ".encode("utf-16"), "text/plain; charset=utf-16", ".txt"),
    "UTF-16 without a mark": ("Five apples. ".encode("utf-16-be"), "text/plain; charset=utf-16be", ".txt"),
}


@pytest.fixture
def listener():
    """What a higher app does when a file comes."""
    heard = []

    def hear(*, book_file, by, **kwargs):
        heard.append((book_file, by))
        return Job.objects.create(kind="index", subject_label="catalog.bookfile", subject_id=book_file.pk)

    book_file_added.connect(hear)
    yield heard
    book_file_added.disconnect(hear)


@pytest.mark.parametrize("kind", BAD)
def test_a_file_of_another_kind_leaves_neither_book_nor_file(kind, media):
    content, sentence = BAD[kind]
    with pytest.raises(InvalidInput, match=sentence) as refusal:
        record("Moby Dick", "Herman Melville", file=pdf(content))
    assert refusal.value.fields.keys() == {"file"}
    assert not Book.objects.exists()
    assert stored(media) == []


@pytest.mark.parametrize(("name", "sentence"), [("notes.PDF", "not a PDF"), ("notes.epub", "not an EPUB")])
def test_a_text_that_calls_itself_something_else_is_refused(name, sentence, media):
    with pytest.raises(InvalidInput, match=sentence):
        record("Moby Dick", "Herman Melville", file=pdf(b"These are only notes. " * 99, name=name))
    assert stored(media) == []


@pytest.mark.parametrize("kind", GOOD)
def test_a_file_is_taken_for_what_it_holds_not_for_its_name(kind, media):
    content, media_type, suffix = GOOD[kind]
    book = record("Moby Dick", "Herman Melville", file=pdf(content, name="whale.exe"))
    assert book.digital_file.media_type == media_type
    (path,) = stored(media)
    assert path.suffix == suffix
    assert path.read_bytes() == content


def test_a_file_over_the_limit_is_refused(settings, media):
    settings.UPLOAD_MAX_BYTES = len(PDF) - 1
    with pytest.raises(InvalidInput, match="too large"):
        services.attach_file(book=make_book(), upload=pdf(), by=None)
    settings.UPLOAD_MAX_BYTES = len(PDF)
    services.attach_file(book=make_book(), upload=pdf(), by=None)
    assert len(stored(media)) == 1


def test_a_header_after_some_junk_is_still_a_pdf(media):
    services.attach_file(book=make_book(), upload=pdf(b"\xef\xbb\xbf\n" + b"x" * 1000 + PDF), by=None)
    assert len(stored(media)) == 1


def test_the_file_is_kept_under_a_name_that_tells_nothing(media):
    librarian = make_librarian()
    book = record("The Cell", file=pdf(name="../../etc/the\x07 cell.pdf"))
    kept = BookFile.objects.get(book=book)
    (path,) = stored(media)
    assert path.read_bytes() == PDF
    assert "cell" not in path.name
    assert path.stat().st_mode & 0o077 == 0
    assert kept.sha256 == hashlib.sha256(PDF).hexdigest()
    assert (kept.size, kept.original_name, kept.media_type) == (len(PDF), "the cell.pdf", "application/pdf")
    services.attach_file(book=book, upload=pdf(), by=librarian)
    assert BookFile.objects.get(book=book).added_by == librarian


def test_whoever_listens_hears_of_the_file_and_its_job_comes_back(listener):
    librarian = make_librarian()
    added = services.create_book(title="The Cell", authors=[], file=pdf(), by=librarian)
    assert listener == [(added.book.digital_file, librarian)]
    assert added.job == Job.objects.get()
    again = services.attach_file(book=added.book, upload=pdf(), by=librarian)
    assert again is not None
    assert again.subject_id == listener[1][0].pk


def test_a_new_file_takes_the_place_of_the_old_one(media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        book = record("The Cell", file=pdf())
    (first,) = stored(media)
    with django_capture_on_commit_callbacks(execute=True):
        services.attach_file(book=book, upload=pdf(PDF + b"second"), by=None)
        assert first in stored(media), "until the commit the old file is the book's"
    (second,) = stored(media)
    assert second.read_bytes() == PDF + b"second"
    assert str(Book.objects.get(pk=book.pk).digital_file.file).endswith(second.name)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_rolled_back_takes_its_file_along(media):
    kept = record("Kept", file=pdf())
    assert len(stored(media)) == 1
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record("Gone", file=pdf())
        services.attach_file(book=kept, upload=pdf(PDF + b"new"), by=None)
        assert len(stored(media)) == 3
        raise ZeroDivisionError
    (path,) = stored(media)
    assert path.read_bytes() == PDF
    assert [book.title for book in Book.objects.all()] == ["Kept"]


@pytest.mark.django_db(transaction=True)
def test_a_listener_that_fails_leaves_nothing(media):
    def fail(**kwargs):
        raise ZeroDivisionError

    book_file_added.connect(fail)
    try:
        with pytest.raises(ZeroDivisionError):
            record("Gone", file=pdf())
    finally:
        book_file_added.disconnect(fail)
    assert stored(media) == []
    assert not Book.objects.exists()


def test_a_full_disk_is_said_plainly_and_leaves_no_half_file(media, monkeypatch):
    """The disk is full after the first bytes: what the operating system answers is the edge that is played here."""

    class FullDisk(FileSystemStorage):
        def _save(self, name, content):
            content.chunks = lambda *size: self.half(name)
            return super()._save(name, content)  # type: ignore[misc]  # the stubs leave it out

        def half(self, name):
            yield b"%PDF-1.7 half a f"
            assert len(stored(media)) == 1
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("catalog.files.services.default_storage", FullDisk())
    with pytest.raises(StorageFull):
        record("The Cell", "New Name", file=pdf())
    assert stored(media) == []
    assert not Book.objects.exists()


class Counted(File):
    """A file that counts how many of its bytes are read, and how often it is begun anew."""

    def __init__(self, content, name):
        super().__init__(io.BytesIO(content), name=name)
        self.bytes_read = 0

    def read(self, *most):
        piece = self.file.read(*most)  # type: ignore[union-attr]  # it was given one
        self.bytes_read += len(piece)
        return piece


class Moved(Counted):
    """Such as Django gives for a large upload: it lies on the disk already, and is moved instead of copied."""

    def __init__(self, content, name, folder):
        super().__init__(content, name)
        self.path = folder / "upload"
        self.path.write_bytes(content)

    def temporary_file_path(self):
        return str(self.path)


LARGE = {
    "PDF": PDF + b"%" + b"x" * 300_000,
    "plain": b"Call me Ishmael. " * 20_000,
    "Windows": "Fünf Äpfel – „gut“. ".encode("cp1252") * 20_000,
}


@pytest.mark.parametrize("kind", LARGE)
def test_an_upload_is_read_once_before_it_is_stored(kind, media, tmp_path):
    """By the form that looks at it, the service that looks at it twice, and the row that keeps its hash."""
    content = LARGE[kind]
    upload = Moved(content, "book", tmp_path)
    services.check_upload(upload)
    book = record("Moby Dick", "Herman Melville", file=upload)
    assert upload.bytes_read == len(content)
    assert book.digital_file.sha256 == hashlib.sha256(content).hexdigest()
    with book.digital_file.file.open() as file:
        assert file.read() == content


@pytest.mark.parametrize("kind", LARGE)
def test_an_upload_in_memory_is_read_once_more_as_it_is_written(kind, media):
    content = LARGE[kind]
    upload = Counted(content, "book")
    services.check_upload(upload)
    services.attach_file(book=make_book(), upload=upload, by=None)
    assert upload.bytes_read == 2 * len(content)
    assert BookFile.objects.get().sha256 == hashlib.sha256(content).hexdigest()


def test_of_a_file_that_is_refused_only_the_beginning_is_read(media):
    upload = Counted(b"\x89PNG\r\n\x1a\n" + b"\0" * 10_000_000, "picture.pdf")
    for _asked in range(3):
        with pytest.raises(ValidationError, match="PNG"):
            services.check_upload(upload)
    assert upload.bytes_read <= 64 * 1024
    assert upload.tell() == 0


def test_what_is_known_of_an_upload_is_held_against_what_each_door_accepts(media):
    """A text that the form for any file took is still no PDF."""
    upload = Counted(b"Call me Ishmael. " * 1000, "book")
    assert services.check_upload(upload) == "text/plain; charset=utf-8"
    with pytest.raises(ValidationError, match="This is not a PDF, whatever its name says"):
        services.check_upload(upload, accepts={"application/pdf"})
    upload.name = "book.pdf"
    with pytest.raises(ValidationError):
        services.check_upload(upload)


def test_an_upload_by_the_api_is_read_once(media, settings, monkeypatch):
    """Serializer and service both look at it; Django has put it on the disk by then."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1024
    begun, chunks = [], File.chunks

    def counted(self, *size):
        begun.append(self)
        return chunks(self, *size)

    monkeypatch.setattr(File, "chunks", counted)
    client = APIClient()
    client.force_authenticate(make_librarian())
    sent = {"title": "Moby Dick", "authors": ["Herman Melville"], "file": pdf(LARGE["plain"], name="whale.txt")}
    assert client.post("/api/v1/books/", sent, format="multipart").status_code == 201
    assert [type(upload).__name__ for upload in begun if hasattr(upload, "temporary_file_path")] == [
        "TemporaryUploadedFile"
    ]
    (path,) = stored(media)
    assert path.read_bytes() == LARGE["plain"]
