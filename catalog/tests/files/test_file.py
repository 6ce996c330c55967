"""The file of a book: who may have it, and how it is sent."""

import os
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.test import AsyncClient, Client
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_user
from catalog.access import check_may_read, may_read
from catalog.errors import BookConfidential
from catalog.files import stored as files
from catalog.models import Book
from catalog.tests.factories import PDF, make_book, pdf, record, stored
from library.activity.models import Activity

pytestmark = pytest.mark.django_db
CONTENT = PDF + b"0123456789" * 50


@pytest.fixture
def book() -> Book:
    return record("The Cell", file=pdf(CONTENT, "Zellen & Gewebe.pdf"))


@pytest.fixture
def client(client):
    """A reader's browser."""
    client.force_login(make_user())
    return client


def address(book: Book) -> str:
    return reverse("catalog:file", args=[book.pk])


def body(response) -> bytes:
    return b"".join(response) if response.streaming else response.content


def test_a_public_file_opens_in_the_browser(client, book):
    response = client.get(address(book))
    assert (response.status_code, body(response)) == (200, CONTENT)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["Content-Disposition"] == "inline; filename*=UTF-8''Zellen%20%26%20Gewebe.pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Accept-Ranges"] == "bytes"
    assert "private" in response["Cache-Control"]
    policy = response["Content-Security-Policy"]
    assert "object-src 'self'" in policy
    assert "script-src 'none'" in policy


def test_a_visitor_is_led_to_the_sign_in_and_back(client, book):
    client.logout()
    response = client.get(address(book))
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/sign-in/?next={address(book)}"


@pytest.mark.parametrize(
    ("wanted", "part"), [("bytes=0-4", CONTENT[:5]), ("bytes=-3", CONTENT[-3:]), ("bytes=60-", CONTENT[60:])]
)
def test_a_part_can_be_asked_for(client, book, wanted, part):
    response = client.get(address(book), headers={"Range": wanted})
    assert (response.status_code, body(response)) == (206, part)
    assert response["Content-Range"].endswith(f"/{len(CONTENT)}")


def test_a_part_outside_the_file_is_416(client, book):
    response = client.get(address(book), headers={"Range": f"bytes={len(CONTENT)}-"})
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")


def test_a_part_of_another_version_brings_the_whole_file(client, book):
    tag = client.head(address(book))["ETag"]
    same = client.get(address(book), headers={"Range": "bytes=0-4", "If-Range": tag})
    other = client.get(address(book), headers={"Range": "bytes=0-4", "If-Range": '"old"'})
    assert (same.status_code, body(same)) == (206, CONTENT[:5])
    assert (other.status_code, body(other)) == (200, CONTENT)


def test_what_the_browser_has_is_not_sent_again(client, book):
    tag = client.head(address(book))["ETag"]
    response = client.get(address(book), headers={"If-None-Match": f'"x", W/{tag}'})
    assert (response.status_code, response.content) == (304, b"")


def test_a_head_request_reads_no_file(client, book):
    response = client.head(address(book))
    assert (response.status_code, response.content, response["Content-Length"]) == (200, b"", str(len(CONTENT)))
    assert not response.streaming


def test_under_asgi_it_comes_piece_by_piece(book):
    reader = make_user()

    async def fetch() -> tuple[bool, bytes]:
        client = AsyncClient()
        await client.aforce_login(reader)
        response: Any = await client.get(address(book), headers={"Range": "bytes=5-9"})
        return response.is_async, b"".join([piece async for piece in response])

    assert async_to_sync(fetch)() == (True, CONTENT[5:10])


def test_a_suppressed_book_has_no_file_for_readers(client, book):
    Book.objects.update(is_suppressed=True)
    assert client.get(address(book)).status_code == 404
    client.force_login(make_librarian())
    assert body(client.get(address(book))) == CONTENT


def test_a_book_that_is_not_public_is_read_by_staff_alone(client, book):
    Book.objects.update(is_public=False)
    response = client.get(address(book))
    assert response.status_code == 403
    assert "is for staff only" in response.content.decode()
    client.force_login(make_librarian())
    assert body(client.get(address(book))) == CONTENT


def test_the_check_says_so_by_its_own_code(book):
    book.is_public = False
    reader, librarian = make_user(), make_librarian()
    check_may_read(librarian, book)
    assert not may_read(reader, book)
    with pytest.raises(BookConfidential) as refusal:
        check_may_read(reader, book)
    assert (refusal.value.code, refusal.value.status) == ("book_confidential", 403)


def test_no_file_and_a_lost_file_are_both_404(client, book, media):
    assert client.get(address(make_book())).status_code == 404
    stored(media)[0].unlink()
    assert client.get(address(book)).status_code == 404
    assert client.get("/catalogue/books/99999999999999999999999/file/").status_code == 404


def test_a_lost_file_is_told_to_the_reader_in_a_sentence_and_to_the_staff_once(client, book, media):
    stored(media)[0].rename(media / "elsewhere")

    for _again in range(2):
        response = client.get(address(book))
        assert response.status_code == 404
        assert "gone from the library&#x27;s storage" in response.text
    assert [one.object_id for one in Activity.objects.filter(verb="book.file_lost")] == [str(book.pk)]
    assert "The Cell (lost" in first_page_of_the_admin()

    (media / "elsewhere").rename(media / book.digital_file.file.name)
    assert body(client.get(address(book))) == CONTENT
    assert Activity.objects.filter(verb="book.file_found").count() == 1
    assert "The Cell (lost" not in first_page_of_the_admin()


def first_page_of_the_admin() -> str:
    staff = Client()
    staff.force_login(make_librarian())
    text: str = staff.get("/admin/").text
    return text


def altered(path) -> None:
    """Another content of the same length and age."""
    times = path.stat()
    path.write_bytes(CONTENT[:-1] + b"X")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def cut(path) -> None:
    path.write_bytes(CONTENT[:100])


def emptied(path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("change", [altered, cut, emptied])
@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}, {"If-None-Match": "{tag}"}])
def test_a_file_that_was_changed_on_the_disk_is_never_sent_as_the_one_that_was_added(
    client, book, media, change, headers
):
    asked = {name: value.replace("{tag}", f'"{book.digital_file.sha256}"') for name, value in headers.items()}
    assert body(client.get(address(book))) == CONTENT  # it is known by now
    change(stored(media)[0])

    response = client.get(address(book), headers=asked)

    assert response.status_code == 404
    assert "ETag" not in response
    assert "not the one that was added" in response.text
    assert Activity.objects.filter(verb="book.file_altered").count() == 1
    assert "The Cell (changed" in first_page_of_the_admin()


def test_a_file_is_read_whole_once_and_not_for_every_part(client, book, media, monkeypatch):
    digested = []
    usual = files._digest

    def counted(file):
        digested.append(file)
        return usual(file)

    monkeypatch.setattr(files, "_digest", counted)
    monkeypatch.setattr(files, "_known", {})
    for _part in range(3):
        assert body(client.get(address(book), headers={"Range": "bytes=0-9"})) == CONTENT[:10]
    cache.clear()
    assert body(client.get(address(book))) == CONTENT
    assert len(digested) == 1


def test_nothing_is_written_through_this_address(client, book):
    assert client.post(address(book)).status_code == 405


def test_a_text_is_sent_with_its_encoding(media, client):
    text = "Fünf Äpfel. ".encode("cp1252") * 50
    book = record("Whale", file=pdf(text, name="whale.txt"))
    client.force_login(make_user())
    response = client.get(f"/catalogue/books/{book.pk}/file/")
    assert response["Content-Type"] == "text/plain; charset=windows-1252"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert body(response) == text
