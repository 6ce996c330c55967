"""Runs the tests that this machine can run, and says which it cannot: ``python -m tests.run [pytest arguments]``."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def missing() -> dict[str, str]:
    """Marker → what this machine lacks for the tests that carry it."""
    lacks = {}
    if not (ROOT.parent / "shared" / "data").is_dir():
        lacks["data"] = "../shared/data is not here, so the tests on real books were left out."
    if shutil.which("chromium") is None:
        lacks["browser"] = (
            "Chromium is not here (Debian: apt-get install chromium), so the browser journeys were left out."
        )
    return lacks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-m", default="", help="a marker expression, as pytest takes it")
    arguments, rest = parser.parse_known_args()
    lacks = missing()
    wanted = [f"({arguments.m})"] if arguments.m else []
    expression = " and ".join([*wanted, *(f"not {marker}" for marker in lacks)])
    chosen = ["-m", expression] if expression else []
    # A worker that is lost ends the run: its tests would be waited for, and for ever.
    order = [sys.executable, "-m", "pytest", "-n", "2", "--max-worker-restart", "0", *chosen, *rest]
    code = subprocess.run(order, cwd=ROOT, check=False).returncode
    for sentence in lacks.values():
        print(sentence)
    return code


if __name__ == "__main__":
    sys.exit(main())
