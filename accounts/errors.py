"""Every refusal about people and their codes."""

from __future__ import annotations

from math import ceil
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from library.core.errors import LibraryError


class CodeTooSoon(LibraryError):
    """``retry_after``: seconds until another code may be asked for."""

    code = "code_too_soon"
    message = _("A code was asked for less than a minute ago. Look at your mail, or try again in {seconds} s.")
    status = 429

    def __init__(self, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(seconds=retry_after)


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


class TooManyChecks(LibraryError):
    """``retry_after``: seconds until another name may be checked."""

    code = "too_many_checks"
    message = _("Too many usernames were checked from here. Try again in {minutes} min.")
    status = 429

    def __init__(self, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(minutes=ceil(retry_after / 60))
        self.fields = {"username": [self.detail]}


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
