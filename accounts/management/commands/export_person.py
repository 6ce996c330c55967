"""What the library holds of somebody, for who asks for it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import privacy
from library.core.errors import NotFound


class Command(BaseCommand):
    help = "Prints as JSON everything that the library holds of a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", metavar="EMAIL|CARD")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = privacy.person_named(options["person"])
        except NotFound as nobody:
            raise CommandError(f"Nobody has the address or the card {options['person']}.") from nobody
        self.stdout.write(json.dumps(privacy.export_person(user), indent=2, ensure_ascii=False))
