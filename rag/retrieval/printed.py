"""What is printed on the pages on which passages stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from sys import maxsize
from uuid import UUID

from django.db.models import Q

from rag.models import Page, Passage
from rag.text.printed_pages import PrintedPages, spanned


def printed_on(passage: Passage, pages: Mapping[int, PrintedPages]) -> str:
    """The number printed where ``passage`` stands, or the first and last of several (*101–102*); empty where the file
    says none. ``pages``: its first and last page, by number."""
    first, last = passage.first_page, passage.last_page
    return spanned(
        pages.get(number, PrintedPages()).at(
            passage.start if number == first else 0, passage.end if number == last else maxsize
        )
        for number in (first, last)
    )


def printed_on_each(passages: Sequence[Passage]) -> dict[int, str]:
    """``printed_on`` of each passage, by its id; one query."""
    numbers: dict[UUID, set[int]] = {}
    for passage in passages:
        numbers.setdefault(passage.generation_id, set()).update((passage.first_page, passage.last_page))
    pages: dict[UUID, dict[int, PrintedPages]] = {generation: {} for generation in numbers}
    if numbers:
        wanted = reduce(or_, (Q(generation=one, number__in=those) for one, those in numbers.items()))
        rows = Page.objects.filter(wanted).order_by().values_list("generation", "number", "label", "begins")
        for generation, number, label, begins in rows:
            pages[generation][number] = PrintedPages(label, begins)
    return {passage.pk: printed_on(passage, pages[passage.generation_id]) for passage in passages}
