"""Every refusal about people and their codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from library.core.errors import LibraryError

if TYPE_CHECKING:
    from accounts.models import Patron


class CodeTooSoon(LibraryError):
    """``retry_after``: seconds until another code may be asked for."""

    code = "code_too_soon"
    message = _("A code was asked for less than a minute ago. Look at your mail, or try again in {seconds} s.")
    status = 429

    def __init__(self, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(seconds=retry_after)


class RateLimited(LibraryError):
    """Something was tried more often than its limit allows. ``retry_after``: seconds until it may be tried again."""

    code = "rate_limited"
    message = _("That was too often in too short a time. It is possible again in {wait}.")
    status = 429
    template = "accounts/slow_down.html"

    def __init__(self, *, retry_after: int) -> None:
        self.retry_after = retry_after
        self.until = timezone.now() + timedelta(seconds=retry_after)
        super().__init__(wait=_wait(retry_after))


class LockedOut(RateLimited):
    """Too many wrong passwords or codes for one address, whether or not it has an account."""

    code = "locked_out"
    message = _("There were too many wrong passwords or codes. Signing in is possible again in {wait}.")


def _wait(seconds: int) -> str:
    if seconds <= 90:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = ceil(seconds / 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


class CodeRefused(LibraryError):
    """A code that opens nothing; its sentence stands beside the field ``otp``."""

    status = 400

    def __init__(self, detail: str = "", **values: Any) -> None:
        super().__init__(detail, **values)
        self.fields = {"otp": [self.detail]}


class CodeWrong(CodeRefused):
    """``left``: how many more attempts this code allows."""

    code = "code_wrong"

    def __init__(self, *, left: int) -> None:
        super().__init__(
            ngettext(
                "This is not the code that we sent. One attempt is left.",
                "This is not the code that we sent. %(left)d attempts are left.",
                left,
            )
            % {"left": left}
        )


class CodeSpent(CodeRefused):
    code = "code_spent"
    message = _("This code no longer works. Ask for a new one.")


class ChallengeGone(LibraryError):
    code = "challenge_gone"
    message = _("This sign-in took too long or was already finished. Sign in again with your password.")
    status = 400

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"challenge": [self.detail]}


class WrongCredentials(LibraryError):
    code = "wrong_credentials"
    message = _("This address and password do not belong together.")
    status = 401


class TokenNotValid(LibraryError):
    code = "token_not_valid"
    message = _("This token is not valid, or no longer. Sign in again.")
    status = 401


class TicketNotValid(LibraryError):
    code = "ticket_not_valid"
    message = _("This ticket was used or is too old. Ask for another one.")
    status = 401


class PasswordWrong(LibraryError):
    """The present password, asked for before it is changed, is another one."""

    code = "password_wrong"
    message = _("This is not your present password.")
    status = 400

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"old_password": [self.detail]}


class EmailTaken(LibraryError):
    code = "email_taken"
    message = _("There is already an account with this address. Sign in instead.")

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"email": [self.detail]}


class UsernameTaken(LibraryError):
    code = "username_taken"
    message = _("This username is taken.")

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"username": [self.detail]}


class CardTaken(LibraryError):
    code = "card_taken"
    message = _("This card number is in use.")

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"card_number": [self.detail]}


class CardIsBarcode(CardTaken):
    """The desk could not tell the reader from the book."""

    code = "card_is_barcode"
    message = _("A copy has this number as its barcode. Give the card another one.")


class LooksLike(LibraryError):
    """``people``: who is registered under this name, and may be the same person."""

    code = "looks_like"
    message = _("Somebody of this name is registered already. Register this reader only if it is another person.")

    def __init__(self, people: Sequence[Patron]) -> None:
        self.people = tuple(people)
        super().__init__()
        self.fields = {"full_name": [self.detail]}


class InvitationGone(LibraryError):
    code = "invitation_gone"
    message = _(
        "This invitation no longer works: it was used, revoked or replaced, or it is too old. Ask for a new one."
    )
    status = 400

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"token": [self.detail]}


class AlreadyInvited(LibraryError):
    code = "already_invited"
    message = _("This address has an open invitation. Send that one again, or revoke it.")

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"email": [self.detail]}


class AlreadyStaff(LibraryError):
    """They have the role, or a higher one."""

    code = "already_staff"
    message = _("Whoever has this address may do that already.")

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"email": [self.detail]}


class KeptOut(LibraryError):
    code = "kept_out"
    message = _("The account with this address is kept out of the library. Let it in again first.")

    def __init__(self) -> None:
        super().__init__()
        self.fields = {"email": [self.detail]}


class LastAdministrator(LibraryError):
    code = "last_administrator"
    message = _("This is the only administrator. Make somebody else one first.")


class AlreadyBlocked(LibraryError):
    """Somebody else placed the same block a moment ago, perhaps with another reason or another last day."""

    code = "already_blocked"
    message = _("“{what}” stands against this reader already. See what is said there, and lift it first.")


class BlockNotLifted(LibraryError):
    code = "block_not_lifted"
    message = _("“{what}” ends with what it follows from. It cannot be lifted by hand.")


class HistoryWouldGo(LibraryError):
    """Past loans that are kept would be forgotten: whoever wants that says that they know."""

    code = "history_would_go"
    message = _("What you have brought back would be forgotten, for good. Say that you know, and choose it again.")
