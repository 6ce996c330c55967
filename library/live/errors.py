from django.utils.translation import gettext_lazy as _

from library.core.errors import LibraryError, ServiceUnavailable


class OriginRefused(LibraryError):
    code = "origin_refused"
    message = _("Another website asked for this.")
    status = 403


class SignInNeeded(LibraryError):
    code = "not_signed_in"
    message = _("Sign in first.")
    status = 401


class SignedOut(LibraryError):
    code = "signed_out"
    message = _("This sign-in has ended.")
    status = 401


class TooManySockets(LibraryError):
    code = "too_many_sockets"
    message = _("You have too many pages open that are kept up to date.")
    status = 429


class NoRoomForSockets(ServiceUnavailable):
    code = "too_many_sockets"
    message = _("The library keeps as many pages up to date as it can. This one asks now and then.")


class TooManyMessages(LibraryError):
    code = "too_many_messages"
    message = _("Too many messages in too short a time.")
    status = 429


class UnknownMessage(LibraryError):
    code = "unknown_message"
    message = _("This message means nothing here.")
    status = 400


class MessageTooLong(LibraryError):
    code = "message_too_long"
    message = _("This message is too long.")
    status = 413
