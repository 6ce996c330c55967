"""From a file to the text of its pages: read, recognised where they are pictures, and cleaned.

The state is the rows: a page that was read keeps its ``layout`` until the text of all pages and the sections are made.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from library.core import languages
from library.jobs.errors import YieldJob
from rag import errors
from rag.ingest import stored_file
from rag.ingest.build import CLEANED, READ, RECOGNISED, Build
from rag.ingest.cleaning import Survey
from rag.ingest.formats import flowing
from rag.ingest.model import clean
from rag.ingest.model.clean import CleanPage, packed_boxes
from rag.ingest.model.raw import Facts, OutlineMark, RawPage, packed, unpacked
from rag.ingest.sandbox import answers
from rag.ingest.sandbox.pool import ReaderPool
from rag.ingest.structure.sections import sections
from rag.ingest.writing.unread import unread
from rag.models import IndexGeneration, Page, PageSource, Section

log = logging.getLogger(__name__)
PAGES_AT_ONCE = 32
LONGEST_UNSAVED = 2.0  # seconds of reading that a kill may cost
SLOW = "slow_to_open"
NEEDS_OCR, NOT_RECOGNISED, UNREADABLE = "needs_ocr", "not_recognised", "unreadable"
UNKNOWN_WRITING = "unknown_writing"


def read_pages(build: Build) -> None:
    """Every page as the file has it, a range of pages at a time. Errors: every ``DocumentUnreadable``."""
    generation = build.generation
    have = generation.pages.count()
    if generation.page_count and have == generation.page_count:
        return
    with stored_file.opened(build.book_file, build.check_still_held, build.note_peak_memory) as reader:
        facts = _opened(build, reader)
        total = facts.pages
        message = _("Reading page {n} of {all}")
        with build.checkpoint(READ * have / total, message.format(n=have + 1, all=total)):
            generation.page_count, generation.facts = total, asdict(facts)
            generation.save(update_fields=["page_count", "facts"])
        survey = Survey()
        for pages in _batches(_seen(reader.pages(range(have + 1, total + 1)), survey)):
            number = pages[-1].number
            with build.checkpoint(READ * number / total, message.format(n=number, all=total)):
                Page.objects.bulk_create(_row(generation, page) for page in pages)
    if not have and not _waiting_for_ocr(generation).exists():
        build.survey = survey


def _opened(build: Build, team: ReaderPool) -> Facts:
    """What the file says of itself. One that is slow to open while others wait is put behind them, once.

    Errors: every ``DocumentUnreadable``; ``YieldJob``.
    """
    generation = build.generation
    is_first = not generation.facts.get(SLOW) and build.others_wait()
    try:
        return team.open(at_most=settings.READER_FIRST_SECONDS if is_first else None)
    except errors.FileTooSlow:
        if not is_first:
            raise
    with build.checkpoint(0, _("Opening the file")):
        generation.facts = {SLOW: True}
        generation.save(update_fields=["facts"])
    raise YieldJob


def recognise_pages(build: Build) -> None:
    """The pages that are only pictures, by their characters' looks. A page of which nothing is made out stays empty."""
    waiting = _waiting_for_ocr(build.generation).order_by("number")
    numbers = list(waiting.values_list("number", flat=True))
    if not numbers:
        return
    if unread_language(build.generation):
        with build.checkpoint(RECOGNISED, _("Leaving out pictures of pages")):
            _leave_out(waiting)
        return
    with stored_file.pictures(build.book_file, build.check_still_held, build.note_peak_memory) as reader:
        with build.checkpoint(READ, _("Recognising page {n} of {all}").format(n=1, all=len(numbers))):
            pass
        began = time.monotonic()
        try:
            for done, page in enumerate(_seen(reader.pages(numbers)), start=1):
                message = _("Recognising page {n} of {all}").format(n=done, all=len(numbers))
                with build.checkpoint(READ + (RECOGNISED - READ) * done / len(numbers), message):
                    _recognised(build.generation, page)
                if done < len(numbers):
                    build.yield_if_others_wait(since=began)
        except errors.DocumentUnreadable as refusal:  # what can be read without it is worth more than nothing
            log.warning("Pages of document %s could not be recognised: %s", build.document.pk, refusal)
            with build.checkpoint(RECOGNISED, _("Some pages could not be recognised")):
                for row in waiting.all():
                    _recognised(build.generation, answers.unreadable(row.number, "broken"))


def unread_language(generation: IndexGeneration) -> str:
    """The code of the language of its pictures where the recogniser does not know its writing; else nothing."""
    return unread(str(generation.facts.get("language", "")), generation.document.language)


def _leave_out(waiting: QuerySet[Page]) -> None:
    """Pages whose writing nobody here can recognise stay empty, and say why."""
    rows = list(waiting.only("number", "width", "height", "label", "notes"))
    for row in rows:
        row.notes = [note for note in row.notes if note != NEEDS_OCR] + [UNKNOWN_WRITING]
        row.layout = packed(RawPage(width=row.width, height=row.height, label=row.label, notes=row.notes))
        row.source = PageSource.NONE
    Page.objects.bulk_update(rows, ["layout", "source", "notes"], batch_size=PAGES_AT_ONCE)


def clean_pages(build: Build) -> None:
    """The text that readers see, and the sections. Running headers and footers are known only when all are read.

    Errors: ``NoText``, ``PagesUnreadable``, ``WritingUnknown``.
    """
    generation = build.generation
    if not generation.pages.exclude(layout=None).exists():
        return
    survey, build.survey = build.survey or _surveyed(build), None  # not kept while the passages are made
    found = sections(marks(generation), _cleaned(build, survey))
    if not generation.pages.exclude(text="").exists():
        raise _without_text(generation)
    with build.checkpoint(CLEANED, _("Leaving out running headers and footers")):
        generation.sections.all().delete()
        Section.objects.bulk_create(
            Section(
                generation=generation,
                ordinal=ordinal,
                level=section.level,
                title=section.title[:300],
                path=[title[:300] for title in section.path],
                page=section.page,
                start=section.start,
            )
            for ordinal, section in enumerate(found)
        )
        generation.pages.update(layout=None)


def _without_text(generation: IndexGeneration) -> errors.DocumentUnreadable:
    """Why no page has text."""
    if generation.pages.filter(notes__contains=[UNKNOWN_WRITING]).exists():
        return errors.WritingUnknown(language=languages.word(unread_language(generation)))
    whole = generation.pages.filter(notes__contains=[UNREADABLE]).count() == generation.page_count
    return errors.PagesUnreadable() if whole else errors.NoText()


def marks(generation: IndexGeneration) -> tuple[OutlineMark, ...]:
    """The outline that the file brought along."""
    return tuple(OutlineMark(**mark) for mark in generation.facts.get("outline", ()))


def _seen(pages: Iterable[answers.ReadPage], survey: Survey | None = None) -> Iterator[answers.ReadPage]:
    """``pages`` as they come by, while the reading process goes on. What a file that took that process over makes up
    costs its page."""
    for page in pages:
        try:
            raw = unpacked(page.layout)
        except ValueError:
            yield answers.unreadable(page.number, "broken")
        else:
            if survey is not None:
                _see(survey, page.number, raw)
            yield page


def _surveyed(build: Build) -> Survey:
    """Of the pages that are stored, whoever read them."""
    survey = Survey()
    for number, raw in _layouts(build.generation):
        _see(survey, number, raw)
        if number % PAGES_AT_ONCE == 0:
            build.check_still_held()
    return survey


def _see(survey: Survey, number: int, raw: RawPage) -> None:
    if not flowing.is_flowing(raw):
        survey.see(number, raw)


def _waiting_for_ocr(generation: IndexGeneration) -> QuerySet[Page]:
    return generation.pages.filter(notes__contains=[NEEDS_OCR])


def _batches(pages: Iterable[answers.ReadPage]) -> Iterator[list[answers.ReadPage]]:
    """Pages in parcels, each made up once it is large or has taken long."""
    batch: list[answers.ReadPage] = []
    begun = time.monotonic()
    for page in pages:
        batch.append(page)
        if len(batch) >= PAGES_AT_ONCE or time.monotonic() - begun > LONGEST_UNSAVED:
            yield batch
            batch, begun = [], time.monotonic()
    if batch:
        yield batch


def _row(generation: IndexGeneration, page: answers.ReadPage) -> Page:
    return Page(
        generation=generation,
        number=page.number,
        label=page.label,
        layout=page.layout,
        width=page.width,
        height=page.height,
        source=page.source,
        notes=list(page.notes),
    )


def _recognised(generation: IndexGeneration, page: answers.ReadPage) -> None:
    row = generation.pages.get(number=page.number)
    notes = [note for note in row.notes if note != NEEDS_OCR]
    if UNREADABLE in page.notes:
        row.notes, row.source = [*notes, NOT_RECOGNISED], PageSource.NONE
        row.layout = packed(RawPage(width=row.width, height=row.height, label=row.label, notes=row.notes))
    else:
        row.notes = list(dict.fromkeys([*notes, *page.notes]))
        row.layout, row.source = page.layout, PageSource.OCR if page.words else PageSource.NONE
    row.save(update_fields=["layout", "source", "notes"])


def _layouts(generation: IndexGeneration) -> Iterator[tuple[int, RawPage]]:
    """Each page as it was read, a few of them in memory at a time."""
    for row in _rows(generation, "layout"):
        yield row.number, unpacked(bytes(row.layout)) if row.layout is not None else RawPage()


def _rows(generation: IndexGeneration, *names: str) -> Iterator[Page]:
    number = 0
    pages = generation.pages.order_by("number").only("generation", "number", *names)
    while rows := list(pages.filter(number__gt=number)[:PAGES_AT_ONCE]):
        yield from rows
        number = rows[-1].number


def _cleaned(build: Build, survey: Survey) -> Iterator[tuple[int, CleanPage]]:
    """Each page's text, kept in parcels as it goes by."""
    waiting: list[Page] = []
    total = build.generation.page_count

    def keep() -> None:
        number = waiting[-1].number
        with build.checkpoint(
            RECOGNISED + (CLEANED - RECOGNISED) * number / total, _("Leaving out running headers and footers")
        ):
            Page.objects.bulk_update(waiting, ["text", "boxes", "begins"])
        waiting.clear()

    for row, page in survey.over_pages(_one_by_one(build.generation, survey)):
        row.text, row.boxes = page.text, packed_boxes(page.boxes) if page.boxes else None
        row.begins = [list(printed) for printed in page.begins]
        waiting.append(row)
        if len(waiting) >= PAGES_AT_ONCE:
            keep()
        yield row.number, page
    if waiting:
        keep()


def _one_by_one(generation: IndexGeneration, survey: Survey) -> Iterator[tuple[Page, CleanPage]]:
    for row in _rows(generation, "layout"):
        raw = unpacked(bytes(row.layout)) if row.layout is not None else RawPage()
        yield row, flowing.clean(raw) if flowing.is_flowing(raw) else survey.clean(row.number, raw)


def texts(generation: IndexGeneration) -> Iterator[tuple[int, CleanPage]]:
    """The text of each page that is made already, without boxes and headings."""
    for row in _rows(generation, "text"):
        yield row.number, CleanPage(row.text or "")


def sections_of(generation: IndexGeneration) -> list[clean.CleanSection]:
    """The sections that are made already, in order."""
    return [
        clean.CleanSection(row.level, row.title, row.page, row.start, tuple(row.path))
        for row in generation.sections.order_by("ordinal")
    ]
