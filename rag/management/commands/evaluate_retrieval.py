"""``manage.py evaluate_retrieval SET``: how well passages are found, measured on questions with known answers."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, get_args

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandError

from library.core.errors import LibraryError
from rag.evaluation.evaluate import Evaluation, evaluate
from rag.evaluation.halves import Half
from rag.evaluation.lines import BrokenSet
from rag.evaluation.metrics import METRICS

SAID = ("ndcg@10", "recall@5", "mrr", "map")  # as JSON
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Puts the questions of a set to the library's own cutting, embedding, storing and search, by meaning (dense), "
        "by words (bm25) and by both (fused), and says how good what comes back is, with 95 % intervals. Nothing of it "
        "stays in the library."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "set",
            metavar="SET",
            type=Path,
            help="A folder in the form of BEIR, or of golden questions with its books in “files” beside it.",
        )
        parser.add_argument("--model", default="", help="An embedding model of the settings; else the one for indexes.")
        parser.add_argument("--limit", type=int, default=0, help="Only so many of the first questions.")
        parser.add_argument("--half", choices=get_args(Half), help="Of golden questions only this half.")
        parser.add_argument("--json", action="store_true", help="Print the figures as JSON, as the last line.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 0:
            raise CommandError("--limit is a number from 1 on.")
        try:
            found = evaluate(
                options["set"],
                model=options["model"],
                limit=options["limit"],
                half=options["half"],
                tell=self._tell,
            )
        except (BrokenSet, ImproperlyConfigured) as fault:
            raise CommandError(str(fault)) from None
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        except LibraryError as refusal:
            raise CommandError(" ".join(refusal.sentences)) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped. Nothing of it is in the library.", returncode=INTERRUPTED) from None
        self._tell("")
        self.stdout.write(table(found))
        if options["json"]:
            self.stdout.write(as_json(found))

    def _tell(self, line: str) -> None:
        """A line that the next one replaces; nothing where nobody looks."""
        if self.stderr.isatty():
            self.stderr.write(f"\r\x1b[2K{line[:160]}", style_func=str, ending="")
            self.stderr.flush()


def table(found: Evaluation) -> str:
    """For people: a line for each arm, with the interval of each mean."""
    lines = [
        f"{found.set}: {found.queries:,} questions, {found.texts:,} texts in {found.passages:,} passages,"
        f" {found.model}",
        f"{'':7}" + "".join(f"{name:>22}" for name in METRICS),
    ]
    for arm, metrics in found.arms.items():
        cells = (f"{one.mean:.3f} ({one.low:.3f}–{one.high:.3f})" for one in metrics.values())
        lines.append(f"{arm:7}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)


def as_json(found: Evaluation) -> str:
    """For programs: the means alone."""
    arms = {arm: {name: round(metrics[name].mean, 4) for name in SAID} for arm, metrics in found.arms.items()}
    return json.dumps({"set": found.set, "queries": found.queries, "arms": arms})
