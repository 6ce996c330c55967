"""Conversations on the page and over the API, with the writer in a book's words and one in its own."""

from __future__ import annotations

import re

import html5lib
import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_user
from rag.answers import services as answers
from rag.conversations import services
from rag.conversations.exports import escaped
from rag.conversations.models import Conversation, Exchange
from rag.tests.answers.prose.doubles import EchoWriter, ObedientWriter, ScriptedWriter
from rag.tests.conversations.said import BREAD, KRILL, QUESTION
from rag.tests.factories import give_file
from rag.tests.texts import answer_from

pytestmark = pytest.mark.django_db


@pytest.fixture
def web(client, reader):
    client.force_login(reader)
    return client


@pytest.fixture
def api(reader) -> APIClient:
    made = APIClient()
    made.force_authenticate(reader)
    return made


@pytest.fixture(autouse=True)
def _file(document) -> None:
    give_file(document.book, b"text")


def begin(web, document, **more) -> str:
    address = reverse("conversations:begin", args=[document.book_id])
    return str(web.post(address, {"question": QUESTION, **more}, follow=True).content.decode())


def seen(web, conversation) -> str:
    page = str(web.get(conversation.get_absolute_url()).content.decode())
    html5lib.HTMLParser(strict=True).parse(page)
    return page


def test_an_answer_leads_on_to_a_conversation(web, document):
    panel = web.get(f"/books/{document.book_id}/ask/", {"question": QUESTION}).content.decode()
    assert "Ask on, and keep it as a conversation" in panel
    assert "Was this right?" in panel
    page = begin(web, document, follow="And why?")
    assert page.count("<article") == 2
    assert "Searched for: And why? (blue whales eat sea krill cold)" in page
    assert f"“{KRILL}”" in page
    assert Exchange.objects.count() == 2


def test_under_every_answer_readers_say_whether_it_was_right(web, document):
    begin(web, document, verdict="wrong", why="Too short")
    exchange = Exchange.objects.get()
    assert (exchange.was_right, exchange.why) == (False, "Too short")
    answer = web.post(reverse("conversations:judge", args=[exchange.pk]), {"verdict": "right"}, follow=True)
    assert "Thank you" in answer.content.decode()
    exchange.refresh_from_db()
    assert exchange.was_right is True


def test_it_is_listed_renamed_kept_and_deleted(web, conversation):
    services.ask(conversation=conversation, question=QUESTION, by=conversation.owner)
    overview = reverse("conversations:conversations")
    assert QUESTION in web.get(overview).content.decode()
    renamed = web.post(reverse("conversations:rename", args=[conversation.pk]), {"title": "Whales & co"}, follow=True)
    assert "Whales &amp; co" in renamed.content.decode()
    refused = web.post(reverse("conversations:rename", args=[conversation.pk]), {"title": " "})
    assert (refused.status_code, "A title has 1 to 200" in refused.content.decode()) == (400, True)
    kept = web.get(reverse("conversations:export", args=[conversation.pk]))
    assert kept["Content-Disposition"] == 'attachment; filename="whales-co.md"'
    assert (
        "Delete the conversation?" in web.get(reverse("conversations:delete", args=[conversation.pk])).content.decode()
    )
    web.post(reverse("conversations:delete", args=[conversation.pk]))
    assert not Conversation.objects.exists()
    assert "No conversations yet" in web.get(overview).content.decode()


def test_it_is_kept_as_markdown_that_is_nothing_but_text(conversation):
    from rag.conversations.exports import as_markdown
    from rag.conversations.sources import shown

    services.rename(conversation=conversation, title="# <b>*Whales*</b>", by=conversation.owner)
    services.ask(conversation=conversation, question=QUESTION, by=conversation.owner)
    found = Conversation.objects.get()
    made = as_markdown(found, shown(found, found.exchanges.all(), found.owner), site="https://library.example")
    assert made.startswith("# \\# \\<b\\>\\*Whales\\*\\</b\\>\n")
    assert f"## {QUESTION}" in made
    assert f"1. “{KRILL}” — p. 1 <https://library.example/books/" in made
    assert escaped("1. a\n- b") == "\\1. a\n\\- b"


def test_a_refusal_keeps_what_was_typed(web, conversation):
    refused = web.post(reverse("conversations:ask", args=[conversation.pk]), {"follow": "x" * 1001})
    assert refused.status_code == 400
    assert "Ask a question of 1 to 1000" in refused.content.decode()
    assert "x" * 1001 in refused.content.decode()
    Tier.objects.update(questions_per_hour=0)
    assert web.post(reverse("conversations:ask", args=[conversation.pk]), {"follow": "Why?"}).status_code == 403


def test_a_page_that_follows_has_a_worker_write_and_can_stop(web, conversation):
    web.post(reverse("conversations:ask", args=[conversation.pk]), {"follow": QUESTION, "live": "yes"})
    exchange = Exchange.objects.get()
    page = seen(web, conversation)
    assert f'data-answer="answers/{exchange.pk}/"' in page
    assert "js/answers.js" in page
    part = web.get(reverse("conversations:answer", args=[exchange.pk])).content.decode()
    assert "The answer is being written." in part
    stopped = web.post(reverse("conversations:stop", args=[exchange.pk]), follow=True).content.decode()
    assert "You stopped this before there was an answer." in stopped


def test_pages_are_their_readers_own(client, conversation):
    exchange = services.ask(conversation=conversation, question=QUESTION, by=conversation.owner)
    pages = [
        ("get", "conversation", conversation.pk),
        ("get", "export", conversation.pk),
        ("get", "delete", conversation.pk),
        ("get", "answer", exchange.pk),
        ("post", "ask", conversation.pk),
        ("post", "rename", conversation.pk),
        ("post", "stop", exchange.pk),
        ("post", "judge", exchange.pk),
    ]
    for method, name, pk in pages:
        assert getattr(client, method)(reverse(f"conversations:{name}", args=[pk])).status_code == 302
    client.force_login(make_librarian())
    for method, name, pk in pages:
        assert getattr(client, method)(reverse(f"conversations:{name}", args=[pk])).status_code == 404, name


def test_page_takes_as_many_queries_for_a_long_conversation(web, conversation, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    services.ask(conversation=conversation, question=QUESTION, by=conversation.owner)
    seen(web, conversation)
    with CaptureQueriesContext(connection) as taken:
        seen(web, conversation)
    for question in (QUESTION, "Bread rises because of what gas?", "And why?"):
        services.ask(conversation=conversation, question=question, by=conversation.owner)
    with django_assert_num_queries(len(taken)):
        seen(web, conversation)


def test_removed_source_is_said_on_the_page(web, conversation):
    services.ask(conversation=conversation, question=QUESTION, by=conversation.owner)
    answer_from(conversation.document, [BREAD])
    assert "1 · source removed" in seen(web, conversation)
    conversation.document.book.delete()
    assert "no longer in the library" in seen(web, conversation)


# -- writers in their own words ---------------------------------------------------------------------------------------


def test_prose_is_drawn_with_its_marks_as_links_and_its_sources_below(web, document, monkeypatch):
    text = "Whales **eat** <script>krill</script> [{0}], `x[1]`.\n\n![x](https://evil.example/p.png) More [{0}]."
    monkeypatch.setattr(answers, "WRITER", ScriptedWriter(text))
    for page in (
        web.get(f"/books/{document.book_id}/ask/", {"question": QUESTION}).content.decode(),
        begin(web, document),
    ):
        html5lib.HTMLParser(strict=True).parse(page)
        assert "<strong>eat</strong> &lt;script&gt;krill&lt;/script&gt;" in page
        assert re.search(r'<a class="cite" href="/books/\d+/pages/1/\?mark=0-\d+#mark" title="p. 1">1</a>', page)
        assert "<code>x[1]</code>" in page
        assert f"“{KRILL}”" in page
        assert "evil.example" not in page
        assert "<script>krill" not in page


@pytest.mark.parametrize("writer", [EchoWriter(), ObedientWriter()])
def test_doubles_at_their_worst_show_nothing_but_the_book(writer, web, api, document, monkeypatch):
    monkeypatch.setattr(answers, "WRITER", writer)
    page = web.get(f"/books/{document.book_id}/ask/", {"question": QUESTION}).content.decode()
    body = api.post(f"/api/v1/rag/books/{document.book_id}/query/", {"question": QUESTION}).json()
    shown = page + body["answer"]
    for secret in ("evil.example", "&lt;&lt;&lt;", "<<<", "[99]", "“The author was paid"):
        assert secret not in shown
    numbers = {int(number) for number in re.findall(r"\[(\d+)\]", body["answer"])}
    assert numbers == {source["number"] for source in body["sources"]}
    assert all(source["quote"] == KRILL for source in body["sources"])


# -- over the API -----------------------------------------------------------------------------------------------------


def test_api_holds_a_whole_conversation(api, document):
    begun = api.post("/api/v1/rag/conversations/", {"book": document.book_id, "question": QUESTION})
    assert (begun.status_code, begun.json()["title"], begun.json()["book"]) == (201, QUESTION, document.book_id)
    address = f"/api/v1/rag/conversations/{begun.json()['id']}/"
    first = api.post(f"{address}ask/", {"question": QUESTION}).json()
    assert (first["number"], first["state"], first["answer"]) == (1, "done", f"{KRILL} [1]")
    assert first["sources"][0]["removed"] is False
    second = api.post(f"{address}ask/", {"question": "And why?"}).json()
    assert second["searched"].startswith("And why? (")
    later = api.post(f"{address}ask/", {"question": "Bread rises because of what gas?", "wait": False})
    assert (later.status_code, later.json()["state"], later.json()["answer"]) == (202, "waiting", "")
    assert api.post(f"{address}ask/", {"question": "Who?"}).json()["code"] == "still_answering"
    assert api.post(f"/api/v1/rag/answers/{later.json()['id']}/stop/").json()["state"] == "stopped"
    judged = api.post(f"/api/v1/rag/answers/{first['id']}/judge/", {"was_right": False, "why": "Too short"}).json()
    assert (judged["was_right"], judged["why"]) == (False, "Too short")
    assert api.patch(address, {"title": "Whales"}).json()["title"] == "Whales"
    whole = api.get(address).json()
    assert [one["number"] for one in whole["exchanges"]] == [1, 2, 3]
    assert api.get("/api/v1/rag/conversations/").json()["results"][0]["id"] == whole["id"]
    assert api.get(f"{address}export/").content.decode().startswith("# Whales\n")
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_api_refuses_in_the_words_of_its_contract(api, conversation):
    address = f"/api/v1/rag/conversations/{conversation.pk}/"
    for body in ({}, {"question": ""}, {"question": 5}, {"question": "x" * 1001}):
        assert api.post(f"{address}ask/", body, format="json").json()["code"] == "invalid"
    assert api.patch(address, {"title": ""}).json()["fields"]["title"]
    assert api.post("/api/v1/rag/conversations/", {"book": 0, "question": "?"}).status_code == 400
    assert api.post("/api/v1/rag/conversations/", {"book": 999999, "question": "?"}).status_code == 404
    stranger = APIClient()
    assert stranger.get(address).status_code == 401
    stranger.force_authenticate(make_user())
    assert [stranger.get(address).status_code, stranger.delete(address).status_code] == [404, 404]


def test_events_are_given_to_clients_that_take_nothing_else(api, conversation):
    exchange = services.ask(conversation=conversation, question=QUESTION, by=conversation.owner)
    stream = api.get(f"/api/v1/rag/answers/{exchange.pk}/events/", HTTP_ACCEPT="text/event-stream")
    assert (stream.status_code, stream["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    other = APIClient()
    other.force_authenticate(make_user())
    refused = other.get(f"/api/v1/rag/answers/{exchange.pk}/events/", HTTP_ACCEPT="text/event-stream")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
