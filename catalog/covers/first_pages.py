"""Who draws the first page of a file: an app above, which can read files, says so in its ``ready()``."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.module_loading import import_string

from catalog.models import BookFile

Draws = Callable[[BookFile, Callable[[], None]], bytes | None]
_draws: list[str] = []


def register(draws: str) -> None:
    """Let ``draws``, a function by its dotted name, make the picture, in place of whoever did before.

    It gives the picture of the first page, or of the cover that the file names, in any format that
    ``catalog.covers.pictures`` takes; nothing where there is none. It calls its second argument now and then, which may
    raise to stop it.
    """
    _draws[:] = [draws]


def drawn(book_file: BookFile, watch: Callable[[], None]) -> bytes | None:
    """The picture of the first page; nothing where there is none, or nobody who draws it. Workers only."""
    if not _draws:
        return None
    draws: Draws = import_string(_draws[0])
    return draws(book_file, watch)
