"""Check-outs and check-ins beside the bare SQL of the same rows and locks: ``python -m bench.desk``.

Three levels do the same work on the same rows of one running library with a million past loans: a script under
pgbench, the services (each desk a process of its own), and the API over HTTP. They take turns, so that a busy moment of
the machine meets all of them. After each turn the loans are held against what was asked; only then a time counts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.desk_work import FIRST_COPY, LIBRARIAN
from bench.library import ROOT, Library
from bench.results import machine, write_section
from library.embedded.postgres import wheel_folder

LEVELS = ("sql", "service", "http")
VERBS = ("out", "in")
WORDS = {"sql": "bare SQL", "service": "service", "http": "HTTP", "out": "check-out", "in": "check-in"}
DESKS = {1: 200, 16: 30}  # how many of each verb a desk does in a turn


@dataclass
class Turn:
    """What one level did: how many in a second, and the milliseconds of each."""

    each_second: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.each_second)


Turns = Mapping[tuple[str, str, int], Turn]


class Desks:
    """The three levels, on one library."""

    def __init__(self, library: Library) -> None:
        self.library, self.programs = library, wheel_folder() / "bin"
        self.database = json.loads((library.var / "embedded.json").read_text())["database_url"]

    def ask(self, *words: str, **more: str) -> Any:
        ran = subprocess.run(
            [sys.executable, "-m", "bench.desk_work", *words],
            cwd=ROOT,
            env=self.library.environment | more,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return json.loads(ran.stdout or "null")

    def sql(self, verb: str, desks: int, each: int) -> tuple[float, list[float]]:
        """By pgbench, with the protocol that the services speak; the log of its transactions gives the median."""
        librarian = self.one(f"SELECT id FROM accounts_user WHERE email = '{LIBRARIAN}'")
        with tempfile.TemporaryDirectory() as folder:
            said = subprocess.run(
                [
                    str(self.programs / "pgbench"),
                    "-n",
                    "-M",
                    "extended",
                    "-c",
                    str(desks),
                    "-j",
                    str(min(desks, 2)),
                    "-t",
                    str(each),
                    "-D",
                    "i=0",
                    "-D",
                    f"each={each}",
                    "-D",
                    f"first_copy={FIRST_COPY}",
                    "-D",
                    f"librarian={librarian}",
                    "-f",
                    str(ROOT / "bench" / f"desk_{verb}.sql"),
                    "-l",
                    "--log-prefix",
                    f"{folder}/log",
                    self.database,
                ],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            logs = [line.split() for path in Path(folder).glob("log*") for line in path.read_text().splitlines()]
        rate = next(float(line.split()[2]) for line in said.splitlines() if line.startswith("tps"))
        return rate, [int(words[2]) / 1000 for words in logs]

    def processes(self, level: str, verb: str, desks: int, each: int, token: str) -> tuple[float, list[float]]:
        told = self.ask(level, verb, str(desks), str(each), BENCH_TOKEN=token)
        if len(told["took"]) != desks * each:
            sys.exit(f"A desk failed at {WORDS[level]}, {WORDS[verb]}.")
        return desks * each / told["seconds"], told["took"]

    def one(self, words: str) -> str:
        ran = subprocess.run(
            [str(self.programs / "psql"), "-XAtc", words, self.database],
            check=True,
            capture_output=True,
            text=True,
        )
        return ran.stdout.strip()


def wrong(facts: Mapping[str, int], *, before: Mapping[str, int], verb: str, number: int) -> list[str]:
    """What is not as it must be after ``number`` of ``verb``: every loan that was asked for, and no other."""
    is_out = verb == "out"
    expected = {
        "loans": before["loans"] + number * is_out,
        "open": number * is_out,
        "copies open": number * is_out,
        "on loan": number * is_out,
        "wrong patron": 0,
        "due wrongly": 0,
        "wrong counters": 0,
    }
    return [f"{name}: {facts[name]}, not {value}" for name, value in expected.items() if facts[name] != value]


def measure(desks: Desks, rounds: int) -> tuple[Turns, int]:
    """All levels in turn, ``rounds`` times; a first small turn of each warms up and is not counted."""
    turns: dict[tuple[str, str, int], Turn] = defaultdict(Turn)
    checked = 0
    facts = desks.ask("facts")
    token = ""
    for number in range(rounds + 1):
        for many, each in DESKS.items():
            for level in LEVELS:
                token = desks.ask("token") if level == "http" else token
                for verb in VERBS:
                    count = each if number else 10
                    rate, took = (
                        desks.sql(verb, many, count)
                        if level == "sql"
                        else desks.processes(level, verb, many, count, token)
                    )
                    before, facts = facts, desks.ask("facts")
                    if faults := wrong(facts, before=before, verb=verb, number=many * count):
                        sys.exit(f"Wrong loans after {many} × {count} {WORDS[verb]} by {WORDS[level]}: {faults}")
                    checked += many * count
                    if number:
                        turns[level, verb, many].each_second.append(rate)
                        turns[level, verb, many].took += took
                    print(f"round {number}, {many} desks, {WORDS[level]}, {WORDS[verb]}: {rate:.0f}/s", flush=True)
    return turns, checked


def table(turns: Turns) -> Iterable[str]:
    yield "| verb | desks | bare SQL: each second | service | of bare SQL | HTTP | of bare SQL |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for verb in VERBS:
        for many in DESKS:
            sql, desk, web = (turns[level, verb, many] for level in LEVELS)
            yield (
                f"| {WORDS[verb]} | {many} | {shown(sql)} | {shown(desk)} | {desk.rate / sql.rate:.0%}"
                f" | {shown(web)} | {web.rate / sql.rate:.0%} |"
            )
    for many in DESKS:
        bare, ours, over_http = (both(turns, level, many) for level in LEVELS)
        yield (
            f"| **one of each** | {many} | {bare:.0f} | {ours:.0f} | **{ours / bare:.0%}** | {over_http:.0f}"
            f" | **{over_http / bare:.0%}** |"
        )


def both(turns: Turns, level: str, many: int) -> float:
    """Pairs of a check-out and a check-in in a second."""
    return 1 / sum(1 / turns[level, verb, many].rate for verb in VERBS)


def shown(turn: Turn) -> str:
    """The median rate with its spread, and the median and 95th percentile of one call."""
    took = sorted(turn.took)
    return (
        f"{turn.rate:.0f} ({min(turn.each_second):.0f}–{max(turn.each_second):.0f});"
        f" {took[len(took) // 2]:.1f} / {took[int(len(took) * 0.95)]:.1f} ms"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=1_000_000, help="past loans in the table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    var = ROOT / "var" / "bench-desk"
    shutil.rmtree(var, ignore_errors=True)
    with Library(var) as library:
        desks = Desks(library)
        while desks.one("SELECT count(*) FROM jobs_job WHERE state IN ('queued', 'running')") != "0":
            time.sleep(1)  # the demonstration's books are being indexed
        began = time.perf_counter()
        desks.ask("load", str(wanted.loans))
        loaded = time.perf_counter() - began
        taken = desks.ask("queries")
        turns, checked = measure(desks, wanted.rounds)
    first_out, last_out, first_in, last_in = taken
    text = "\n".join(
        [
            "`make bench-desk`: what desks do in a second, the spread of the rounds in brackets; then the median and the 95th"
            " percentile of one call.",
            f"{wanted.loans:,} past loans in the table; PostgreSQL writes each commit to disk, as in `make run`. Bare SQL: the"
            " same rows read, locked and written by one script under pgbench (`-M extended`, the protocol that the service speaks). Service: each desk a process"
            " of its own. HTTP: one web process, the clients on its machine, no `Idempotency-Key`.",
            f"{checked:,} check-outs and check-ins were held against what was asked, after each turn, before a time counted: no"
            f" wrong loan. Queries at the 1st and 200th scan of one reader: check-out {first_out} and {last_out}, check-in"
            f" {first_in} and {last_in}. Loading took {loaded:.0f} s.",
            "",
            f"{machine()}.",
            "",
            *table(turns),
        ]
    )
    print(text)
    if not wanted.keep_results:
        write_section("desk", text)
    if (first_out, first_in) != (last_out, last_in):
        print("The number of queries grows with the loans of a reader.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
