"""What was unusual about a file that could be read all the same, in sentences for the librarian who added it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rag.models import IndexGeneration, PageSource

MOST_NAMED = 20  # pages, or parts of a file
LEAST_SLUGS, SLUGS = 3, 0.5  # pages, and share of a book's, with text off the page: file names and dates for printers


def note_of(generation: IndexGeneration) -> str:
    """All of it; empty where nothing was unusual."""
    noted = generation.pages.exclude(notes=[]).order_by("number").values_list("number", "notes")
    by_code: dict[str, list[int]] = {}
    for number, notes in noted:
        for code in notes:
            by_code.setdefault(code, []).append(number)
    said = [_("The file was damaged but whole; it was repaired while reading.")] if _is_repaired(generation) else []
    if missing := generation.facts.get("missing"):
        said.append(_missing(missing))
    if lost := by_code.get("unreadable"):
        said.append(_unreadable(lost))
    if recognised := generation.pages.filter(source=PageSource.OCR).count():
        said.append(
            ngettext(
                "{count} page is a picture; its text was recognised by its looks and may hold mistakes.",
                "{count} pages are pictures; their text was recognised by its looks and may hold mistakes.",
                recognised,
            ).format(count=recognised)
        )
    if failed := by_code.get("not_recognised"):
        said.append(
            ngettext(
                "No text could be recognised in the picture on page {pages}.",
                "No text could be recognised in the pictures on pages {pages}.",
                len(failed),
            ).format(pages=_numbers(failed))
        )
    if unknown := by_code.get("unknown_writing"):
        said.append(
            ngettext(
                "The picture on page {pages} was left out: its writing is none that can be recognised here.",
                "The pictures on pages {pages} were left out: their writing is none that can be recognised here.",
                len(unknown),
            ).format(pages=_numbers(unknown))
        )
    if hidden := by_code.get("hidden_text"):
        said.append(
            ngettext(
                "Text that nobody can see was left out on page {pages}.",
                "Text that nobody can see was left out on pages {pages}.",
                len(hidden),
            ).format(pages=_numbers(hidden))
        )
    off_page = by_code.get("off_page", [])
    if 0 < len(off_page) < max(LEAST_SLUGS, SLUGS * generation.page_count):  # on more it is what printers need
        said.append(
            ngettext(
                "Text beyond the edges of page {pages} was left out.",
                "Text beyond the edges of pages {pages} was left out.",
                len(off_page),
            ).format(pages=_numbers(off_page))
        )
    if unordered := by_code.get("unordered"):
        said.append(
            ngettext(
                "The order of the lines on page {pages} could not be told; they may be mixed up.",
                "The order of the lines on pages {pages} could not be told; they may be mixed up.",
                len(unordered),
            ).format(pages=_numbers(unordered))
        )
    return " ".join(said)


def _is_repaired(generation: IndexGeneration) -> bool:
    return "repaired" in generation.facts.get("notes", ())


def _missing(names: Sequence[str]) -> str:
    return ngettext(
        "{count} part of the book is missing from the file or damaged: {names}.",
        "{count} parts of the book are missing from the file or damaged: {names}.",
        len(names),
    ).format(count=len(names), names=_listed(names))


def _unreadable(numbers: Sequence[int]) -> str:
    return ngettext("Page {pages} could not be read.", "Pages {pages} could not be read.", len(numbers)).format(
        pages=_numbers(numbers)
    )


def _numbers(numbers: Sequence[int]) -> str:
    return _listed([str(number) for number in numbers])


def _listed(names: Sequence[str]) -> str:
    named = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return _("{pages} and {count} more").format(pages=named, count=more) if more > 0 else named
