"""Stopping, leaving and failing are three things; and a worker that dies is followed by another."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from accounts.tests.factories import make_user
from library.core.errors import LibraryError
from library.jobs.models import Job, JobState
from library.jobs.tasks import JobRun, perform
from library.live.feeds import FeedEntry
from rag.answers import answer_cache
from rag.answers import services as answers
from rag.conversations import answering, errors, services
from rag.conversations.live import events, feed
from rag.conversations.models import Exchange, ExchangeState
from rag.tests.conversations.said import KRILL, QUESTION, SlowWriter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "GAP", 0.0)


@pytest.fixture
def exchange(conversation) -> Exchange:
    return services.ask_a_worker(conversation=conversation, question=QUESTION, by=conversation.owner)


def write_by(writer: SlowWriter, exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> Exchange:
    monkeypatch.setattr(answers, "WRITER", writer)
    answering.write(exchange.pk)
    exchange.refresh_from_db()
    return exchange


def entries(exchange: Exchange, after: str = "") -> list[Any]:
    return feed.since(exchange.conversation.owner, after=after, pk=exchange.pk)


def write_the_answer(run: JobRun) -> None:
    """As ``rag.conversations.tasks.answer`` does."""
    answering.write(run.job.subject_id)


def said(exchange: Exchange) -> dict[str, Any]:
    assert exchange.answer is not None
    return dict(exchange.answer)


def work(exchange: Exchange) -> Job:
    job = Job.objects.get(kind="answer", subject_id=exchange.pk)
    perform(job.pk, write_the_answer)
    job.refresh_from_db()
    exchange.refresh_from_db()
    return job


def test_a_worker_writes_for_whoever_left(exchange):
    assert exchange.state == "waiting"
    assert work(exchange).state == JobState.DONE
    assert (exchange.state, exchange.answer["text"], exchange.blocks) == ("done", f"{KRILL} [1]", [])


def test_blocks_are_numbered_and_the_last_message_holds_the_whole(exchange, monkeypatch):
    seen: list[Any] = []

    def between(number: int) -> None:
        after = seen[-1].id if seen else ""
        seen.extend(entries(exchange, after))

    write_by(SlowWriter(between), exchange, monkeypatch)
    told = [(one.id, one.body.get("number"), one.body.get("text")) for one in seen]
    assert told[:2] == [("1.0", 0, None), ("1.1", 1, "Part 1 says so [1].")]
    (end,) = entries(exchange, seen[-1].id)
    assert end.is_last
    assert end.body["answer"] == "\n\n".join(f"Part {n} says so [1]." for n in (1, 2, 3))
    assert [source["quote"] for source in end.body["sources"]] == [KRILL]


def test_who_comes_back_gets_what_they_have_not(exchange):
    Exchange.objects.update(state="writing", attempt=2, blocks=["One.", "Two.", "Three."])
    assert [one.body["number"] for one in entries(exchange, "2.1")] == [2, 3]
    assert entries(exchange, "2.3") == []
    assert [one.body["number"] for one in entries(exchange, "1.3")] == [1, 2, 3], "another worker began anew"
    for nonsense in ("", "x", "2", "2.x", "9" * 100):
        assert [one.id for one in entries(exchange, nonsense)] == ["2.1", "2.2", "2.3"]


def test_a_stop_keeps_what_was_there_with_its_sources_and_ends_the_writer(exchange, monkeypatch):
    owner = exchange.conversation.owner

    def between(number: int) -> None:
        if number == 3:
            services.stop(exchange=exchange, by=owner)
            services.put(
                conversation=exchange.conversation, question="Bread rises because of what gas?", by=owner
            )  # blocks nothing

    writer = SlowWriter(between)
    made = write_by(writer, exchange, monkeypatch)
    assert made.state == ExchangeState.STOPPED
    assert said(made)["text"] == "Part 1 says so [1].\n\nPart 2 says so [1]."
    assert said(made)["sources"][0]["quote"] == KRILL
    assert writer.is_closed
    assert services.stop(exchange=made, by=owner).state == ExchangeState.STOPPED
    monkeypatch.setattr(answers, "WRITER", SlowWriter(lambda number: None))
    assert not answers.answer(document=exchange.conversation.document, question=QUESTION, viewer=owner).stopped


def test_a_stop_before_the_first_word_is_no_refusal_of_the_book(exchange, monkeypatch):
    def between(number: int) -> None:
        services.stop(exchange=exchange, by=exchange.conversation.owner)

    made = write_by(SlowWriter(between), exchange, monkeypatch)
    assert (made.state, said(made)["text"], said(made)["supported"]) == ("stopped", "", False)


def test_a_stop_while_it_waits_takes_the_job_away(exchange):
    services.stop(exchange=exchange, by=exchange.conversation.owner)
    job = work(exchange)
    assert (exchange.state, exchange.answer, job.state) == ("stopped", None, JobState.CANCELLED)


def test_what_fails_says_why_and_the_next_question_is_free(exchange, monkeypatch):
    class Full(LibraryError):
        message = "The shelf is full."

    def refuse(**asked: Any) -> Any:
        raise Full

    monkeypatch.setattr(answers, "answer", refuse)
    job = work(exchange)
    assert (exchange.state, exchange.error, job.state) == ("failed", "The shelf is full.", JobState.FAILED)
    (end,) = entries(exchange)
    assert (end.is_last, end.body["error"]) == (True, "The shelf is full.")
    monkeypatch.undo()
    services.ask(
        conversation=exchange.conversation, question="Bread rises because of what gas?", by=exchange.conversation.owner
    )


def test_what_breaks_for_good_fails_with_its_job(exchange, monkeypatch, settings):
    settings.JOB_ATTEMPTS = 1

    def broken(**asked: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(answers, "answer", broken)
    assert work(exchange).state == JobState.FAILED
    assert exchange.state == "failed"
    assert "ZeroDivisionError" in exchange.error


def test_a_worker_that_died_is_followed_by_another_and_its_late_word_counts_no_more(exchange, monkeypatch, settings):
    settings.ANSWER_SECONDS = answer_cache.RESERVE  # that the follower waits for the lock of the first
    second: list[Exchange | None] = []

    def between(number: int) -> None:
        if number == 2 and not second:
            monkeypatch.setattr(answers, "WRITER", SlowWriter(lambda number: None))
            second.append(answering.write(exchange.pk))  # the first has lost its lease meanwhile

    made = write_by(SlowWriter(between), exchange, monkeypatch)
    assert second[0] is not None
    assert (made.state, made.attempt) == ("done", 2)
    assert said(made)["text"].count("Part") == 3


def test_one_that_is_deleted_meanwhile_is_written_for_nobody(exchange, monkeypatch):
    def between(number: int) -> None:
        if number == 2:
            exchange.conversation.delete()

    writer = SlowWriter(between)
    monkeypatch.setattr(answers, "WRITER", writer)
    assert answering.write(exchange.pk) is None
    assert writer.is_closed
    assert not Exchange.objects.exists()


def test_pieces_are_gathered(exchange, monkeypatch):
    """Some ten looks a second at most, however many pieces come."""
    monkeypatch.setattr(answering, "GAP", 10.0)
    now = [0.0]
    Exchange.objects.update(state="writing", attempt=1)
    exchange.refresh_from_db()
    telling = answering._Telling(exchange, clock=lambda: now[0])
    telling("One.")
    for _ in range(50):
        telling("More.")
    assert Exchange.objects.get().blocks == ["One."]
    now[0] = 11.0
    telling("")
    assert len(Exchange.objects.get().blocks) == 51


# -- server-sent events -----------------------------------------------------------------------------------------------


def test_an_event_is_one_line_of_data_whatever_it_says():
    made = events.event(FeedEntry("1.1", {"text": "  two\nlines\r\u2028 é"}))
    assert made == 'id: 1.1\nevent: block\ndata: {"text": "  two\\nlines\\r\u2028 é"}\n\n'


def test_a_stream_ends_with_the_answer_and_is_neither_kept_nor_compressed(exchange, client):
    work(exchange)
    client.force_login(exchange.conversation.owner)
    response = client.get(f"/answers/{exchange.pk}/events/", headers={"Last-Event-ID": "1.0"})
    assert response["Content-Type"].startswith("text/event-stream")
    assert "no-transform" in response["Cache-Control"]
    assert not response.has_header("Content-Encoding")
    assert response.is_async

    found = entries(exchange)

    async def read() -> str:
        return "".join([part async for part in events.stream(exchange.conversation.owner, exchange.pk, "", found)])

    lines = asyncio.run(read()).splitlines()
    assert lines[0] == "retry: 2000"
    assert "event: end" in lines
    body = json.loads(next(line for line in lines if line.startswith("data: "))[6:])
    assert body["answer"] == f"{KRILL} [1]"


def test_nobody_follows_the_answer_of_another(exchange, client):
    client.force_login(make_user())
    assert client.get(f"/answers/{exchange.pk}/events/").status_code == 404
    with pytest.raises(errors.ConversationNotFound):
        feed.since(make_user(), after="", pk=exchange.pk)
