from __future__ import annotations

import re
from html import unescape

import html5lib
import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_user
from rag import queries, services
from rag.tests import pdfs
from rag.tests.factories import ask_book, index, make_digital_book, make_indexed_book

pytestmark = [pytest.mark.django_db, pytest.mark.model, pytest.mark.usefixtures("embedder")]


def page(client, book, number=2, mark=""):
    return client.get(reverse("rag:page", args=[book.pk, number]) + (f"?mark={mark}" if mark else ""))


def panel(book, user, **context):
    made = render_to_string(
        "rag/_ask_panel.html", {"book": book, "index": queries.index_state(book), "user": user} | context
    )
    html5lib.HTMLParser(strict=True).parseFragment(made)
    return made


@pytest.fixture
def reader(client):
    user = make_user()
    client.force_login(user)
    return user


def test_page_shows_its_text_with_the_quotation_marked(client, reader):
    book = make_indexed_book()
    shown = page(client, book, mark="0-14")
    html5lib.HTMLParser(strict=True).parse(shown.content.decode())
    assert shown.status_code == 200
    assert '<mark id="mark">The blue whale</mark> is the largest' in shown.content.decode()
    assert f"/catalogue/books/{book.pk}/file/#page=2" in shown.content.decode()
    assert reverse("rag:page", args=[book.pk, 1]) in shown.content.decode()
    assert reverse("rag:page", args=[book.pk, 3]) in shown.content.decode()


def test_what_answers_is_marked_in_its_quotation(reader):
    book = make_indexed_book()
    found = ask_book(book, question="Who improved the steam engine?", viewer=reader)
    shown = panel(book, reader, answer=found)
    (start, end) = found.sources[0].answering[0]
    assert "Watt" in found.sources[0].quote[start:end]
    assert f"<mark>{found.sources[0].quote[start:end]}</mark>" in shown


def test_beside_an_answer_the_other_pages_are_shown_to_read_on_and_without_one_what_comes_nearest(reader):
    book = make_indexed_book()
    answered = panel(book, reader, answer=ask_book(book, question="Why does bread rise?", viewer=reader))
    assert "Read on:" in answered
    assert "nearest" not in answered
    refused = panel(book, reader, answer=ask_book(book, question="Who won the football cup in 1998?", viewer=reader))
    assert "What comes nearest to it:" in refused
    assert "Read on:" not in refused


@pytest.mark.parametrize(
    "mark", ["", "abc", "5-2", "0-0", "0-999999", "-3-4", "1e3-2", "99999999999-999999999999", "%00-1", "1-2-3"]
)
def test_mark_that_makes_no_sense_marks_nothing(client, reader, mark):
    shown = page(client, make_indexed_book(), mark=mark)
    assert shown.status_code == 200
    assert "<mark" not in shown.content.decode()


def test_first_and_last_page_lead_no_further(client, reader):
    book = make_indexed_book()
    assert 'rel="prev"' not in page(client, book, 1).content.decode()
    assert 'rel="next"' not in page(client, book, 4).content.decode()


@pytest.mark.parametrize("number", [0, 5, 4_000_000_000])
def test_page_that_the_book_lacks_is_not_found(client, reader, number):
    assert page(client, make_indexed_book(), number).status_code == 404


def test_text_of_a_book_is_escaped(client, reader):
    book = make_indexed_book(
        pdfs.as_bytes(pdfs.book([["Beware of <script>alert(1)</script> & such things in books."]]))
    )
    assert "<script>alert" not in page(client, book, 1).content.decode()


def test_page_is_for_who_may_read_the_book(client):
    book = make_indexed_book(is_public=False)
    assert page(client, book).status_code == 302
    client.force_login(make_user())
    assert page(client, book).status_code == 403
    client.force_login(make_librarian())
    assert page(client, book).status_code == 200


def test_hidden_or_unread_book_has_no_pages(client, reader):
    assert page(client, make_indexed_book(is_suppressed=True)).status_code == 404
    assert page(client, make_digital_book()).status_code == 409


def test_page_takes_as_many_queries_in_a_long_book(client, reader, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    short, long = make_indexed_book(), make_indexed_book(pdfs.as_bytes(pdfs.book(repeat=9)))
    with CaptureQueriesContext(
        connection,
    ) as taken:
        page(client, short)
    with django_assert_num_queries(len(taken)):
        page(client, long)


def test_panel_shows_an_answer_with_its_citations(embedder):
    book, user = make_indexed_book(), make_user()
    found = ask_book(book, question="Why does bread rise?", viewer=user)
    shown = panel(book, user, answer=found)
    source = found.sources[0]
    assert source.url.endswith("#mark")
    cites = ",".join(f"{one.page}:{one.start}-{one.end}" for one in found.sources)
    link = f"{source.url.removesuffix('#mark')}&amp;question=Why%20does%20bread%20rise%3F&amp;cites={cites}#mark"
    assert f'href="{link}"' in shown
    assert "1 · p. 4" in shown
    assert "without a model" in shown
    assert "answered before" not in shown
    assert "answered before" in panel(book, user, answer=ask_book(book, question="Why does bread rise?", viewer=user))


def test_panel_shows_a_refusal(embedder):
    book, user = make_indexed_book(), make_user()
    shown = panel(book, user, answer=ask_book(book, question="Who won the cup?", viewer=user))
    assert "The book does not say." in shown
    assert "mark=" not in shown, "nothing is quoted"


def test_panel_shows_how_far_the_index_is():
    book, user = make_digital_book(), make_user()
    assert "has not read" in panel(book, user)
    job = services.start_index(book=book, by=None)
    shown = panel(book, user)
    assert f"job-{job.pk}" in shown
    assert "<form" not in shown.split("job-")[0]


def test_panel_tells_staff_why_a_file_failed_and_readers_that_it_did():
    book = make_digital_book(b"no PDF at all")
    job = index(book)
    assert job.error in panel(book, make_librarian())
    assert job.error not in panel(book, make_user())
    assert "could not be read" in panel(book, make_user())


def test_quotation_names_the_printed_page_everywhere(embedder, client, reader):
    document = pdfs.book(footer="")
    document.set_page_labels([{"startpage": 0, "prefix": "", "style": "r", "firstpagenum": 9}])
    book = make_indexed_book(pdfs.as_bytes(document))
    found = ask_book(book, question="Why does bread rise?", viewer=reader)
    assert found.sources[0].place == "p. xii, page 4 of the file"
    assert "1 · p. xii, page 4 of the file" in panel(book, reader, answer=found)
    assert "xii" in found.passages[0].place
    assert "Printed on it: xii" in page(client, book, 4).content.decode()


def test_page_leads_to_the_rest_of_a_sentence_on_the_next_one(embedder, client, reader):
    book = make_indexed_book()
    address = reverse("rag:page", args=[book.pk, 2])
    shown = client.get(address, {"mark": "0-14", "on": "0-9", "question": "What?"}).content.decode()
    html5lib.HTMLParser(strict=True).parse(shown)
    assert f"{reverse('rag:page', args=[book.pk, 3])}?mark=0-9&amp;question=What%3F#mark" in shown
    assert "goes on on page 3" in shown
    for nonsense in ("", "9", "x-y", '"><script>'):
        assert "goes on on page" not in client.get(address, {"mark": "0-14", "on": nonsense}).content.decode()
    last = client.get(reverse("rag:page", args=[book.pk, 4]), {"on": "0-9"})
    assert "goes on on page" not in last.content.decode()


def test_page_leads_back_to_the_answer_that_cited_it():
    book, client = make_indexed_book(), Client()
    client.force_login(make_user())
    address = reverse("rag:page", args=[book.pk, 2])
    shown = client.get(address, {"mark": "0-14", "question": 'Why "so" & how?'}).content.decode()
    assert shown.count("/ask/?question=Why+%22so%22+%26+how%3F#answer") == 2
    assert "Back to the answer" in shown
    assert f"{reverse('rag:page', args=[book.pk, 1])}?question=Why" in shown
    assert "Back to asking this book" in client.get(address).content.decode()


def test_link_from_elsewhere_spends_no_question_but_shows_what_is_known(embedder):
    book, client = make_indexed_book(), Client()
    client.force_login(make_user())
    address, asked = reverse("pages:book-ask", args=[book.pk]), {"question": "Why does bread rise?"}
    led = client.get(address, asked, headers={"Sec-Fetch-Site": "cross-site"})
    assert led.context["answer"] is None
    assert "Press “Ask”" in led.content.decode()
    assert client.get(address, asked, headers={"Sec-Fetch-Site": "same-origin"}).context["answer"].supported
    again = client.get(address, asked, headers={"Sec-Fetch-Site": "cross-site"})
    assert again.context["answer"].cached
    assert client.get(address, asked).context["answer"].cached  # a reload, and Back


def test_sentence_and_word_over_the_end_of_a_page_are_quoted_with_both_pages(embedder, client, reader):
    first = "Rain fell on the printers of London. The law that protects whoever holds the copy-"
    second = "right in a book is older than most of the books themselves. Bread was dear in those years."
    book = make_indexed_book(pdfs.as_bytes(pdfs.book([[first], [second]], header="", footer="")))
    found = ask_book(book, question="Which law protects whoever holds the copyright in a book?", viewer=reader)
    source = found.sources[0]
    assert source.quote == (
        "The law that protects whoever holds the copyright in a book is older than most of the books themselves."
    )
    assert (source.page, source.last_page, source.place) == (1, 2, "pp. 1–2")
    assert "1 · pp. 1–2" in panel(book, reader, answer=found)
    shown = client.get(source.url).content.decode()
    assert '<mark id="mark">The law that protects whoever holds the copyright</mark>' in shown
    onward = re.search(r'href="([^"]+)">\s*The sentence goes on', shown)
    assert onward is not None
    rest = client.get(unescape(onward[1])).content.decode()
    assert '<mark id="mark">in a book is older than most of the books themselves.</mark>' in rest


def test_entries_of_a_list_of_references_are_no_answers(embedder):
    entries = [
        "Yeast, A. B. (1962). Why bread rises: bread rises because of yeast and warmth. Bread Journal, 12, 615–622.",
        "Watt, J. (1958). The bread that rises is a model of steam. Psychological Review, 65(6), 386–408.",
    ]
    text = [
        ["Whales sing all night in the sea, and nobody has ever found out why they do it."],
        ["References", *entries],
    ]
    book = make_indexed_book(pdfs.as_bytes(pdfs.book(text)))
    found = ask_book(book, question="Why does bread rise?", viewer=make_user())
    assert not any("bread" in source.quote.lower() for source in found.sources)
    assert any("Yeast" in passage.text for passage in found.passages), "it is found all the same"
