"""Databases of another Lyceum: those that have gone through steps which this code does not have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from library.core.config.model import ROOT, ConfigError, config

Step = tuple[str, str]
MOST_NAMED = 3


class OtherLayout(ConfigError):
    """The database belongs to another Lyceum; the sentence says what to do."""


def unknown_steps(recorded: Iterable[Step]) -> list[Step]:
    """Those of ``recorded`` that belong to applications of ours and are not in the code."""
    disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    known = {*disk, *(step for migration in disk.values() for step in migration.replaces)}
    ours = {app.label for app in apps.get_app_configs() if _is_ours(Path(app.path))}
    return sorted(step for step in set(recorded) if step[0] in ours and step not in known)


def _is_ours(folder: Path) -> bool:
    """Whether an application lies in this project, and not in the environment that it is installed in."""
    return folder.is_relative_to(ROOT) and "site-packages" not in folder.parts


def named(steps: list[Step]) -> str:
    """The first few of ``steps`` and how many more there are."""
    first = ", ".join(".".join(step) for step in steps[:MOST_NAMED])
    return first if len(steps) <= MOST_NAMED else f"{first} and {len(steps) - MOST_NAMED} more"


def refuse(alias: str = DEFAULT_DB_ALIAS) -> None:
    """Errors: ``OtherLayout`` where the database has gone through steps that this code does not have."""
    steps = unknown_steps(MigrationRecorder(connections[alias]).applied_migrations())
    if not steps:
        return
    where = f"the data folder {config().var}" if config().embedded else "DATABASE_URL"
    begin = "choose another with LYCEUM_VAR" if config().embedded else "name an empty database in DATABASE_URL"
    raise OtherLayout(
        f"The library in {where} was made by another version of Lyceum, with steps that this one does not have"
        f" ({named(steps)}). Nothing was changed. To go on with it, keep it and start the version that made it, or a"
        f" later one if that was newer than this. To begin anew with this version, {begin}."
    )
