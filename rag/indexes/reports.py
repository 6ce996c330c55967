"""How the indexes of the library stand, in sentences: for the admin, the commands, the log and the checks."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rag.indexes.rebuilding import IndexStanding


def sentence(standing: IndexStanding) -> str:
    """What staff should know; empty where every index is as it should be."""
    if not standing.outdated:
        return ""
    return " ".join(part for part in (_outdated(standing), _way(standing), _unsuccessful(standing)) if part)


def _outdated(standing: IndexStanding) -> str:
    return ngettext(
        "{count} of {all} books answers from an index that was not made by {recipe}.",
        "{count} of {all} books answer from indexes that were not made by {recipe}.",
        standing.outdated,
    ).format(count=standing.outdated, all=standing.indexes, recipe=standing.recipe)


def _way(standing: IndexStanding) -> str:
    if standing.is_running:
        return _("They are indexed anew in the background; {done} of {all} books are done.").format(
            done=standing.done, all=standing.indexes
        )
    if standing.is_stopped:
        return _("Indexing them anew was stopped.")
    if standing.unsuccessful == standing.outdated:
        return ""
    return _("They will be indexed anew in the background.")


def _unsuccessful(standing: IndexStanding) -> str:
    if not standing.unsuccessful:
        return ""
    return ngettext(
        "{count} could not be read again and keeps the index that it has.",
        "{count} could not be read again and keep the indexes that they have.",
        standing.unsuccessful,
    ).format(count=standing.unsuccessful)
