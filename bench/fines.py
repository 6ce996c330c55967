"""Fines of many overdue loans: our nightly run beside one hand-written statement that sets the same lines.

``make bench-fines LOANS=100000``. Each round begins with the lines of the day before; both reckon the next day from the same
state, in turns, and what they wrote is compared line by line before a time counts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from statistics import median

from bench.library import ROOT, Library
from bench.results import machine, write_section

GOAL = 3.0
VAR = ROOT / "var" / "bench-fines"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    shutil.rmtree(VAR, ignore_errors=True)
    with Library(VAR) as library:
        words = [library.python, "-m", "bench.fines_work", str(wanted.loans), str(wanted.rounds)]
        done = subprocess.run(words, cwd=ROOT, env=library.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr[-3_000:], file=sys.stderr)
        return 1
    found = json.loads(done.stdout.splitlines()[-1])
    ours, rival = median(found["ours"]), median(found["rival"])
    ratio = median(one / other for one, other in zip(found["ours"], found["rival"], strict=True))
    body = f"""`make bench-fines`: {wanted.loans:,} overdue loans of {found["readers"]:,} readers at {found["branches"]} branches, with closed days, grace,
caps, prices and a maximum for each reader. Each round sets the next day's lines from the same state, ours and the one
statement in turns; {found["lines"]:,} lines were the same, to the cent, after each. Median of {wanted.rounds} rounds.

{machine()}

| | seconds | lines written | most memory of the process, MiB |
|---|--:|--:|--:|
| one hand-written statement | {rival:.2f} | {found["written"]:,} | |
| our nightly run | {ours:.2f} | {found["written"]:,} | {found["memory"]:.0f} (before: {found["memory_before"]:.0f}) |

Ours takes {ratio:.2f} times as long (goal: at most {GOAL:.0f}).
"""
    print(body)
    if not wanted.keep_results:
        write_section("fines", body)
    return 0


if __name__ == "__main__":
    sys.exit(main())
