"""What readers mark and note: theirs alone, found again after the book was read anew, and never lost by bad input."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_user
from library.core.privacy.registry import Person
from rag import errors, privacy, queries, tasks
from rag.models import Document, Highlight
from rag.reading import highlights
from rag.signals import document_merging, index_ready
from rag.tests.pages.world import keep_picture, make_document, sha_of
from rag.tests.texts import answer_from, make_text
from rag.text.sentences import TextSpan
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
PAGES = ["Rain fell all day. The mill stood still.", "The wind rose & <fell>.", "The mill stood still."]


@pytest.fixture
def user(tiny: Any) -> User:
    return make_user()


@pytest.fixture
def client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def mark(user: User, document: Document, number: int = 1, quote: str = "", **values: Any) -> Highlight:
    generation = queries.live_generation(queries.read_again(document))
    page = queries.page(generation, number)
    return highlights.make(user=user, document=document, generation=generation, page=page, quote=quote, **values)


def post(client: Client, document: Document, number: int = 1, **fields: Any) -> Any:
    return client.post(reverse("rag:make-highlight", args=[document.book_id, number]), fields)


def shown(client: Client, document: Document, number: int = 1) -> Any:
    found = client.get(reverse("rag:page", args=[document.book_id, number]))
    assert_valid(found.content)
    return found


def places(document: Document) -> list[tuple[int, int, bool]]:
    rows = Highlight.objects.filter(document=document).order_by("created_at")
    return [(row.page, row.start, row.is_lost) for row in rows]


def test_words_are_marked_on_their_page_and_kept_with_what_is_around_them(client, user):
    document = make_text(PAGES)
    answer = post(client, document, quote="the  mill STOOD", note="Why?")
    assert answer.url.startswith(reverse("rag:page", args=[document.book_id, 1]))
    row = Highlight.objects.get()
    assert (row.quote, row.before, row.behind, row.page, row.start) == (
        "The mill stood",
        "Rain fell all day. ",
        " still.",
        1,
        19,
    )
    page = shown(client, document)
    assert 'class="own">The mill stood</mark>' in page.text
    assert "Why?" in page.text
    assert "own" not in shown(client, document, 3).text.partition("data-text")[2].partition("</div>")[0]


def test_words_that_a_page_has_twice_are_marked_where_they_were_selected(client):
    document = make_text(["still, still, still"])
    post(client, document, start="7", end="12")
    assert places(document) == [(1, 7, False)]


def test_spaces_at_the_ends_of_a_selection_are_no_part_of_it(user):
    assert mark(user, make_text(PAGES), span=TextSpan(18, 28)).quote == "The mill"


def test_highlight_lies_over_the_picture_where_its_words_stand(client, user):
    document = make_document(texts=["one two three"])
    keep_picture(sha_of(document))
    mark(user, document, quote="two three")
    page = shown(client, document)
    assert page.text.count('<rect class="own"') == 2, "a line each"


def test_same_stretch_marked_twice_is_one_and_takes_the_note(user):
    document = make_text(PAGES)
    first = mark(user, document, quote="The mill", note="one")
    assert mark(user, document, quote="The mill") == first
    assert mark(user, document, quote="The mill", note="two") == first
    assert Highlight.objects.get().note == "two"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"quote": "snow"},
        {"quote": "   "},
        {"start": "0"},
        {"start": "30", "end": "20"},
        {"start": "0", "end": "999"},
        {"start": "18", "end": "19"},
        {"start": "x", "end": "3"},
        {"quote": "x" * 4_001},
        {"quote": "The mill", "note": "x" * 10_001},
    ],
)
def test_what_cannot_be_marked_is_told_and_what_was_typed_stays(client, fields):
    document = make_text(PAGES)
    answer = post(client, document, **{"note": "my thought", **fields})
    assert_valid(answer.content)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert fields.get("note", "my thought")[:50] in answer.text
    assert Highlight.objects.count() == 0


def test_more_than_anybody_marks_is_refused_with_a_reason(client, user, monkeypatch):
    monkeypatch.setattr(highlights, "MOST_OF_A_BOOK", 1)
    document = make_text(PAGES)
    post(client, document, quote="The mill")
    assert "Delete some first" in post(client, document, quote="Rain").text
    assert post(client, document, quote="The mill").status_code == 302, "that one is there already"
    assert mark(make_user(), document, quote="Rain").page == 1


def test_longest_quotation_is_said_in_signs(user, monkeypatch):
    monkeypatch.setattr(highlights, "LONGEST_QUOTE", 5)
    with pytest.raises(errors.QuoteTooLong):
        mark(user, make_text(PAGES), quote="The mill")


def test_note_is_changed_and_taken_away(client, user):
    row = mark(user, make_text(PAGES), quote="The mill")
    address = reverse("rag:change-note", args=[row.pk])
    for note in ("first <b>", ""):
        answer = client.post(address, {"note": note, "next": "/reading/"})
        assert answer.url == "/reading/"
        assert Highlight.objects.get().note == note
    long = client.post(address, {"note": "y" * 10_001, "next": "https://elsewhere.example/"})
    assert_valid(long.content)
    assert (long.status_code, "y" * 10_001 in long.text, "elsewhere" in long.text) == (422, True, False)


def test_highlight_is_deleted_and_leads_back_to_a_page_of_ours(client, user):
    row = mark(user, make_text(PAGES), quote="The mill")
    answer = client.post(reverse("rag:delete-highlight", args=[row.pk]), {"next": "https://elsewhere.example/"})
    assert answer.url == reverse("rag:reading")
    assert Highlight.objects.count() == 0


def test_highlights_of_others_are_seen_and_changed_by_nobody(client):
    document = make_text(PAGES)
    row = mark(make_user(), document, quote="The mill", note="secret")
    assert "secret" not in shown(client, document).text
    for name in ("change-note", "delete-highlight"):
        for key in (row.pk, uuid4()):
            assert client.post(reverse(f"rag:{name}", args=[key]), {"note": "x"}).status_code == 404
    for name in ("highlights", "highlights-markdown"):
        assert "secret" not in client.get(reverse(f"rag:{name}", args=[document.book_id])).text
    assert Highlight.objects.get().note == "secret"
    assert Client().post(reverse("rag:delete-highlight", args=[row.pk])).status_code == 302
    assert Highlight.objects.exists()


def test_books_that_are_kept_from_readers_show_no_words_of_theirs(client, user):
    document = make_text(PAGES)
    mark(user, document, quote="The mill")
    assert document.book is not None
    document.book.is_public = False
    document.book.save()
    assert post(client, document, quote="Rain").status_code == 403
    for name, given in (("reading", []), ("all-highlights-markdown", []), ("highlights", [document.book_id])):
        assert "The mill" not in client.get(reverse(f"rag:{name}", args=given)).text


def test_lists_have_all_by_book_in_the_order_of_their_pages(client, user, django_assert_max_num_queries):
    rain, wind = make_text(PAGES, title="Of Rain"), make_text(PAGES, title="Of Wind")
    for document, number, quote in ((wind, 2, "wind"), (rain, 3, "mill"), (rain, 1, "Rain")):
        mark(user, document, number, quote)
    with django_assert_max_num_queries(10):
        page = client.get(reverse("rag:reading"))
    assert_valid(page.content)
    assert [row.page for row in page.context["page"]] == [1, 3, 2]
    of_book = client.get(reverse("rag:highlights", args=[rain.book_id]))
    assert_valid(of_book.content)
    assert [row.page for row in of_book.context["page"]] == [1, 3]


def test_markdown_has_words_as_text_and_notes_as_they_were_written(client, user):
    document = make_text([*PAGES, "1. *Stars* [x](y)\n- <b> # no heading"], title="A *bold* title")
    mark(user, document, 2, "wind rose & <fell>", note="**mine**")
    mark(user, document, 4, "1. *Stars* [x](y)\n- <b> # no heading")
    sent = client.get(reverse("rag:highlights-markdown", args=[document.book_id]))
    assert sent["Content-Type"].startswith("text/markdown")
    assert "attachment" in sent["Content-Disposition"]
    assert sent.text == (
        "# A \\*bold\\* title\n\n"
        "> wind rose \\& \\<fell\\>\n>\n> — p. 2\n\n**mine**\n\n"
        "> 1\\. \\*Stars\\* \\[x\\](y)\n> \\- \\<b\\> \\# no heading\n>\n> — p. 4\n"
    )
    assert client.get(reverse("rag:all-highlights-markdown")).text == sent.text


def test_nothing_marked_is_an_empty_file(client):
    assert client.get(reverse("rag:all-highlights-markdown")).text == ""


def test_what_is_marked_leads_to_a_question_about_it(client, user):
    document = make_text(PAGES)
    mark(user, document, quote="The mill")
    page = shown(client, document)
    assert reverse("pages:book-ask", args=[document.book_id]) + "?question=What%20is%20meant%20by" in page.text


def test_book_that_was_read_anew_keeps_what_is_marked_in_it(user):
    document = make_text(PAGES)
    mark(user, document, 1, "The mill stood still")
    mark(user, document, 2, "The wind rose")
    mark(user, document, 3, "The mill stood still")
    answer_from(document, ["A preface.", "Rain fell all day.", "The mill stood still.", "The gust rose.", PAGES[2]])
    tasks.anchor_highlights()
    assert places(document) == [(3, 0, False), (2, 0, True), (5, 0, False)] or places(document)[1] == (2, 0, True)
    found = {row.quote: row.page for row in Highlight.objects.filter(is_lost=False)}
    assert set(found) == {"The mill stood still"}
    assert highlights.look_again() == 0, "each is looked for once"


def test_what_was_lost_is_listed_and_found_when_its_words_are_back(client, user):
    document = make_text(PAGES)
    mark(user, document, 2, "The wind rose", note="kept")
    answer_from(document, ["Nothing of it."])
    highlights.look_again()
    listed = client.get(reverse("rag:highlights", args=[document.book_id]))
    assert_valid(listed.content)
    assert "not in the text any more" in listed.text
    assert "kept" in listed.text
    answer_from(document, ["x", "y", "Today the wind rose."])
    highlights.look_again()
    assert places(document) == [(3, 6, False)]


def test_before_a_worker_looked_only_what_stands_on_its_page_is_drawn(client, user):
    document = make_text(PAGES)
    mark(user, document, 2, "The wind rose")
    answer_from(document, ["x", "So the wind rose.", "z"])
    assert 'class="own">the wind rose</mark>' in shown(client, document, 2).text
    answer_from(document, ["x", "Nothing of it.", "z"])
    assert 'class="own"' not in shown(client, document, 2).text


def test_new_index_wakes_a_worker_only_where_something_is_marked(user, woken, django_capture_on_commit_callbacks):
    document = make_text(PAGES)
    with django_capture_on_commit_callbacks(execute=True):
        index_ready.send(sender=Document, document=document, generation=None, requested_by=None, same_pages=False)
    assert "anchor_highlights" not in dict(woken)
    mark(user, document, quote="Rain")
    with django_capture_on_commit_callbacks(execute=True):
        index_ready.send(sender=Document, document=document, generation=None, requested_by=None, same_pages=False)
    assert "anchor_highlights" in dict(woken)


def test_highlights_stay_with_the_book_when_its_records_become_one(user):
    goes, stays = make_text(PAGES), make_text(["x", *PAGES])
    mark(user, goes, 2, "The wind rose")
    document_merging.send(sender=Document, document=goes, kept=stays)
    goes.delete()
    highlights.look_again()
    assert places(stays) == [(3, 0, False)]


def test_index_that_is_deleted_leaves_what_is_marked_for_the_next_one(user):
    document = make_text(PAGES)
    mark(user, document, 2, "The wind rose")
    document.live_generation = None
    document.save()
    document.generations.all().delete()
    assert highlights.look_again() == 0
    answer_from(document, PAGES)
    assert highlights.look_again() == 1
    assert places(document) == [(2, 0, False)]


def test_database_refuses_a_highlight_of_nothing(user):
    row = mark(user, make_text(PAGES), quote="Rain")
    for values in ({"quote": ""}, {"end": row.start}, {"page": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Highlight.objects.update(**values)


def test_reader_gets_what_they_marked_and_the_library_forgets_it(user):
    document, other = make_text(PAGES), make_user()
    mark(user, document, quote="Rain", note="mine")
    mark(other, document, quote="Rain")
    (own,) = privacy.exported(Person(user.pk))["highlights"]
    assert (own["quote"], own["note"]) == ("Rain", "mine")
    privacy.erase(Person(user.pk))
    assert [row.user for row in Highlight.objects.all()] == [other]
