"""Years that are asked for and cannot be."""

from __future__ import annotations

from django.utils.translation import gettext as _

from catalog.search.words.query import EARLIEST, LATEST


def absence(typed: str) -> str:
    """What is said to ``typed``, figures that are no year or years: the year 0, one too far off, or one too many."""
    if not typed.strip("-–0"):
        return _("There is no year 0: 1 BC is followed by 1 AD.")
    sentence = _("“%(typed)s” is no year: ask for one from %(first)d to %(last)d, or for two such as 1990-2000.")
    return sentence % {"typed": typed[:40], "first": EARLIEST, "last": LATEST}
