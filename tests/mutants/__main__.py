"""Whether the tests notice: of small faults put into services and rules by chance, most must be found.

``python -m tests.mutants [APP …] [--count N] [--seed WORD] [--at-least N]``. Says the faults that no test found.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.mutants.hunt import ROOT, Hunt

# What decides, in each app.
DECIDING = {
    "accounts": ["accounts/services/*.py", "accounts/*/services.py"],
    "aistudy": ["aistudy/services.py"],
    "catalog": ["catalog/services/*.py", "catalog/*/services.py"],
    "circulation": ["circulation/services/*.py", "circulation/rules/*.py", "circulation/*/services.py"],
    "library": ["library/*/services.py", "library/notices/outbox.py"],
    "rag": ["rag/services/*.py", "rag/answers/*.py", "rag/retrieval/*.py"],
}
ORDINARY = "not slow and not stack and not browser and not model and not data"


def hunt(app: str, *, count: int, seed: str, report: Path) -> int:
    """In this process: one app. Gives pytest's code."""
    files = [str(path.relative_to(ROOT)) for pattern in DECIDING[app] for path in sorted(ROOT.glob(pattern))]
    plugin = Hunt(files, count=count, seed=f"{seed} {app}", report=report)
    tests = [folder for folder in (app, f"tests/{app}") if (ROOT / folder).is_dir()]
    return int(pytest.main(["-p", "no:xdist", "-o", "addopts=-p tests.services -q", "-m", ORDINARY, *tests], [plugin]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", nargs="*", default=sorted(DECIDING))
    parser.add_argument("--count", type=int, default=100, help="faults for each app")
    parser.add_argument("--at-least", type=int, default=80, help="of a hundred that must be found")
    parser.add_argument("--seed", default="Lyceum")
    parser.add_argument("--report", type=Path, help="one app, in this process; where to write what came of it")
    asked = parser.parse_args()
    if asked.report:
        return hunt(asked.apps[0], count=asked.count, seed=asked.seed, report=asked.report)
    return 1 if [app for app in asked.apps if not _is_well(app, asked)] else 0


def _is_well(app: str, asked: argparse.Namespace) -> bool:
    """Each app in a process of its own, with its own services."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        order = [sys.executable, "-m", "tests.mutants", app, "--report", str(report)]
        order += ["--count", str(asked.count), "--seed", asked.seed]
        ended = subprocess.run(order, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
        if not report.exists():
            print(f"{app}: the tests did not run.\n{ended.stdout[-4000:]}")
            return False
        total, *left = report.read_text().splitlines()
    print(f"{app}: {total} faults found." + "".join(f"\n  not found: {place}" for place in left), flush=True)
    found, tried = int(total.split()[0]), int(total.split()[-1])
    at_least: int = asked.at_least
    return found * 100 >= at_least * tried


if __name__ == "__main__":
    sys.exit(main())
