"""The catalogue's refusals."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from library.core.errors import LibraryError, Moved, NotFound


class BookConfidential(LibraryError):
    """The record may be seen and lent, but its digital content is for staff."""

    code = "book_confidential"
    message = _("The digital content of this book is for staff only.")
    status = 403


class FileLost(NotFound):
    code = "file_lost"
    message = _("The file of this book is gone from the library's storage. The staff have been told.")


class FileAltered(NotFound):
    code = "file_altered"
    message = _(
        "The stored file of this book is not the one that was added, so it is not shown. The staff have been told."
    )


class NoSuchCover(NotFound):
    code = "no_such_cover"
    message = _("The book has no such cover.")


class IsbnTaken(LibraryError):
    code = "isbn_taken"
    message = _("Another book already has the ISBN {isbn}: {title}. Add a copy to that book instead.")


class BarcodeTaken(LibraryError):
    code = "barcode_taken"
    message = _("Another copy already has the barcode {barcode}.")


class BarcodeIsCard(BarcodeTaken):
    """The desk could not tell the book from the reader."""

    code = "barcode_is_card"
    message = _("{barcode} is the number of a reader’s card. Give the copy another one.")


class BookInUse(LibraryError):
    code = "book_in_use"
    message = _("This book cannot be deleted: it still has {what}.")


class CopyInCirculation(LibraryError):
    """Circulation owns the status of a copy while a loan or a hold is bound to it."""

    code = "copy_in_circulation"
    message = _("Copy {barcode} is {status}. Settle that at the desk before its status is changed here.")


class CopyStillLent(CopyInCirculation):
    """Its loan is open, as that of a copy declared lost is: returning it is the desk's."""

    code = "copy_still_lent"
    message = _("The loan of copy {barcode} is still open. Take the copy back at the desk; then its status may change.")


class CopyInUse(LibraryError):
    code = "copy_in_use"
    message = _("Copy {barcode} has a history of loans or holds and cannot be deleted. Withdraw it instead.")


class SearchTookTooLong(LibraryError):
    code = "search_took_too_long"
    message = _("This search took too long. Ask with fewer or rarer words, or try again in a minute.")
    status = 503


class CopyMoveImpossible(LibraryError):
    """A status that cannot follow the one that the copy has (``catalog.copy_status``)."""

    code = "copy_move_impossible"
    message = _("Copy {barcode} is {status}; from there it cannot become {then}.")


class CategoryCircle(LibraryError):
    """A category would lie within itself."""

    code = "category_circle"
    message = _("{parent} is {name} itself or lies within it, so {name} cannot be a part of it.")


class BookMerged(Moved):
    """The record went into another one, which answers in its place."""

    code = "book_merged"
    message = _("This record was merged into another: {title}.")


class MergeRefused(LibraryError):
    """Two records cannot become one like this."""

    code = "merge_refused"
    message = _("These two cannot be merged.")


class MergeFileUnclear(MergeRefused):
    code = "merge_file_unclear"
    message = _("Both records have a digital file. Choose whose file stays; the other is deleted.")


class MergeIncomplete(MergeRefused):
    """Something hangs on the record that no part of the library takes along."""

    code = "merge_incomplete"
    message = _("Nobody has said yet what becomes of {what} in a merge, so nothing was changed. Tell an administrator.")


class TooManyAtOnce(LibraryError):
    code = "too_many_at_once"
    message = _("At most {limit} records can be changed at once; you chose more. Filter the list first.")
