"""The page of a book: its picture where there is one, its text where there is none, and both for those alone who may
read it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_user
from rag.models import Document, Page
from rag.reading import images
from rag.tests.pages.world import keep_picture, make_document, sha_of
from rag.tests.texts import make_text
from tests.html import assert_valid

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(tiny: Any, woken: Any) -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def page(client: Client, document: Document, number: int = 1, /, **asked: Any) -> Any:
    return client.get(reverse("rag:page", args=[document.book_id, number]), asked)


def sheet(client: Client, document: Document, number: int = 1, **asked: Any) -> Any:
    return client.get(reverse("rag:page-sheet", args=[document.book_id, number]), asked)


def picture(client: Client, document: Document, number: int = 1, width: int = 800, **headers: Any) -> Any:
    """The answer, read to its end where it is a picture: ``content`` cannot be asked of a stream."""
    found: Any = client.get(reverse("rag:page-image", args=[document.book_id, number, width]), headers=headers)
    found.body = b"".join(found.streaming_content) if found.streaming else found.content
    return found


def test_page_without_its_picture_shows_its_text_and_waits(reader, woken):
    document = make_document()
    shown = page(reader, document)
    assert_valid(shown.content)
    assert shown.context["picture"] == "missing"
    assert reverse("rag:page-sheet", args=[document.book_id, 1]) in shown.text
    assert woken == [("draw_pages", [str(document.pk), 1])]
    assert ">one</div>" in shown.text
    assert "<img" not in shown.text


def test_while_there_is_no_picture_nothing_is_swapped_and_after_a_while_nobody_waits(reader):
    document = make_document()
    assert sheet(reader, document, since=int(time.time())).status_code == 204
    late = sheet(reader, document, since=int(time.time()) - 60)
    assert late.status_code == 200
    assert "hx-get" not in late.text
    assert "Look again" in late.text
    assert ">one</div>" in late.text


@pytest.mark.parametrize("since", ["", "x", "-1", "٣", "9" * 40])
def test_whoever_waits_since_no_time_at_all_does_not_wait(reader, since):
    assert sheet(reader, make_document(), since=since).status_code == 200


def test_picture_comes_with_its_words_over_it(reader):
    document = make_document(texts=["Light & <leaves>"])
    keep_picture(sha_of(document))
    for shown in (page(reader, document, mark="0-5"), sheet(reader, document, mark="0-5")):
        assert_valid(shown.content, fragment="<html" not in shown.text)
        assert reverse("rag:page-image", args=[document.book_id, 1, 1600]) + " 1600w" in shown.text
        assert 'data-at="8">&lt;leaves&gt;</tspan>' in shown.text
        assert shown.text.count('class="cited"') == 1
        assert shown.text.count('id="mark"') == 1, "the mark is scrolled to on the picture"
        assert "hx-get" not in shown.text.partition('id="sheet"')[2].partition("</div>")[0]


def test_stretch_that_is_nowhere_on_the_picture_is_marked_in_the_text_alone(reader):
    document = make_document(texts=["one two"])
    keep_picture(sha_of(document))
    Page.objects.update(boxes=None)
    shown = page(reader, document, mark="0-3")
    assert_valid(shown.content)
    assert "cited" not in shown.text
    assert '<mark id="mark">one</mark>' in shown.text
    assert '<details class="small" open>' in shown.text


def test_broken_page_says_so_and_shows_its_text(reader, woken):
    document = make_document()
    images.mark_broken(sha_of(document), 1)
    for shown in (page(reader, document), sheet(reader, document)):
        assert "damaged" in shown.text
        assert ">one</div>" in shown.text
        assert "hx-get" not in shown.text.partition('id="sheet"')[2]
    assert woken == [("draw_pages", [str(document.pk), 1])], "the next pages are drawn all the same"


def test_text_that_is_no_pdf_is_shown_as_text(reader, woken):
    shown = page(reader, make_text(["one"]))
    assert shown.context["picture"] == "none"
    assert woken == []


def test_whoever_wants_text_gets_it_and_keeps_it_on_the_next_page(reader, woken):
    document = make_document()
    keep_picture(sha_of(document))
    shown = reader.get(reverse("rag:page", args=[document.book_id, 1]), {"as": "text"})
    assert "<img" not in shown.text
    assert "as=text" in shown.context["next_url"]
    assert woken == []


def test_pictures_are_for_those_who_may_have_the_file(reader):
    document = make_document()
    keep_picture(sha_of(document))
    assert document.book is not None
    assert picture(reader, document).status_code == 200
    assert picture(Client(), document).status_code == 404
    document.book.is_public = False
    document.book.save()
    assert picture(reader, document).status_code == 403
    staff = Client()
    staff.force_login(make_librarian())
    assert picture(staff, document).status_code == 200
    document.book.is_suppressed = True
    document.book.save()
    assert picture(reader, document).status_code == 404


def test_waiting_is_for_those_who_may_read_the_page(reader):
    document = make_document()
    assert document.book is not None
    document.book.is_public = False
    document.book.save()
    assert sheet(Client(), document).status_code == 302
    assert sheet(reader, document).status_code == 403


def test_picture_is_sent_as_what_it_is_and_asked_for_again_each_time(reader):
    document = make_document()
    keep_picture(sha_of(document))
    sent = picture(reader, document)
    assert sent.body == b"1-800"
    assert (sent["Content-Type"], sent["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert sent["Cache-Control"] == "private, no-cache"
    assert picture(reader, document, **{"If-None-Match": sent["ETag"]}).status_code == 304
    assert picture(reader, document, width=1600)["ETag"] != sent["ETag"]


@pytest.mark.parametrize(("number", "width"), [(2, 800), (1, 801), (1, 0), (9**30, 800), (0, 800)])
def test_picture_that_is_not_there_is_not_found(reader, number, width):
    document = make_document()
    keep_picture(sha_of(document))
    assert picture(reader, document, number, width).status_code == 404


def test_new_file_has_no_picture_of_the_old_one(reader):
    document = make_document()
    keep_picture(sha_of(document))
    assert document.book is not None
    document.book.digital_file.sha256 = "cd" * 32
    document.book.digital_file.save()
    assert picture(reader, document).status_code == 404
    assert page(reader, document).context["picture"] == "none"


def test_page_that_has_its_picture_has_the_next_ones_drawn(reader, woken):
    document = make_document()
    keep_picture(sha_of(document))
    page(reader, document)
    assert woken == [("draw_pages", [str(document.pk), 1])]
