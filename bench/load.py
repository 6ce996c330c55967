"""A minute of library life, by locustfile.py against `manage.py up`: ``python -m bench.load --locust PATH``."""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.library import ROOT, Library
from bench.results import machine, write_section

MOST_USERS = 60  # the library and the load share one machine
# Questions are limited by tier; here the machine is measured, not the limit.
NO_LIMIT = """
from accounts.models import Tier
if any(field.name == "questions_per_hour" for field in Tier._meta.get_fields()):
    Tier.objects.update(questions_per_hour=-1)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locust", default="locust", help="the locust program")
    parser.add_argument("--users", type=int, default=24, help=f"at most {MOST_USERS}")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    program = shutil.which(wanted.locust)  # the load runs in another folder
    if program is None:
        parser.error(f"there is no program {wanted.locust}")
    users = max(1, min(wanted.users, MOST_USERS))
    with Library() as library, tempfile.TemporaryDirectory() as folder:
        library.manage("shell", "-v", "0", "-c", NO_LIMIT)
        ran = subprocess.run(
            [
                str(Path(program).absolute()),
                "-f",
                str(ROOT / "locustfile.py"),
                "--host",
                library.url,
                "--headless",
                "--only-summary",
                "--users",
                str(users),
                "--spawn-rate",
                str(max(1, users // 4)),
                "--run-time",
                f"{wanted.seconds}s",
                "--stop-timeout",
                "10",
                "--csv",
                f"{folder}/load",
                "--exit-code-on-error",
                "1",
                "--loglevel",
                "WARNING",
            ],
            env=library.environment,
            cwd=folder,
            check=False,
        )
        path = Path(folder) / "load_stats.csv"
        rows = list(csv.DictReader(path.open())) if path.exists() else []
    if ran.returncode not in {0, 1} or len(rows) < 2:
        print("The load did not run; the lines above say why.", file=sys.stderr)
        return 2
    text = section(rows, users=users, seconds=wanted.seconds)
    print(text)
    if not wanted.keep_results:
        write_section("load", text)
    failures = int(rows[-1]["Failure Count"])
    if failures:
        print(f"{failures} requests failed; the table above says which.", file=sys.stderr)
    return 1 if failures else 0


def section(rows: list[dict[str, str]], *, users: int, seconds: int) -> str:
    """The table, most frequent first, the sum in its last line."""
    *each, total = rows
    each.sort(key=lambda row: -int(row["Request Count"]))
    lines = [
        f"`make bench-load`: {users} users for {seconds} s, thinking 1–5 s between tasks, on the library's machine.",
        "",
        machine() + ".",
        "",
        "| request | requests | failures | median ms | p95 ms | largest ms |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for row in [*each, total]:
        name = f"{row['Type']} {row['Name']}" if row["Type"] else "**together**"
        lines.append(
            f"| {name} | {row['Request Count']} | {row['Failure Count']} | {float(row['Median Response Time']):.0f} "
            f"| {float(row['95%']):.0f} | {float(row['Max Response Time']):.0f} |"
        )
    lines += ["", f"Together {float(total['Requests/s']):.1f} requests/s."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
