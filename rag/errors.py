"""Why a book cannot be read, or a question not be answered."""

from __future__ import annotations

from string import Formatter
from typing import Any

from django.utils.translation import gettext_lazy as _

from library.core.errors import InvalidInput, LibraryError, NotFound


class DocumentUnreadable(LibraryError):
    """A file from which no index can be made. The sentence is for the librarian who added it."""

    code = "document_unreadable"
    message = _("This file cannot be read.")


class FileMissing(DocumentUnreadable):
    code = "file_missing"
    message = _("The book has no digital file any more, or the file is gone from the library's storage.")


class StoredFileAltered(DocumentUnreadable):
    code = "file_altered"
    message = _("The stored file is not the one that was added: it was changed in the library's storage. Add it again.")


class FileEmpty(DocumentUnreadable):
    code = "file_empty"
    message = _("The file is empty.")


class NotAPdf(DocumentUnreadable):
    code = "not_a_pdf"
    message = _("The file calls itself a PDF but is none. Export it again and replace it.")


class FileOfUnknownKind(DocumentUnreadable):
    code = "file_of_unknown_kind"
    message = _("The file is no PDF, EPUB or plain text, whatever its name says.")


class FileEncrypted(DocumentUnreadable):
    code = "file_encrypted"
    message = _("The PDF opens only with a password. Add a copy that opens without one.")


class FileProtected(DocumentUnreadable):
    code = "file_protected"
    message = _("The EPUB is locked to one reader's device (DRM). Add a copy without that lock.")


class FileCutOff(DocumentUnreadable):
    code = "file_cut_off"
    message = _("The file is cut off: its end is missing, as after a broken download. Add the whole file.")


class FileBroken(DocumentUnreadable):
    code = "file_broken"
    message = _("The file is damaged beyond repair. Export or download it again and replace it.")


class FileBomb(DocumentUnreadable):
    code = "file_bomb"
    message = _("The file unfolds to more memory than the library gives to one book. Export it again, or split it.")


class FileTooManyParts(DocumentUnreadable):
    code = "file_too_many_parts"
    message = _("The EPUB is made of {parts} parts; the library reads at most {most}. Export it again, or split it.")


class FilePartTooLong(DocumentUnreadable):
    code = "file_part_too_long"
    message = _("A chapter of the EPUB is longer than {most} MB, more than the library reads in one piece. Split it.")


class FilePartTooIntricate(DocumentUnreadable):
    code = "file_part_too_intricate"
    message = _(
        "A chapter of the EPUB has more than {most} elements or as many attributes. Export it again, or split it."
    )


class FilePartNotClosed(DocumentUnreadable):
    code = "file_part_not_closed"
    message = _("A chapter of the EPUB opens brackets that it never closes, more than {most} of them. Export it again.")


class FilePartTooSlow(DocumentUnreadable):
    code = "file_part_too_slow"
    message = _("A chapter of the EPUB takes more than {most} seconds to read. Export it again, or split it.")


class FileNestedTooDeeply(DocumentUnreadable):
    code = "file_nested_too_deeply"
    message = _(
        "The EPUB nests more than {most} elements within each other where it tells what it is made of. Export it again."
    )


class FileDeclaresEntities(DocumentUnreadable):
    code = "file_declares_entities"
    message = _(
        "The EPUB declares entities of its own, which the library does not fill in. Export it again without them."
    )


class FileTooSlow(DocumentUnreadable):
    code = "file_too_slow"
    message = _("Reading the file takes longer than the library waits for. Export it again, or split it.")


class FileCrashesReader(DocumentUnreadable):
    code = "file_crashes_reader"
    message = _("The file is built in a way that makes the reading program fail. Export it again and replace it.")


class NoPages(DocumentUnreadable):
    code = "no_pages"
    message = _("The file has no page.")


class TooManyPages(DocumentUnreadable):
    code = "too_many_pages"
    message = _("The file has {pages} pages; the library indexes at most {most}. Split it into volumes.")


class NoText(DocumentUnreadable):
    code = "no_text"
    message = _("No page holds text that can be read, and none could be recognised in the pictures of its pages.")


class WritingUnknown(DocumentUnreadable):
    code = "writing_unknown"
    message = _(
        "Its pages are pictures of text in {language}, and the library recognises only Latin letters, Chinese and "
        "Japanese. Add a file that holds its text; if the language is wrong, set it right and read it anew."
    )


class TooLittleText(DocumentUnreadable):
    code = "too_little_text"
    message = _("The file holds only a few words: too little to answer a question.")


class PagesUnreadable(DocumentUnreadable):
    code = "pages_unreadable"
    message = _("None of its pages can be read. Export or download the file again and replace it.")


class ReaderFault(LibraryError):
    """A mistake of Lyceum's own while it read a file, which is not called damaged for it. ``page``: 0 while opening."""

    code = "reader_fault"
    message = _(
        "Lyceum made a mistake of its own at page {page} of the file; the file may well be sound. The worker's log "
        "tells whoever looks after the library what to report."
    )


DEATHS = {"too_slow": FileTooSlow, "too_large": FileBomb}
OF_A_FILE: dict[str, type[DocumentUnreadable]] = {
    kind.code: kind
    for kind in (
        FileEmpty,
        NotAPdf,
        FileOfUnknownKind,
        FileEncrypted,
        FileProtected,
        FileCutOff,
        FileBroken,
        FileBomb,
        FileTooSlow,
        FileCrashesReader,
        NoPages,
        TooManyPages,
        NoText,
        FileTooManyParts,
        FilePartTooLong,
        FilePartTooIntricate,
        FilePartNotClosed,
        FilePartTooSlow,
        FileNestedTooDeeply,
        FileDeclaresEntities,
    )
}


def of_code(code: str, values: Any) -> DocumentUnreadable:
    """The refusal that the reading process names by its code. What it says beside it is only numbers for sentences."""
    kind = OF_A_FILE.get(code, FileBroken)
    given = values if isinstance(values, dict) else {}
    numbers: dict[str, Any] = {name: int(given[name]) for name in ("pages", "parts", "most") if name in given}
    wanted = {name for _text, name, _format, _conversion in Formatter().parse(str(kind.message)) if name}
    return kind(**numbers) if wanted <= set(numbers) else FileBroken()


def of_death(why: str) -> DocumentUnreadable:
    """The refusal of a file whose reading ends the reading process."""
    return DEATHS.get(why, FileCrashesReader)()


class FileChangesTooOften(DocumentUnreadable):
    code = "file_changes"
    message = _("The file was replaced again and again while it was being read. Start again when it has settled.")


class DocumentConfidential(LibraryError):
    code = "document_confidential"
    message = _("This text is for staff only.")
    status = 403


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


class QuoteNotOnPage(InvalidInput):
    code = "quote_not_on_page"
    message = _("These words do not stand on this page. Mark words of the page, or copy them from its text.")


class QuoteTooLong(InvalidInput):
    code = "quote_too_long"
    message = _("Mark at most {most} signs at once.")


class TooManyHighlights(LibraryError):
    code = "too_many_highlights"
    message = _("You have {most} highlights in this book, and more are not kept. Delete some first.")


class HighlightNotFound(NotFound):
    code = "not_found"
    message = _("There is no such highlight of yours.")
