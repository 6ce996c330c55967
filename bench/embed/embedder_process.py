"""The embedder process as `manage.py up` runs it, by itself, for measuring."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def embedder(var: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Runs in the data folder ``var`` from when it answers to the end of the block."""
    announcement = var / "embedder.json"
    announcement.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "embedder"], cwd=ROOT, env=os.environ | {"LYCEUM_VAR": str(var)}
    )
    try:
        end = time.monotonic() + 120
        while not announcement.exists():
            if process.poll() is not None or time.monotonic() > end:
                sys.exit("The embedder did not start.")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(30)
