"""An answer as it is written, through the real server: by socket and as server-sent events, whoever comes and goes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from django.db import transaction
from django.utils import timezone

from accounts.tests.factories import make_user
from catalog.tests.factories import make_book
from library.live.nudges import nudge
from rag.answers.values import CitedAnswer, packed
from rag.conversations.live.feed import topic_of
from rag.conversations.models import Conversation, Exchange
from rag.models import Document
from tests.library.live.conftest import heard, server, session_of

__all__ = ["server"]  # the fixture

pytestmark = pytest.mark.django_db(transaction=True)
ANSWER = CitedAnswer("Why?", "One.\n\nTwo.", True, "w", False, [], [], [], prose="One.\n\nTwo.")


@pytest.fixture
def exchange():
    now = timezone.now()
    reader, document = make_user(), Document.objects.create(book=make_book())
    talk = Conversation.objects.create(
        owner=reader, document=document, about="B", title="T", created_at=now, asked_at=now
    )
    return Exchange.objects.create(
        conversation=talk, number=1, question="Why?", searched="Why?", state="writing", attempt=1, created_at=now
    )


@pytest.fixture
def cookies(client, exchange):
    client.force_login(exchange.conversation.owner)
    return session_of(client)


def written(exchange: Exchange, **values: object) -> None:
    with transaction.atomic():
        Exchange.objects.filter(pk=exchange.pk).update(**values)
        nudge(topic_of(exchange.pk))


def end(exchange: Exchange) -> None:
    written(exchange, state="done", blocks=[], answer=packed(ANSWER), ended_at=timezone.now())


def test_a_socket_that_is_lost_goes_on_where_it_was_and_the_end_holds_the_whole(server, exchange, cookies):
    path = f"answers/{exchange.pk}/"
    with server.open(path, cookies=cookies) as socket:
        assert [heard(socket)["type"], heard(socket)["number"]] == ["welcome", 0]
        written(exchange, blocks=["One."])
        first = heard(socket)
        assert (first["number"], first["text"]) == (1, "One.")
    written(exchange, blocks=["One.", "Two."])
    with server.open(f"{path}?after={first['id']}", cookies=cookies) as socket:
        assert [heard(socket)["type"], heard(socket)["text"]] == ["welcome", "Two."]
        end(exchange)
        last = heard(socket)
        assert (last["state"], last["answer"]) == ("done", "One.\n\nTwo.")


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, object]]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_events_come_one_by_one_and_not_at_the_end(server, exchange, cookies):
    address = f"http://{server.url}/answers/{exchange.pk}/events/"
    headers = {"Cookie": cookies, "Accept-Encoding": "gzip, br", "Last-Event-ID": "1.0"}
    written(exchange, blocks=["One."])
    with httpx.stream("GET", address, headers=headers, timeout=20) as response:
        assert "content-encoding" not in response.headers
        came = events(response.iter_lines())
        assert next(came) == ("block", {"number": 1, "text": "One."})
        end(exchange)  # nobody could have been told before: what came, came while it was written
        name, whole = next(came)
        assert (name, whole["answer"]) == ("end", "One.\n\nTwo.")
        assert list(came) == []
