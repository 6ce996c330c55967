"""``manage.py try_files``: what would become of files if they were added to books."""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rag.indexes.trial import Trial, tried

MEGABYTE = 1024**2


class Command(BaseCommand):
    help = (
        "Take files in and index them as books' files are, and keep nothing: pages, passages, seconds and memory of "
        "each, or why it cannot be read. Folders and archives (tar, zip) stand for all that is in them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="FILE|FOLDER|ARCHIVE", type=Path)
        parser.add_argument("--out", type=Path, help="write the report here, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        missing = [str(path) for path in options["paths"] if not path.exists()]
        if missing:
            raise CommandError(f"There is no {', no '.join(missing)}.")
        trials: list[Trial] = []
        for path in options["paths"]:
            with tempfile.TemporaryDirectory() as folder:
                for name, file in files_of(path, Path(folder)):
                    trials.append(tried(file, name))
                    self.stdout.write(sentence(trials[-1]))
        if options["out"]:
            options["out"].write_text(json.dumps([asdict(trial) for trial in trials], indent=1, ensure_ascii=False))
        self.stdout.write(summary(trials))
        if any(trial.outcome == "broke" for trial in trials):
            raise CommandError("Something unforeseen happened to at least one file.")


def files_of(path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """The files that ``path`` stands for, with their names; what is in an archive is unpacked into ``folder``."""
    if path.is_dir():
        yield from ((str(file.relative_to(path)), file) for file in sorted(path.rglob("*")) if file.is_file())
    elif path.suffix != ".epub" and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
        yield from files_of(folder, folder)
    elif path.suffix == ".zip" and zipfile.is_zipfile(path):
        shutil.unpack_archive(path, folder, "zip")
        yield from files_of(folder, folder)
    else:
        yield path.name, path


def sentence(trial: Trial) -> str:
    """One line on one file."""
    memory = f"{trial.reader_memory / MEGABYTE:.0f} MB read, {trial.worker_memory / MEGABYTE:.0f} MB worker"
    said = f"{trial.pages} pages, {trial.passages} passages" if trial.outcome == "ready" else trial.reason
    more = f" ({trial.note})" if trial.note else ""
    return f"{trial.outcome:8} {trial.name}: {said}{more} · {trial.seconds} s, {memory}"


def summary(trials: list[Trial]) -> str:
    """How many came to which end, and the worst of each cost."""
    if not trials:
        return "No file."
    ends = Counter(f"{trial.outcome} {trial.code}".strip() for trial in trials)
    slowest = max(trials, key=lambda trial: trial.seconds)
    largest = max(trials, key=lambda trial: max(trial.reader_memory, trial.worker_memory))
    largest_bytes = max(largest.reader_memory, largest.worker_memory)
    return (
        f"{len(trials)} files: {', '.join(f'{count} {end}' for end, count in sorted(ends.items()))}. "
        f"{sum(trial.pages for trial in trials)} pages, {sum(trial.passages for trial in trials)} passages. "
        f"Slowest: {slowest.name}, {slowest.seconds} s. Most memory: {largest.name}, {largest_bytes / MEGABYTE:.0f} MB."
    )
