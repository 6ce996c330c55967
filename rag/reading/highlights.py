"""What readers mark in texts, and note beside it: theirs alone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.models import User
from library.core.background import wake
from rag import errors
from rag.models import Document, Highlight, IndexGeneration, Page
from rag.reading import anchors
from rag.reading.anchors import Anchor
from rag.text.sentences import TextSpan

TASK = "anchor_highlights"
LONGEST_QUOTE, LONGEST_NOTE = 4_000, 10_000
MOST_OF_A_BOOK = 1_000  # of one reader
AT_ONCE = 100  # documents whose highlights one run of the task looks after


@dataclass(frozen=True)
class DrawnHighlight:
    """A highlight and where it stands in the text of the page that is shown."""

    highlight: Highlight
    span: TextSpan


@transaction.atomic
def make(
    *,
    user: User,
    document: Document,
    generation: IndexGeneration,
    page: Page,
    quote: str = "",
    span: TextSpan | None = None,
    note: str = "",
) -> Highlight:
    """Mark a stretch of a page: ``span`` of its text, or where ``quote`` stands (nearest to ``span``, if both are
    given and differ). The same stretch marked again keeps its one row, and takes the note if there is one.

    Errors: ``QuoteNotOnPage``, ``QuoteTooLong``, ``TooManyHighlights``.
    """
    found = _span(page.text or "", quote, span)
    if found.end - found.start > LONGEST_QUOTE:
        raise errors.QuoteTooLong(most=LONGEST_QUOTE)
    # One after the other for one reader and text, so that two presses of one button make one row.
    Document.objects.select_for_update(no_key=True).get(pk=document.pk)
    own = Highlight.objects.filter(user=user, document=document)
    same = own.filter(page=page.number, start=found.start, end=found.end, found_in=generation).first()
    if same is not None:
        return change_note(highlight=same, note=note) if note else same
    if own.count() >= MOST_OF_A_BOOK:
        raise errors.TooManyHighlights(most=MOST_OF_A_BOOK)
    anchor = anchors.anchor_at(page.number, page.text or "", found)
    return Highlight.objects.create(
        user=user,
        document=document,
        found_in=generation,
        quote=anchor.quote,
        before=anchor.before,
        behind=anchor.behind,
        page=page.number,
        start=found.start,
        end=found.end,
        note=note,
    )


def change_note(*, highlight: Highlight, note: str) -> Highlight:
    """Write another note beside it; an empty one takes it away."""
    highlight.note = note
    highlight.save(update_fields=["note", "changed_at"])
    return highlight


def own(user: User) -> QuerySet[Highlight]:
    """All that ``user`` marked in texts that they may still read, by text and place."""
    seen = Highlight.objects.filter(user=user, document__in=Document.objects.visible_to(user))
    return seen.select_related("document__book").order_by("document__book__title", "document", "page", "start", "id")


def own_one(user: User, highlight_id: UUID) -> Highlight:
    """Errors: ``HighlightNotFound``, also for those of others."""
    found = Highlight.objects.select_related("document__book").filter(user=user, pk=highlight_id).first()
    if found is None:
        raise errors.HighlightNotFound
    return found


def on_page(user: User, document: Document, page: Page) -> list[DrawnHighlight]:
    """What ``user`` marked on the page, so far as its words stand there; one query."""
    found = Highlight.objects.filter(user=user, document=document, page=page.number, is_lost=False)
    drawn = [(highlight, _place_on(highlight, page.text or "")) for highlight in found]
    return [DrawnHighlight(highlight, span) for highlight, span in drawn if span is not None]


def keep(*, document: Document, kept: Document) -> None:
    """``document`` goes, for its book is one with that of ``kept``: there its highlights are looked for."""
    Highlight.objects.filter(document=document).update(document=kept, found_in=None)


def look_again() -> int:
    """Find the highlights of texts that were read anew since; how many were looked for."""
    moved = Highlight.objects.filter(document__live_generation__isnull=False).filter(
        Q(found_in=None) | ~Q(found_in=F("document__live_generation"))
    )
    documents = list(moved.order_by("document").values_list("document", flat=True).distinct()[:AT_ONCE])
    return sum(_look_again_in(document) for document in documents)


def wake_looking() -> None:
    """A text was read anew: have its highlights looked for soon. The row says so too, to whoever comes by."""
    transaction.on_commit(lambda: wake.wake(TASK, expires=60))


@transaction.atomic
def _look_again_in(document_id: UUID) -> int:
    document = Document.objects.select_related("live_generation").get(pk=document_id)
    generation = document.live_generation
    if generation is None:
        return 0
    found = list(Highlight.objects.select_for_update(no_key=True).filter(document=document))
    pages = {number: text or "" for number, text in generation.pages.values_list("number", "text")}
    for highlight in found:
        _move(highlight, generation, pages)
    Highlight.objects.bulk_update(found, ["found_in", "page", "start", "end", "is_lost"])
    return len(found)


def _move(highlight: Highlight, generation: IndexGeneration, pages: dict[int, str]) -> None:
    anchor = _anchor(highlight)
    place = anchors.holds_at(anchor, pages.get(anchor.page, "")) or anchors.locate(anchor, pages.items())
    highlight.found_in, highlight.is_lost = generation, place is None
    if place is not None:
        highlight.page, highlight.start, highlight.end = place.page, place.span.start, place.span.end


def _anchor(highlight: Highlight) -> Anchor:
    return Anchor(highlight.quote, highlight.before, highlight.behind, highlight.page, highlight.start)


def _place_on(highlight: Highlight, text: str) -> TextSpan | None:
    """Where it stands on its page; looked for where the text is another one than it was found in."""
    span = TextSpan(highlight.start, highlight.end)
    if span.of(text) == highlight.quote:
        return span
    place = anchors.locate(_anchor(highlight), [(highlight.page, text)])
    return place.span if place is not None else None


def _span(text: str, quote: str, span: TextSpan | None) -> TextSpan:
    """The stretch that is meant, without white space at its ends. Errors: ``QuoteNotOnPage``."""
    if quote.strip():
        near = Anchor(quote.strip(), "", "", 1, span.start if span is not None else 0)
        if span is None or not 0 <= span.start < span.end <= len(text) or span.of(text).strip() != quote.strip():
            place = anchors.locate(near, [(1, text)])
            span = place.span if place is not None else None
    if span is None or not 0 <= span.start < span.end <= len(text):
        raise errors.QuoteNotOnPage
    chosen = span.of(text)
    start = span.start + len(chosen) - len(chosen.lstrip())
    if not chosen.strip():
        raise errors.QuoteNotOnPage
    return TextSpan(start, start + len(chosen.strip()))
