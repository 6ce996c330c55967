"""Why no study content can be made."""

from django.utils.translation import gettext_lazy as _

from library.core.errors import LibraryError


class NothingToStudy(LibraryError):
    code = "nothing_to_study"
    message = _("The book has no index to study any more. Add its file again.")


class NothingToSummarise(LibraryError):
    code = "nothing_to_summarise"
    message = _("The book holds no sentences that could stand as a summary: it is all tables, listings or fragments.")


class IndexChangesTooOften(LibraryError):
    code = "index_changes"
    message = _(
        "The book was read anew again and again while this was written from it. Start again when it has settled."
    )
