"""Profiles of single requests, as files in the data folder: the newest are kept. Nothing in them tells who asked."""

from __future__ import annotations

import contextlib
import cProfile
import io
import logging
import pstats
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings

log = logging.getLogger(__name__)
FOLDER = "profiles"
KEPT = 50  # files
SORTS = {"own": "tottime", "whole": "cumulative", "calls": "ncalls"}


class UnreadableProfile(Exception):
    """No such file, or none that holds a profile."""


def folder() -> Path:
    """Where profiles lie; it need not exist yet."""
    return Path(settings.VAR) / FOLDER


def new_name(view: str) -> str:
    """A name that sorts by time and tells which address was asked for."""
    plain = re.sub(r"[^a-z0-9]+", "-", view.lower()).strip("-")[:60] or "none"
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{plain}-{uuid4().hex[:6]}.prof"


def kept() -> list[Path]:
    """All of them, the newest first."""
    return sorted(folder().glob("*.prof"), key=lambda path: path.name, reverse=True)


def keep(profile: cProfile.Profile, name: str) -> bool:
    """Write it under ``name``, whole or not at all, and let the oldest go. False where the disk takes none."""
    place = folder() / name
    half = place.with_suffix(".half")
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        profile.dump_stats(half)
        half.rename(place)
        for old in kept()[KEPT:]:
            old.unlink(missing_ok=True)
    except OSError as fault:
        log.warning("The profile %s could not be kept: %s", name, fault)
        with contextlib.suppress(OSError):
            half.unlink()
        return False
    return True


def hot_spots(path: Path, *, by: str = "own", top: int = 25) -> str:
    """The functions that took most, as a table of text: by their ``own`` seconds, those of the ``whole`` call, or by
    how many ``calls`` there were. Errors: ``UnreadableProfile``.
    """
    written = io.StringIO()
    try:
        found = pstats.Stats(str(path), stream=written)
    except (OSError, EOFError, ValueError, TypeError, AttributeError) as fault:  # what marshal makes of rubbish
        raise UnreadableProfile(path.name) from fault
    found.sort_stats(SORTS[by]).print_stats(top)
    return "\n".join(_shortened(written.getvalue()))


def _shortened(table: str) -> Iterator[str]:
    """Without blank lines, and paths from our own folder or the libraries' on."""
    root = re.escape(f"{settings.BASE_DIR}/")
    for line in table.splitlines():
        if line.strip():
            yield re.sub(rf"\S*/site-packages/|\S*/lib/python[\d.]+/|{root}", "", line.rstrip())
