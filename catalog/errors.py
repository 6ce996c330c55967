"""The catalogue's refusals."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from library.core.errors import LibraryError


class BookConfidential(LibraryError):
    """The record may be seen and lent, but its digital content is for staff."""

    code = "book_confidential"
    message = _("The digital content of this book is not open to readers. You can still borrow a copy.")
    status = 403


class IsbnTaken(LibraryError):
    code = "isbn_taken"
    message = _("Another book already has the ISBN {isbn}: {title}. Add a copy to that book instead.")


class BarcodeTaken(LibraryError):
    code = "barcode_taken"
    message = _("Another copy already has the barcode {barcode}.")


class BookInUse(LibraryError):
    code = "book_in_use"
    message = _("This book cannot be deleted: it still has {what}.")


class CopyInCirculation(LibraryError):
    """Circulation owns the status of a copy while a loan or a hold is bound to it."""

    code = "copy_in_circulation"
    message = _("Copy {barcode} is {status}. Settle that at the desk before its status is changed here.")


class CopyInUse(LibraryError):
    code = "copy_in_use"
    message = _("Copy {barcode} has a history of loans or holds and cannot be deleted. Withdraw it instead.")


class SearchTookTooLong(LibraryError):
    code = "search_took_too_long"
    message = _("This search took too long. Ask with fewer or rarer words, or try again in a minute.")
    status = 503
