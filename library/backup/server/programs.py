"""PostgreSQL's own pg_dump and pg_restore: which ones are here, which fit the server, and running them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from library.backup.errors import ProgramFailed, ProgramsMissing, ProgramsTooOld
from library.core.config.model import ConfigError
from library.embedded import processes
from library.embedded.postgres import wheel_folder

DEBIAN = Path("/usr/lib/postgresql")
VERSION = re.compile(r"\(PostgreSQL\) (\d+)(\.\d+)?")
COMPRESSION = "gzip:1"  # vectors, most of it, hardly shrink: more effort would only take longer
PAUSE = 0.1  # seconds between two looks at a program that runs
Watch = Callable[[], None]


@dataclass(frozen=True)
class Programs:
    """A folder with pg_dump and pg_restore of one version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def dump(self, url: str, file: Path, *, snapshot: str, watch: Watch) -> None:
        """Write the database as ``snapshot`` sees it to ``file``. Errors: ``ProgramFailed``."""
        options = ["--format=custom", f"--compress={COMPRESSION}", f"--snapshot={snapshot}", f"--file={file}"]
        self._run("pg_dump", options, url, watch)

    def restore(self, url: str, file: Path, *, watch: Watch) -> None:
        """Fill the empty database ``url`` from ``file``. Errors: ``ProgramFailed`` at the first fault."""
        options = ["--exit-on-error", "--no-owner", "--no-privileges", "--no-comments", f"--jobs={min(4, _cores())}"]
        self._run("pg_restore", [*options, str(file)], url, watch)

    def _run(self, program: str, options: Sequence[str], url: str, watch: Watch) -> None:
        bare, environment = without_password(url)
        command = [str(self.folder / program), *options, f"--dbname={bare}", "--no-password"]
        with tempfile.TemporaryDirectory(prefix="lyceum-") as folder:
            words = Path(folder) / "words"
            running = processes.spawn(command, env=environment, cwd=Path("/"), log=words)
            try:
                while running.poll() is None:
                    watch()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        running.wait(PAUSE)
            finally:
                processes.stop_all([running], seconds=2)
            said = words.read_text(errors="replace").strip()
        if running.returncode:
            raise ProgramFailed(program=program, words=said[-600:] or running.returncode)


def without_password(url: str) -> tuple[str, dict[str, str]]:
    """``url`` as it may stand in a list of processes, and an environment that has its password."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    return make_conninfo(**{name: str(value) for name, value in parts.items()}), environment


def for_server(major: int, *, embedded: bool) -> Programs:
    """The programs for a server of this major version: of the same if they are here, else the next newer ones.

    Errors: ``ProgramsMissing``, ``ProgramsTooOld``.
    """
    found = list(_found(embedded))
    if not found:
        raise ProgramsMissing(major=major)
    fitting = [programs for programs in found if programs.major >= major]
    if not fitting:
        newest = max(found, key=lambda programs: programs.major)
        raise ProgramsTooOld(major=major, found=newest.version, folder=newest.folder)
    return min(fitting, key=lambda programs: programs.major)  # of equal ones the first


def _found(embedded: bool) -> Iterator[Programs]:
    folders = _wheel() if embedded else [*_on_path(), *sorted(DEBIAN.glob("*/bin")), *_wheel()]
    for folder in folders:
        if not (folder / "pg_restore").exists():
            continue
        told = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False)
        if match := VERSION.search(told.stdout):
            yield Programs(folder, match[1] + (match[2] or ""))


def _on_path() -> list[Path]:
    found = shutil.which("pg_dump")
    return [Path(found).parent] if found else []


def _wheel() -> list[Path]:
    """They speak no TLS, so those of the system come first."""
    try:
        return [wheel_folder() / "bin"]
    except ConfigError:
        return []


def _cores() -> int:
    return os.cpu_count() or 1
