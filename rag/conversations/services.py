"""What readers do with conversations: begin, go on, stop, rename, delete."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from library.jobs import services as jobs
from library.jobs.queries import latest as latest_job
from library.live.nudges import nudge
from rag import queries as rag
from rag.answers import services as answers
from rag.conversations import answering, errors, queries
from rag.conversations.live.feed import topic_of
from rag.conversations.models import LONGEST_TITLE, Conversation, Exchange, ExchangeState
from rag.conversations.rewriting.rules import standing_alone
from rag.models import Document
from rag.text.sentences import fold_space

if TYPE_CHECKING:
    from accounts.models import User

MOST_QUESTIONS = 200  # of one conversation
SHORT_TITLE = 80


def begin(*, document: Document, question: str, by: User, at: datetime | None = None) -> Conversation:
    """A new conversation with ``document``, named after its first question, which is not asked yet.

    Errors: ``QuestionInvalid``, ``BookConfidential``, ``DocumentConfidential``, ``IndexNotReady``.
    """
    document.check_visible_to(by)
    rag.live_generation(document)
    at = at or timezone.now()
    title = _shortened(answers.checked(question))
    return Conversation.objects.create(
        owner=by, document=document, about=document.title[:500], title=title, created_at=at, asked_at=at
    )


def _shortened(text: str) -> str:
    return text if len(text) <= SHORT_TITLE else f"{text[: SHORT_TITLE - 1].rsplit(' ', 1)[0]}…"


def ask(*, conversation: Conversation, question: str, by: User) -> Exchange:
    """Ask, and wait for the answer. What is refused leaves nothing behind.

    Errors: those of ``put``, and of ``rag.answers.services.answer``.
    """
    return answering.write_here(put(conversation=conversation, question=question, by=by))


@transaction.atomic
def ask_a_worker(*, conversation: Conversation, question: str, by: User) -> Exchange:
    """Ask, and have a worker write the answer, whoever waits for it. Errors: those of ``put``."""
    exchange = put(conversation=conversation, question=question, by=by)
    jobs.enqueue(kind=answering.KIND, subject=exchange, requested_by=by)
    return exchange


@transaction.atomic
def put(*, conversation: Conversation, question: str, by: User, at: datetime | None = None) -> Exchange:
    """Write a question down, with what it is searched for by; nobody answers it yet.

    Errors: ``QuestionInvalid``, ``ConversationNotFound``, ``ConversationFull``, ``StillAnswering``, ``DocumentGone``,
    ``BookConfidential``, ``IndexNotReady``.
    """
    at = at or timezone.now()
    question = answers.checked(question)
    queries.document_of(conversation, by)
    locked = Conversation.objects.select_for_update(no_key=True).filter(pk=conversation.pk, owner=by).first()
    if locked is None:
        raise errors.ConversationNotFound
    past = list(locked.exchanges.order_by("-number")[: queries.LOOKED_BACK])[::-1]
    _check_next(past)
    locked.asked_at = at
    locked.save(update_fields=["asked_at"])
    return Exchange.objects.create(
        conversation=locked,
        number=past[-1].number + 1 if past else 1,
        question=question,
        searched=standing_alone(question, queries.past_questions(past)),
        language=(get_language() or "en")[:20],
        created_at=at,
    )


def _check_next(past: list[Exchange]) -> None:
    if past and past[-1].number >= MOST_QUESTIONS:
        raise errors.ConversationFull(most=MOST_QUESTIONS)
    if past and past[-1].is_open and not past[-1].stop_asked:
        raise errors.StillAnswering


@transaction.atomic
def stop(*, exchange: Exchange, by: User, at: datetime | None = None) -> Exchange:
    """End an answer by the wish of who asked: what is there by then is kept, and marked. Harmless where it has ended.

    Leaving the page, or losing the line, stops nothing.
    """
    locked = Exchange.objects.select_for_update(no_key=True).filter(pk=exchange.pk, conversation__owner=by).first()
    if locked is None:
        raise errors.ConversationNotFound
    if not locked.is_open:
        return locked
    locked.stop_asked = True
    if locked.state == ExchangeState.WAITING:
        locked.state, locked.ended_at = ExchangeState.STOPPED, at or timezone.now()
        if (job := latest_job(answering.KIND, locked)) is not None:
            jobs.withdraw(job=job)
    locked.save(update_fields=["stop_asked", "state", "ended_at"])
    nudge(topic_of(locked.pk))
    return locked


def rename(*, conversation: Conversation, title: str, by: User) -> Conversation:
    """Give it another title; nothing else ever changes that. Errors: ``TitleInvalid``, ``ConversationNotFound``."""
    title = fold_space(title.replace("\0", ""))
    if not 1 <= len(title) <= LONGEST_TITLE:
        sentence = _("A title has 1 to {most} characters.").format(most=LONGEST_TITLE)
        raise errors.TitleInvalid(sentence, fields={"title": [sentence]})
    if not Conversation.objects.filter(pk=conversation.pk, owner=by).update(title=title):
        raise errors.ConversationNotFound
    conversation.title = title
    return conversation


def delete(*, conversation: Conversation, by: User) -> None:
    """Delete it with all that was said in it; an answer under way is written for nobody any more.

    Errors: ``ConversationNotFound``.
    """
    count, _by_model = Conversation.objects.filter(pk=conversation.pk, owner=by).delete()
    if not count:
        raise errors.ConversationNotFound
