"""One `manage.py up` on a free loopback port in a data folder of its own, for measuring."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from library.embedded.postgres import wheel_folder

ROOT = Path(__file__).resolve().parents[1]
# Nor does it matter whether whoever measures lets Python keep compiled modules: who runs a library does.
OTHERS = (
    "PYTHONDONTWRITEBYTECODE",
    "DATABASE_URL",
    "REDIS_URL",
    "LYCEUM_SECRET_KEY",
    "LYCEUM_ALLOWED_HOSTS",
    "DJANGO_SETTINGS_MODULE",
    "HOST",
)


class Library:
    """``with Library() as library:`` it answers at ``library.url`` and is stopped at the end, whatever happens."""

    def __init__(self, var: Path = ROOT / "var" / "bench", *, tree: Path = ROOT) -> None:
        """``tree``: whose code runs, by its own ``.venv`` where it has one."""
        self.var, self.tree = var, tree
        python = tree / ".venv" / "bin" / "python"
        self.python = str(python) if python.exists() else sys.executable
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if name not in OTHERS}
        # Set and empty counts as unset, and goes before what a .env says.
        self.environment = kept | {"LYCEUM_VAR": str(var), "PORT": str(self.port)}
        self.log = var.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None
        self.started_in = self.stopped_in = 0.0  # seconds

    def __enter__(self) -> Library:
        began = time.monotonic()
        self.var.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [self.python, "manage.py", "up"],
                cwd=self.tree,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + 180
        while "Ctrl-C stops everything" not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > end:
                self._stop()
                sys.exit(f"The library did not start:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.02)
        self.started_in = time.monotonic() - began
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def manage(self, *words: str) -> str:
        """What a management command in this library says."""
        ran = subprocess.run(
            [self.python, "manage.py", *words],
            cwd=self.tree,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            sys.exit(f"manage.py {words[0]} failed:\n{ran.stderr}")
        return ran.stdout

    def sql(self, words: str) -> str:
        """What the database says to one statement, a line for each row."""
        ran = subprocess.run(
            [str(wheel_folder() / "bin" / "psql"), "-XAtc", words, self.database_url],
            check=True,
            capture_output=True,
            text=True,
        )
        return ran.stdout.strip()

    @property
    def database_url(self) -> str:
        """Of the database that it brought along."""
        return str(json.loads((self.var / "embedded.json").read_text())["database_url"])

    def settle(self) -> None:
        """Wait until no job is under way: the demonstration's books are indexed at the first start."""
        while self.sql("SELECT count(*) FROM jobs_job WHERE state IN ('queued', 'running')") != "0":
            time.sleep(1)

    def _stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            began = time.monotonic()
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.stopped_in = time.monotonic() - began
