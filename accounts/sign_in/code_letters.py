"""The letters about addresses. Their words are in ``templates/accounts/mail``."""

from __future__ import annotations

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import Purpose
from library.profile import services as profile


def send_code(*, to: str, purpose: Purpose, digits: str, minutes: int) -> None:
    """Mail a code that works for ``minutes``. The subject does not show it. Errors: the mail server's."""
    subject = {
        Purpose.REGISTER: _("Your code to register"),
        Purpose.LOGIN: _("Your code to sign in"),
        Purpose.RESET: _("Your code for a new password"),
        Purpose.INVITE: _("Your code to accept the invitation"),
        Purpose.ADDRESS: _("Your code for another address"),
    }[purpose]
    _send(to, subject, f"code_{purpose}", {"digits": digits, "minutes": minutes})


def send_account_exists(*, to: str) -> None:
    """Tell an address at which somebody tried to register that it has an account. Errors: the mail server's."""
    _send(to, _("You already have an account"), "account_exists", {})


def send_address_in_use(*, to: str) -> None:
    """Tell an address that somebody wanted for another account that it has one. Errors: the mail server's."""
    _send(to, _("This address has an account already"), "address_in_use", {})


def send_no_account(*, to: str) -> None:
    """Tell an address for which a new password was asked that it has no account. Errors: the mail server's."""
    _send(to, _("There is no account with this address"), "no_account", {})


def _send(to: str, subject: str, letter: str, words: dict[str, object]) -> None:
    body = render_to_string(f"accounts/mail/{letter}.txt", words)
    library = profile.current()
    send_mail(f"{subject} · {library.name}", body, library.from_address, [to])
