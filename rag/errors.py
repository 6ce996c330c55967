"""Why a book cannot be read, or a question not be answered."""

from django.utils.translation import gettext_lazy as _

from library.core.errors import InvalidInput, LibraryError, NotFound


class DocumentUnreadable(LibraryError):
    """A file from which no index can be made. The sentence is for the librarian who added it."""

    code = "document_unreadable"
    message = _("This file cannot be read.")


class FileMissing(DocumentUnreadable):
    code = "file_missing"
    message = _("The book has no digital file any more, or the file is gone from the library's storage.")


class NotAPdf(DocumentUnreadable):
    code = "not_a_pdf"
    message = _("The file calls itself a PDF but is none. Export it again and replace it.")


class FileEncrypted(DocumentUnreadable):
    code = "file_encrypted"
    message = _("The PDF opens only with a password. Add a copy that opens without one.")


class FileCutOff(DocumentUnreadable):
    code = "file_cut_off"
    message = _("The PDF is cut off: its end is missing, as after a broken download. Add the whole file.")


class NoPages(DocumentUnreadable):
    code = "no_pages"
    message = _("The PDF has no page.")


class TooManyPages(DocumentUnreadable):
    code = "too_many_pages"
    message = _("The PDF has {pages} pages; the library indexes at most {most}. Split it into volumes.")


class NoText(DocumentUnreadable):
    code = "no_text"
    message = _(
        "No page holds text that can be read: the PDF is probably a scan. Lyceum does not recognise scanned pages "
        "yet; add a version with a text layer."
    )


class ChangesTooOften(DocumentUnreadable):
    code = "file_changes"
    message = _("The file was replaced again and again while it was being read. Start again when it has settled.")


class IndexNotReady(LibraryError):
    """Questions cannot be answered yet. The detail says why, by the index's state."""

    code = "index_not_ready"
    message = _("This book cannot be asked yet.")


class NothingToIndex(LibraryError):
    code = "nothing_to_index"
    message = _("This book has no digital file that could be read.")


class NoIndex(NotFound):
    code = "not_found"
    message = _("This book has no index.")


class QuestionInvalid(InvalidInput):
    code = "invalid"
    message = _("Ask a question of 1 to {most} characters.")


class PageNotFound(NotFound):
    code = "not_found"
    message = _("The book has no such page in the library's index.")
