"""The real embedder process for tests: started once, spoken to over its unix socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from library.embedded.processes import wait_until

ROOT = Path(__file__).resolve().parents[3]


class EmbedderProcess:
    """``manage.py embedder`` with a data folder of its own, and no database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "e.sock"
        self.announcement = folder / "embedder.json"
        self.log = folder / "embedder.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "embedder", "--socket", str(self.socket)],
                cwd=ROOT,
                env={"LYCEUM_EMBEDDING_MODEL": "all-MiniLM-L6-v2", **environment, "LYCEUM_VAR": str(self.folder)},
                stdout=log,
                stderr=log,
            )
        return self.process

    def wait(self) -> None:
        process = self.process
        assert process is not None
        ready = wait_until(lambda: self.announcement.exists() or process.poll() is not None, seconds=90)
        assert ready, "the embedder did not start"
        assert process.poll() is None, self.log.read_text()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)
