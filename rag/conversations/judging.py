"""Was this right? What readers say of an answer, and what staff make of it for the evaluation, without the reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath

from django.db import transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from library.search.fold import words
from rag import queries as rag
from rag.conversations import errors
from rag.conversations.models import LONGEST_REASON, Exchange, ExchangeState, JudgedQuestion
from rag.evaluation.golden import pages_with
from rag.models import Document, Page
from rag.text.sentences import fold_space

JUDGED = (ExchangeState.DONE, ExchangeState.STOPPED)
LEAST_CONTENT = 4  # letters of a word that a paraphrased question must not share with the page


@transaction.atomic
def judge(*, exchange: Exchange, was_right: bool, why: str = "", by: User, at: datetime | None = None) -> Exchange:
    """Say of an answer whether it was right, with a line for why; saying it again replaces it.

    Errors: ``NothingToJudge``, ``ConversationNotFound``.
    """
    rows = Exchange.objects.select_for_update(no_key=True)
    locked = rows.filter(pk=exchange.pk, conversation__owner=by).first()
    if locked is None:
        raise errors.ConversationNotFound
    if locked.state not in JUDGED or locked.answer is None:
        raise errors.NothingToJudge
    locked.was_right, locked.why = was_right, fold_space(why.replace("\0", ""))[:LONGEST_REASON]
    locked.judged_at = at or timezone.now()
    locked.save(update_fields=["was_right", "why", "judged_at"])
    return locked


def worst() -> QuerySet[Exchange]:
    """Answers that were found wrong and that nobody has dealt with: what most readers found wrong first. Each has
    ``times``: how often this was said of its question to its document."""
    alike = Exchange.objects.filter(
        was_right=False, searched=OuterRef("searched"), conversation__document=OuterRef("conversation__document")
    )
    count = alike.order_by().values("searched").annotate(times=Count("pk")).values("times")
    found = Exchange.objects.filter(was_right=False).exclude(pk__in=JudgedQuestion.objects.values("made_from"))
    found = found.annotate(times=Coalesce(Subquery(count), 1)).select_related("conversation__document__book")
    return found.order_by("-times", F("judged_at").desc(), "-id")


@transaction.atomic
def make_golden(*, exchange: Exchange, quote: str | None = None, at: datetime | None = None) -> JudgedQuestion:
    """A row of the evaluation set of an answer that was found wrong: ``quote``: the words of the book that do answer;
    ``None``: the book does not say. Once for each answer; it names nobody.

    Errors: ``DocumentGone``, ``IndexNotReady``, ``QuoteNotThere``.
    """
    document = exchange.conversation.document
    if document is None or document.book is None:
        raise errors.DocumentGone
    kind = _kind(document, exchange.searched, quote)
    made, _is_new = JudgedQuestion.objects.get_or_create(
        made_from=exchange.pk,
        defaults={
            "book": _file_name(document),
            "language": document.language,
            "question": exchange.searched,
            "kind": kind,
            "quote": fold_space(quote or ""),
            "made_at": at or timezone.now(),
        },
    )
    return made


def _file_name(document: Document) -> str:
    """The name of the book's file without what its kind is told by, as the evaluation knows it."""
    book_file = rag.file_of(document)
    return PurePath(book_file.original_name).stem[:200] if book_file else str(document.book_id)


def _kind(document: Document, question: str, quote: str | None) -> str:
    if quote is None:
        return "unanswerable"
    generation = rag.live_generation(document)
    pages = dict(Page.objects.filter(generation=generation).values_list("number", "text"))
    found = pages_with(quote, pages.items()) if fold_space(quote) else []
    if not found:
        raise errors.QuoteNotThere
    on_page = set(words(pages[found[0]] or "").split())
    asked = {word for word in words(question).split() if len(word) >= LEAST_CONTENT}
    return "plain" if asked & on_page else "paraphrased"


def golden_lines() -> Iterator[str]:
    """All rows that staff made, as lines of a golden set (``rag.evaluation.golden``)."""
    for row in JudgedQuestion.objects.order_by("made_at", "id").iterator():
        values = {
            "id": f"judged-{row.pk}",
            "book": row.book,
            "language": row.language,
            "question": row.question,
            "kind": row.kind,
            "quote": row.quote,
            "half": row.half,
        }
        yield json.dumps(values, ensure_ascii=False) + "\n"
