"""Forgetting somebody, by who runs the library's machine."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import privacy
from library.core.errors import NotFound
from library.core.privacy.registry import StillNeeded


class Command(BaseCommand):
    help = "Forgets a person for good: what the library counts stays, and names nobody. Refused while anything is open."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", metavar="EMAIL|CARD")
        parser.add_argument(
            "--noinput", "--no-input", action="store_false", dest="interactive", help="Do not ask whether it is meant."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = privacy.person_named(options["person"])
        except NotFound as nobody:
            raise CommandError(f"Nobody has the address or the card {options['person']}.") from nobody
        if options["interactive"] and not self._is_meant(user):
            raise CommandError("Nothing was changed.")
        try:
            privacy.forget_person(user=user)
        except StillNeeded as refusal:
            raise CommandError("\n".join(refusal.sentences)) from refusal
        self.stdout.write("Forgotten.")

    def _is_meant(self, user: User) -> bool:
        try:
            return input(f"Forget {user} for good? There is no way back. Type “forget”: ").strip() == "forget"
        except EOFError:
            return False
