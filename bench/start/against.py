"""This tree's memory and start beside an earlier one's, in turns: ``python -m bench.start.against --base FOLDER``.

``FOLDER``: the other tree, checked out (``git worktree add --detach FOLDER COMMIT``), with a ``.venv`` or this one's.
Each round, each tree: ``manage.py check``; a second start of the whole library; one question, one search and one file
that is uploaded and indexed; a minute of rest; the memory of all its processes; the stop.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.library import ROOT, Library
from bench.results import machine, write_section
from bench.start import memory, visitors
from bench.start.__main__ import environment

RESAMPLES = 2_000
FILE = ROOT / "demo" / "files" / "a-primer-on-the-cell.pdf"
GOALS = {"check: seconds of computing": 0.7, "check: MB": 0.7, "whole system: MB": 0.65}


@dataclass
class Tree:
    """One of the two: its figures by name, one for each round."""

    library: Library
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, value: float) -> None:
        self.figures.setdefault(name, []).append(value)

    def fill(self) -> None:
        """The first start: it makes the demonstration and indexes its books."""
        with self.library, visitors.client(self.library, "librarian@example.org") as asker:
            visitors.ask(asker, visitors.book_to_ask(asker), "What is a cell?")

    def check(self) -> None:
        ran = memory.run([self.library.python, "manage.py", "check"], cwd=self.library.tree, env=environment())
        self.note("check: seconds", ran.seconds)
        self.note("check: seconds of computing", ran.computing)
        self.note("check: MB", ran.megabytes)

    def live(self, rest: float) -> None:
        with self.library:
            self.note("second start: seconds", self.library.started_in)
            with visitors.client(self.library, "librarian@example.org") as visitor:
                visitors.ask(visitor, visitors.book_to_ask(visitor), f"What do mitochondria do, {time.time_ns()}?")
                visitor.get("/books/", params={"q": "cell biology"}).raise_for_status()
                visitors.upload(visitor, FILE)
            time.sleep(rest)
            assert self.library.process
            parts = memory.by_part(self.library.process.pid)
        self.note("whole system: MB", sum(parts.values()))
        for name, megabytes in parts.items():
            self.note(f"… {name}: MB", megabytes)
        self.note("stop: seconds", self.library.stopped_in)


def ratio(own: Sequence[float], base: Sequence[float]) -> tuple[float, float, float]:
    """The ratio of medians over the rounds, and its 95 % bootstrap interval over rounds."""
    chance = random.Random(5)
    rounds = range(len(own))

    def once(drawn: Sequence[int]) -> float:
        return median(own[turn] for turn in drawn) / median(base[turn] for turn in drawn)

    drawn = sorted(once(chance.choices(rounds, k=len(rounds))) for _ in range(RESAMPLES))
    return once(rounds), drawn[int(RESAMPLES * 0.025)], drawn[int(RESAMPLES * 0.975)]


def table(own: Tree, base: Tree) -> str:
    lines = ["| | base | now | ratio (95 %) | goal |", "|---|--:|--:|--:|--:|"]
    for name in [*base.figures, *(name for name in own.figures if name not in base.figures)]:
        ours, theirs = own.figures.get(name, []), base.figures.get(name, [])
        cells = [name, *(f"{median(side):.2f}" if side else "–" for side in (theirs, ours))]
        if ours and theirs:
            whole, low, high = ratio(ours, theirs)
            cells.append(f"{whole:.2f} ({low:.2f}–{high:.2f})")
        else:
            cells.append("–")
        lines.append(f"| {' | '.join([*cells, str(GOALS.get(name, ''))])} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, type=Path, help="the folder of the other tree")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--rest", type=float, default=60, help="seconds between the last request and the look at memory"
    )
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    folder = wanted.base.resolve()
    own, base = (Tree(Library(tree / "var" / "bench-start" / "library", tree=tree)) for tree in (ROOT, folder))
    for tree in (own, base):
        tree.fill()
        tree.library = Library(tree.library.var, tree=tree.library.tree)
    for turn in range(wanted.rounds):
        for tree in (own, base) if turn % 2 else (base, own):
            tree.check()
            tree.live(wanted.rest)
    words = ["/usr/bin/env", "git", "-C", str(folder), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    text = (
        f"`make bench-start-against BASE=…`: this tree beside {commit}, {wanted.rounds} rounds in turns, medians."
        f" Memory of the whole system: proportional set size of all its processes {wanted.rest:.0f} s after one question,"
        f" one search and one indexed upload.\n\n{machine()}.\n\n{table(own, base)}\n"
    )
    print(text)
    if not wanted.keep_results:
        write_section("start-against", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
