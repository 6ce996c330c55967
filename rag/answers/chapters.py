"""What a chapter is about: sentences of its own summary, or those that open it and its sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.answers.choosing.asked_for import asked_for
from rag.answers.choosing.chapters import SUMMARY, TitledPart, end_of, meant
from rag.answers.choosing.choose import MOST
from rag.answers.evidence import quotable
from rag.answers.ports import Statement
from rag.answers.quotable import QuotableSentence
from rag.models import Document, IndexGeneration, Page
from rag.text import passage_parts
from rag.text.printed_pages import PrintedPages
from rag.text.sentences import fold_space, leans

MOST_SECTIONS = 5_000
OPENING = 1_500  # letters in which the first sentence of a part stands


@dataclass(frozen=True)
class ToldChapter:
    """Sentences on a chapter, and the pages on which they stand."""

    statements: list[Statement]
    pages: Mapping[int, str]
    printed: Mapping[int, PrintedPages]


def told(document: Document, generation: IndexGeneration, question: str) -> ToldChapter | None:
    """What ``question`` wants to know of a chapter; ``None`` where it asks of none that the text has. Two queries."""
    language = generation.language or document.language
    asked = asked_for(question, language)
    if asked.kind != "chapter":
        return None
    rows = generation.sections.order_by("ordinal").values_list("title", "level", "page", "start")[:MOST_SECTIONS]
    parts = [TitledPart(*row) for row in rows]
    place = meant(asked.about, parts)
    if place is None:
        return None
    wanted = _to_be_quoted(place, parts)
    numbers = {number for one, _behind in wanted for number in (one.page, one.page + 1)}
    found = list(Page.objects.filter(generation=generation, number__in=numbers).order_by("number"))
    pages = {page.number: page.text or "" for page in found}
    sentences = list(_sentences(wanted, pages, language))[:MOST]
    statements = [Statement(fold_space(one.text), one, 0.0) for one in sentences]
    return ToldChapter(statements, pages, {page.number: PrintedPages(page.label, page.begins) for page in found})


def _to_be_quoted(place: int, parts: Sequence[TitledPart]) -> list[tuple[TitledPart, TitledPart | None]]:
    """The parts that say what the one at ``place`` is about, each with what stands behind it: its summary, else it and
    the first of its sections."""
    end = end_of(place, parts)
    own = [(parts[index], parts[index + 1] if index + 1 < len(parts) else None) for index in range(place, end)]
    summaries = [pair for pair in own[1:] if SUMMARY.match(pair[0].title)]
    return summaries[-1:] or own[: MOST + 1]


def _sentences(
    wanted: Sequence[tuple[TitledPart, TitledPart | None]], pages: Mapping[int, str], language: str
) -> Iterator[QuotableSentence]:
    """All of a summary, else the first sentence of each part that leans on nothing."""
    is_summary = len(wanted) == 1 and SUMMARY.match(wanted[0][0].title) is not None
    for part, behind in wanted:
        found = [one for one in _of(part, behind, pages, language) if not one.is_list]
        yield from found if is_summary else [one for one in found if not leans(fold_space(one.text))][:1]


def _of(part: TitledPart, behind: TitledPart | None, pages: Mapping[int, str], language: str) -> list[QuotableSentence]:
    """The quotable sentences at the beginning of a part, up to what stands ``behind`` it."""
    text = pages.get(part.page, "")
    is_here = behind is not None and behind.page == part.page
    end = behind.start if behind is not None and is_here else len(text)
    last = part.page if is_here or end - part.start > OPENING or part.page + 1 not in pages else part.page + 1
    if last != part.page:
        end = min(behind.start if behind is not None and behind.page == last else OPENING, len(pages[last]))
    placed_parts = passage_parts.parts(part.page, part.start, last, end, pages)
    whole = passage_parts.joined(placed_parts, pages)
    placed = list(passage_parts.sentences(placed_parts, whole, language))
    return quotable(placed, pages, passage=0, score=0.0, heading=part.title)
