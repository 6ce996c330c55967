"""An answer being written, by a worker or while its reader waits. Leaving changes nothing: it is written and kept.

Stopping, leaving and failing are three things. A stop is asked for in the row, and ends the writer at its next piece;
a worker that dies is followed by another, which begins anew (``attempt``); what fails says why.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from library.core.errors import LibraryError
from library.jobs.models import Job, JobState
from library.live.nudges import nudge
from rag.answers import services as answers
from rag.answers.values import CitedAnswer, packed
from rag.answers.writing import StopWriting
from rag.conversations import queries
from rag.conversations.live.feed import topic_of
from rag.conversations.models import OPEN, Exchange, ExchangeState

log = logging.getLogger(__name__)
KIND = "answer"  # of the jobs that write one; their subject is an ``Exchange``
GAP = 0.1  # seconds between two looks at the row while pieces come


def write_here(exchange: Exchange) -> Exchange:
    """Write it now, for who waits. Errors: those of ``rag.answers.services.answer``; the question goes then."""
    try:
        return write(exchange.pk) or exchange
    except LibraryError:
        Exchange.objects.filter(pk=exchange.pk).delete()
        raise
    except Exception:
        _fail(exchange.pk, _("Something unforeseen went wrong. Ask again."))
        raise


def write(pk: UUID) -> Exchange | None:
    """Write the answer of an exchange that nobody has answered, and give it as it is then; ``None`` where there is
    nothing to do: it is deleted, ended, or in the hands of somebody who began later.

    Errors: those of ``rag.answers.services.answer``, noted in the row as its end.
    """
    exchange = _begun(pk)
    if exchange is None:
        return None
    owner = exchange.conversation.owner
    try:
        with translation.override(exchange.language):
            document = queries.document_of(exchange.conversation, owner)
            made = answers.answer(
                document=document,
                question=exchange.searched,
                viewer=owner,
                is_shared=not exchange.is_rewritten,
                tell=_Telling(exchange),
            )
    except LibraryError as refusal:
        _fail(pk, refusal.detail)
        raise
    return _ended(exchange, made, document.live_generation_id)


@transaction.atomic
def _begun(pk: UUID) -> Exchange | None:
    rows = Exchange.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("conversation__owner", "conversation__document__book").filter(pk=pk, state__in=OPEN)
    exchange = found.select_related("conversation__document__live_generation").first()
    if exchange is None:
        return None
    if exchange.stop_asked:
        _end(exchange.pk, exchange.attempt, state=ExchangeState.STOPPED)
        return None
    exchange.state, exchange.blocks = ExchangeState.WRITING, []
    exchange.attempt += 1
    exchange.save(update_fields=["state", "blocks", "attempt"])
    nudge(topic_of(pk))
    return exchange


class _Telling:
    """Hears the blocks of an answer, and writes them down some ten times a second at most.

    Errors: ``StopWriting`` where its reader asked for the end, deleted it, or another worker has begun it anew.
    """

    def __init__(self, exchange: Exchange, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._row = Exchange.objects.filter(pk=exchange.pk, attempt=exchange.attempt, state=ExchangeState.WRITING)
        self._pk, self._clock = exchange.pk, clock
        self._blocks: list[str] = []
        self._written, self._looked_at = 0, clock() - GAP

    def __call__(self, block: str) -> None:
        self._blocks += [block] if block else []
        if self._clock() - self._looked_at < GAP:
            return
        self._looked_at = self._clock()
        if len(self._blocks) > self._written:
            self._row.update(blocks=self._blocks)
            self._written = len(self._blocks)
            nudge(topic_of(self._pk))
        if self._row.values_list("stop_asked", flat=True).first() is not False:
            raise StopWriting


def _ended(exchange: Exchange, made: CitedAnswer, generation: UUID | None) -> Exchange | None:
    state = ExchangeState.STOPPED if made.stopped else ExchangeState.DONE
    if not _end(exchange.pk, exchange.attempt, state=state, answer=packed(made), generation_id=generation):
        return None
    return Exchange.objects.filter(pk=exchange.pk).first()


def _end(pk: UUID, attempt: int, *, state: ExchangeState, **values: Any) -> bool:
    """Write the end, unless somebody began later, or it has one."""
    row = Exchange.objects.filter(pk=pk, attempt=attempt, state__in=OPEN)
    with transaction.atomic():
        nudge(topic_of(pk))
        return bool(row.update(state=state, blocks=[], ended_at=timezone.now(), **values))


def _fail(pk: UUID, sentence: str) -> None:
    with transaction.atomic():
        nudge(topic_of(pk))
        row = Exchange.objects.filter(pk=pk, state__in=OPEN)
        row.update(state=ExchangeState.FAILED, error=sentence[:500], attempt=F("attempt") + 1, ended_at=timezone.now())


def end_with_job(sender: type[Job], job: Job, **_kwargs: Any) -> None:
    """A job that ended without an answer ends what it was to write."""
    if job.kind != KIND or job.state == JobState.DONE:
        return
    if job.state == JobState.CANCELLED:
        Exchange.objects.filter(pk=job.subject_id, state__in=OPEN).update(
            state=ExchangeState.STOPPED, ended_at=timezone.now()
        )
        nudge(topic_of(job.subject_id))
    else:
        _fail(job.subject_id, job.error or _("Something unforeseen went wrong. Ask again."))
