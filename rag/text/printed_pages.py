"""The numbers that are printed on pages, and how a place in a book is named by them. Pure, but for the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class PrintedPages:
    """What is printed on a page of the file: its number (*iv*), or the one that runs as it begins; and which further
    ones begin on it, by their offsets in its text (a page of an EPUB is none of the printed book)."""

    label: str = ""
    begins: Sequence[tuple[int, str]] = ()

    def at(self, start: int, end: int) -> str:
        """The number of the stretch ``start:end``, or of its first and last page (*101–102*); empty where none is."""
        first = self._running_at(start)
        return spanned([first, self._running_at(max(start, end - 1))])

    def _running_at(self, offset: int) -> str:
        return next((number for begin, number in reversed(self.begins) if begin <= offset), self.label)


def spanned(numbers: Iterable[str]) -> str:
    """The first and the last of ``numbers``, those that are known."""
    known = [number for number in numbers if number]
    if not known:
        return ""
    first, last = known[0].partition("–")[0], known[-1].rpartition("–")[2]
    return first if first == last else f"{first}–{last}"


def place_of(page: int, last_page: int, printed: str) -> str:
    """How a place is named to people: by the printed page where there is one, and by that of the file, which is what
    can be opened."""
    in_file = str(page) if page == last_page else f"{page}–{last_page}"
    if not printed or printed == in_file:
        return (_("p. {page}") if page == last_page else _("pp. {page}")).format(page=in_file)
    if page == last_page:
        return _("p. {printed}, page {page} of the file").format(printed=printed, page=page)
    return _("p. {printed}, pages {page} of the file").format(printed=printed, page=in_file)
