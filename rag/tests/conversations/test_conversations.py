"""Asking on: what is kept, for whom, and what stays right whatever becomes of the book."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.errors import RateLimited
from accounts.models import Tally, Tier
from accounts.tests.factories import make_librarian, make_user
from catalog.errors import BookConfidential
from catalog.models import Book
from rag import errors as rag_errors
from rag.answers import services as answers
from rag.conversations import errors, queries, services
from rag.conversations.models import Conversation, Exchange
from rag.conversations.sources import shown
from rag.tests.conversations.said import BREAD, KRILL, QUESTION, SONGS
from rag.tests.texts import answer_from, make_text

pytestmark = pytest.mark.django_db


def ask(conversation: Conversation, question: str = QUESTION) -> Exchange:
    return services.ask(conversation=conversation, question=question, by=conversation.owner)


def said(exchange: Exchange) -> dict[str, Any]:
    assert exchange.answer is not None
    return dict(exchange.answer)


def shown_again(exchange: Exchange, viewer=None):
    """As a page shows it after a reload."""
    conversation = Conversation.objects.get(pk=exchange.conversation_id)
    (one,) = shown(conversation, list(conversation.exchanges.all()), viewer or conversation.owner)
    return one


def test_what_is_asked_is_answered_and_kept_in_order(conversation):
    first = ask(conversation)
    second = ask(conversation, "Bread rises because of what gas?")
    assert [(one.number, one.state, one.question) for one in (first, second)] == [
        (1, "done", QUESTION),
        (2, "done", "Bread rises because of what gas?"),
    ]
    assert [said(one)["text"] for one in conversation.exchanges.order_by("number")] == [f"{KRILL} [1]", f"{BREAD} [1]"]


def test_a_follow_up_is_searched_for_with_its_topic_and_another_topic_without(conversation):
    ask(conversation)
    leaning = ask(conversation, "And why?")
    assert leaning.searched == "And why? (blue whales eat sea krill cold)"
    assert said(leaning)["sources"][0]["quote"] == KRILL
    other = ask(conversation, "Bread rises because of what gas?")
    assert other.searched == other.question
    assert not other.is_rewritten
    assert "bread" in ask(conversation, "And how long?").searched


def test_only_what_stands_alone_is_shared_with_others(conversation, document):
    ask(conversation)
    assert answers.answer(document=document, question=QUESTION, viewer=make_user()).cached
    leaning = ask(conversation, "And why?")
    assert not answers.answer(document=document, question=leaning.searched, viewer=make_user()).cached


def test_each_new_answer_counts_and_a_refused_question_leaves_nothing(conversation):
    Tier.objects.update(questions_per_hour=1)
    ask(conversation)
    with pytest.raises(RateLimited):
        ask(conversation, "Bread rises because of what gas?")
    assert conversation.exchanges.count() == 1
    assert Tally.objects.get(kind="questions").count == 1


@pytest.mark.parametrize("question", ["", "  ", "x" * 1001, "why\0?"])
def test_what_is_no_question_is_refused(conversation, question):
    with pytest.raises(rag_errors.QuestionInvalid):
        ask(conversation, question)
    with pytest.raises(rag_errors.QuestionInvalid):
        services.begin(document=conversation.document, question=question, by=conversation.owner)
    assert conversation.exchanges.count() == 0


def test_title_is_the_first_question_until_its_reader_gives_another(conversation):
    assert conversation.title == QUESTION
    services.rename(conversation=conversation, title="  Whales \n again ", by=conversation.owner)
    ask(conversation)
    assert Conversation.objects.get().title == "Whales again"
    long = services.begin(document=conversation.document, question="word " * 100, by=conversation.owner)
    assert len(long.title) <= 80
    assert long.title.endswith("word…")
    for title in ("", " ", "\0", "x" * 201):
        with pytest.raises(errors.TitleInvalid):
            services.rename(conversation=conversation, title=title, by=conversation.owner)


def test_nobody_else_sees_or_changes_it(conversation):
    exchange, other = ask(conversation), make_librarian()
    assert list(queries.conversations_of(other)) == []
    for attempt in (
        lambda: queries.get_conversation(conversation.pk, other),
        lambda: queries.get_exchange(exchange.pk, other),
        lambda: services.ask(conversation=conversation, question="Why?", by=other),
        lambda: services.rename(conversation=conversation, title="Mine", by=other),
        lambda: services.delete(conversation=conversation, by=other),
        lambda: services.stop(exchange=exchange, by=other),
    ):
        with pytest.raises(errors.ConversationNotFound):
            attempt()
    assert Conversation.objects.get().title == QUESTION


def test_sources_are_right_after_the_book_was_read_anew(conversation, django_assert_num_queries):
    exchange = ask(conversation)
    before = shown_again(exchange).answer.sources[0]
    answer_from(conversation.document, ["A new preface comes first, and it is about nothing.", BREAD, f"So. {KRILL}"])
    (source,) = shown_again(exchange).answer.sources
    assert (before.page, source.page) == (1, 3)
    assert source.url == f"/books/{conversation.document.book_id}/pages/3/?mark=4-{4 + len(KRILL)}#mark"
    assert (source.quote, source.number, shown_again(exchange).removed) == (before.quote, 1, frozenset())
    found = queries.get_conversation(conversation.pk, conversation.owner)
    exchanges = list(found.exchanges.all())
    with django_assert_num_queries(2):
        shown(found, exchanges, conversation.owner)


def test_a_source_that_is_gone_is_said_and_the_answer_stays(conversation):
    exchange = ask(conversation)
    answer_from(conversation.document, [BREAD])
    one = shown_again(exchange)
    assert (one.removed, one.answer.sources[0].url, one.answer.text) == ({1}, "", f"{KRILL} [1]")


def test_a_quote_over_two_pages_is_found_again(conversation):
    exchange = ask(conversation)
    half, rest = KRILL[: KRILL.index("cold")].rstrip(), KRILL[KRILL.index("cold") :]
    answer_from(conversation.document, ["Nothing here but words about roads.", half, rest])
    (source,) = shown_again(exchange).answer.sources
    assert (source.page, source.last_page, source.on) == (2, 3, f"0-{len(rest)}")


def test_it_outlives_its_book(conversation):
    exchange = ask(conversation)
    conversation.document.book.delete()
    one = shown_again(exchange)
    assert one.removed == {1}
    assert one.answer.text == f"{KRILL} [1]"
    with pytest.raises(errors.DocumentGone):
        ask(conversation)


def test_nothing_of_a_book_that_was_closed_is_shown(conversation):
    exchange = ask(conversation)
    Book.objects.update(is_public=False)
    assert shown_again(exchange).answer is None
    with pytest.raises(BookConfidential):
        ask(Conversation.objects.get())
    assert shown_again(exchange, make_librarian()).answer is not None


def test_two_questions_at_once_wait_for_each_other(conversation):
    services.put(conversation=conversation, question=QUESTION, by=conversation.owner)
    with pytest.raises(errors.StillAnswering):
        ask(conversation, "Bread rises because of what gas?")


def test_a_full_conversation_says_so(conversation, monkeypatch):
    monkeypatch.setattr(services, "MOST_QUESTIONS", 1)
    ask(conversation)
    with pytest.raises(errors.ConversationFull, match="1 questions"):
        ask(conversation, "Bread rises because of what gas?")


@pytest.mark.django_db(transaction=True)
def test_of_two_questions_in_the_same_moment_one_is_put():
    user = make_user()
    document = make_text([KRILL, SONGS])
    conversation = services.begin(document=document, question=QUESTION, by=user)
    together, refused = threading.Barrier(2), []

    def put() -> None:
        try:
            together.wait(5)
            services.put(conversation=conversation, question=QUESTION, by=user)
        except errors.StillAnswering:
            refused.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=put) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (refused, conversation.exchanges.count()) == ([1], 1)


@pytest.mark.parametrize(
    "values",
    [
        {"number": 0},
        {"state": "odd"},
        {"state": "done", "ended_at": timezone.now()},
        {"state": "stopped"},
        {"ended_at": timezone.now()},
        {"was_right": True},
        {"judged_at": timezone.now()},
        {"why": "because"},
    ],
)
def test_the_database_refuses_what_cannot_be(conversation, values):
    row = {"conversation": conversation, "number": 1, "question": "?", "searched": "?", "created_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Exchange.objects.create(**row | values)
    Exchange.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Exchange.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.update(title="")
