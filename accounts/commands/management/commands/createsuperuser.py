"""The first administrator of a library, made by who runs its machine."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Role, User
from accounts.services.people import check_password, create_user
from accounts.validators import validate_username
from library.core import email_addresses
from library.core.errors import InvalidInput, LibraryError

PASSWORD = "DJANGO_SUPERUSER_PASSWORD"  # noqa: S105 (the variable's name, which Django's own command reads too)


class Command(BaseCommand):
    help = f"Makes an administrator with a card. Without a terminal the password comes from {PASSWORD}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", default="")
        parser.add_argument("--username", default="")
        parser.add_argument("--full-name", default="", dest="full_name")
        parser.add_argument(
            "--noinput", "--no-input", action="store_false", dest="interactive", help="Ask nothing; fail instead."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        asks = options["interactive"] and sys.stdin.isatty()
        email = self._wanted("E-mail address", options["email"], asks, email_addresses.clean)
        username = self._wanted("Username", options["username"], asks, _username)
        user = User(email=email, username=username, full_name=options["full_name"])
        password = self._password(user, asks)
        try:
            create_user(
                email=email,
                username=username,
                password=password,
                full_name=options["full_name"],
                role=Role.ADMINISTRATOR,
            )
        except LibraryError as refusal:
            raise CommandError(" ".join(refusal.sentences)) from refusal
        if options["verbosity"]:
            self.stdout.write(f"{username} is an administrator and can sign in as {email}.")

    def _wanted(self, label: str, given: str, asks: bool, clean: Callable[[str], str]) -> str:
        """``given``, else what is typed, until it is fit. Errors: ``CommandError`` where nobody can be asked."""
        while True:
            typed = given or (input(f"{label}: ").strip() if asks else "")
            try:
                if typed:
                    return clean(typed)
            except LibraryError as refusal:
                if given:
                    raise CommandError(" ".join(refusal.sentences)) from refusal
                self.stderr.write(" ".join(refusal.sentences))
            if not asks:
                raise CommandError(f"{label}: give it by --{label.split()[0].lower().replace('e-mail', 'email')}.")

    def _password(self, user: User, asks: bool) -> str:
        """From the environment, else typed twice, until it is fit."""
        if PASSWORD in os.environ or not asks:
            password = os.environ.get(PASSWORD, "")
            try:
                check_password(password, user)
            except LibraryError as refusal:
                raise CommandError(f"{PASSWORD}: {' '.join(refusal.sentences)}") from refusal
            return password
        while True:
            password = getpass("Password: ")
            if password != getpass("Password, again: "):
                self.stderr.write("The two are not the same.")
                continue
            try:
                check_password(password, user)
            except LibraryError as refusal:
                self.stderr.write(" ".join(refusal.sentences))
                continue
            return password


def _username(typed: str) -> str:
    """Errors: ``InvalidInput``."""
    try:
        validate_username(typed)
    except ValidationError as fault:
        raise InvalidInput(fault.messages[0]) from fault
    return typed
