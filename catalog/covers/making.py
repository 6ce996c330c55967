"""The job that makes a cover, and how a cover comes to be made."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from catalog.covers import first_pages, keeping, sources
from catalog.covers.pictures import CoverPictures, is_blank, made_anew
from catalog.locks import lock_book
from catalog.models import Book, BookFile, Cover, CoverSource, CoverState, WhyNone
from library.core.errors import NotFound
from library.jobs import services as jobs
from library.jobs.job_run import JobRun
from library.jobs.models import Job

KIND = "book_cover"
TURNS = 3  # that one job follows a book whose file or ISBN changes under its hands
Watch = Callable[[], None]


@dataclass(frozen=True)
class Found:
    """What was made of ``made_of``, an ISBN or a file's SHA-256: pictures, or why there are none."""

    made_of: str
    what: CoverPictures | WhyNone


@transaction.atomic
def want(*, book: Book, source: CoverSource, by: User | None = None) -> Job:
    """Have a worker make the cover of ``book`` from ``source``; the one that is there is shown until then. Joins
    what is under way."""
    cover, _is_new = Cover.objects.get_or_create(book=book, source=source)
    Cover.objects.filter(pk=cover.pk).update(state=CoverState.WANTED, why_none="", tried_at=timezone.now())
    return jobs.enqueue(kind=KIND, subject=cover, requested_by=by)


def make(run: JobRun) -> None:
    """Make the cover that is the subject of a job: looked up, or of the first page. Done again it changes nothing."""
    for _turn in range(TURNS):
        found = find(run.job.subject_id, watch=run.check_still_held)
        if found is None:
            return
        with run.checkpoint(done=1, total=1):
            if settle(run.job.subject_id, found):
                return


def make_now(cover_id: UUID, *, pause: Watch = lambda: None) -> Cover | None:
    """The same without a job, for commands. Gives the cover as it now is; nothing where its book is gone."""
    for _turn in range(TURNS):
        found = find(cover_id, watch=lambda: None, pause=pause)
        if found is None:
            break
        with transaction.atomic():
            if settle(cover_id, found):
                break
    return Cover.objects.select_related("book").filter(pk=cover_id).first()


def find(cover_id: UUID, *, watch: Watch, pause: Watch = lambda: None) -> Found | None:
    """What the source of this cover has; nothing where the cover is gone or staff uploaded it. Holds no lock."""
    cover = Cover.objects.select_related("book__digital_file").filter(pk=cover_id).first()
    if cover is None or cover.source == CoverSource.UPLOADED:
        return None
    if cover.source == CoverSource.LOOKED_UP:
        numbers = sources.numbers_of(cover.book)
        return Found(made_of(cover), sources.look_up(numbers, pause=pause))
    return Found(made_of(cover), _first_page(cover.book, watch))


def settle(cover_id: UUID, found: Found) -> bool:
    """Keep what was found, inside a transaction. False where the book has another file or ISBN by now."""
    cover = Cover.objects.filter(pk=cover_id).first()
    if cover is None:
        return True
    try:
        lock_book(cover.book_id)
    except NotFound:  # deleted or merged meanwhile, its covers with it
        return True
    cover = Cover.objects.select_related("book__digital_file").filter(pk=cover_id).first()
    if cover is None:
        return True
    if made_of(cover) != found.made_of:
        return False
    if isinstance(found.what, CoverPictures):
        keeping.keep(cover, found.what, made_of=found.made_of)
    else:
        keeping.keep_none(cover, found.what, made_of=found.made_of)
    return True


def made_of(cover: Cover) -> str:
    """What a cover of this source would be made of now: the main ISBN, or the SHA-256 of the file."""
    if cover.source == CoverSource.LOOKED_UP:
        return cover.book.isbn or next(iter(sources.numbers_of(cover.book)), "")
    return cover.book.digital_file.sha256 if cover.book.has_file else ""


def _first_page(book: Book, watch: Watch) -> CoverPictures | WhyNone:
    book_file: BookFile | None = book.digital_file if book.has_file else None
    content = first_pages.drawn(book_file, watch) if book_file else None
    if not content:
        return WhyNone.UNREADABLE
    try:
        pictures = made_anew(io.BytesIO(content), size=len(content))
    except ValidationError:
        return WhyNone.UNREADABLE
    return WhyNone.UNREADABLE if is_blank(pictures.sizes["small"]) else pictures
