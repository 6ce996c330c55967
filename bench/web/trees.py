"""This tree's web process beside an earlier one's: ``python -m bench.web.trees --base FOLDER [--rounds 7]``.

``FOLDER``: the other tree, checked out (``git worktree add --detach FOLDER COMMIT``), with a ``.venv`` or this one's.
Each tree runs its own library (``manage.py up``: its own database, Redis and one web process) from ``var/http-trees``,
filled once with the same books, readers and past loans, by its own ``bench.desk_work``. The trees take turns, this one
first in every other round; in each turn sixteen desks lend and take back by the API and at the desk's page. After each
turn the loans are held against what was asked; only then a time counts. Printed is the ratio of the medians over the
rounds with a 95 % bootstrap interval over rounds, and what a request cost the web process in computing time.

``--rounds 0`` fills both libraries and ends: that takes minutes, a turn seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.desk_work import FIRST_COPY, LIBRARIAN
from bench.library import ROOT, Library
from bench.results import machine, write_section
from bench.web.client import Access, at_once

DESKS, EACH, RESAMPLES = 16, 20, 5_000
KINDS = ("api out", "api in", "page out", "page in", "me")
WORDS = {
    "api out": "API check-out",
    "api in": "API check-in",
    "page out": "scan that lends, and its page",
    "page in": "scan that takes back, and its page",
    "me": "API: who am I",
    "api": "**API, one of each**",
    "page": "**scans, one of each**",
}
GOALS = {"api": 1.4, "page": 2.0}
PAIRS = {"api": ("api out", "api in"), "page": ("page out", "page in")}
# A browser's session for each desk, and the ids of the readers in the order of their cards.
ENTER = f"""
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from accounts.models import Patron, User
user = User.objects.get(email={LIBRARIAN!r})
sessions = []
for n in range({DESKS}):
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    sessions.append(session.session_key)
cards = [f"B-{{n}}" for n in range(1, {DESKS * EACH} + 1)]
ids = dict(Patron.objects.filter(card_number__in=cards).values_list("card_number", "pk"))
print("\\n" + json.dumps([sessions, [str(ids[card]) for card in cards]]))
"""
FACTS = f"""
SELECT count(*), count(*) FILTER (WHERE returned_at IS NULL), count(*) FILTER (WHERE returned_at IS NULL AND
  (SELECT card_number FROM accounts_patron AS p WHERE p.user_id = patron_id) <> 'B-' || (copy_id - {FIRST_COPY}))
FROM circulation_loan WHERE copy_id > {FIRST_COPY}"""

# What a run that broke off left behind.
RESET = f"""
DELETE FROM circulation_loan WHERE copy_id > {FIRST_COPY} AND returned_at IS NULL;
UPDATE catalog_copy SET status = 'available' WHERE id > {FIRST_COPY} AND status <> 'available'"""


@dataclass
class Turns:
    """What one tree did in each round: how many a second, and the milliseconds of computing that each cost."""

    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    costs: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


class Tree:
    """One tree's running library."""

    def __init__(self, library: Library, *, loans: int) -> None:
        self.library, self.turns = library, Turns()
        library.settle()
        if not int(library.sql(f"SELECT count(*) FROM catalog_copy WHERE id > {FIRST_COPY}")):
            self._own("load", str(loans))
        library.sql(RESET)
        sessions, readers = json.loads(library.manage("shell", "-c", ENTER).splitlines()[-1])
        self.access = Access(library.port, json.loads(self._own("token")), sessions, readers)
        self.facts = self._facts()
        self.web = next(self._web_processes())

    def turn(self, kind: str, *, each: int, counts: bool) -> None:
        """Every desk does ``each`` of a kind; ends the run where the loans are not what they must be then."""
        before = self._computed()
        seconds, took = at_once(kind, self.access, desks=DESKS, each=each)
        computed = self._computed() - before
        number, (loans, *_rest) = DESKS * each, self.facts
        out, back = kind.endswith(" out"), kind.endswith(" in")
        expected = (loans + number * out, 0 if back else (number if out else self.facts[1]), 0)
        self.facts = self._facts()
        if self.facts != expected:
            sys.exit(f"{self.library.root}: {self.facts} loans, open, wrong after {kind}, not {expected}")
        if counts:
            self.turns.rates[kind].append(number / seconds)
            self.turns.costs[kind].append(computed * 1000 / number)
            self.turns.took[kind] += took

    def _own(self, *words: str) -> str:
        ran = subprocess.run(
            [self.library.python, "-m", "bench.desk_work", *words],
            cwd=self.library.root,
            env=self.library.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return ran.stdout

    def _facts(self) -> tuple[int, int, int]:
        loans, still_open, wrong = (int(number) for number in self.library.sql(FACTS).split("|"))
        return loans, still_open, wrong

    def _web_processes(self) -> Iterator[int]:
        """The process that answers at our port."""
        for path in Path("/proc").glob("[0-9]*"):
            try:
                words = (path / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"library.asgi:application" in words and str(self.library.port).encode() in words:
                yield int(path.name)

    def _computed(self) -> float:
        """Seconds of computing that the web process has used so far."""
        fields = Path(f"/proc/{self.web}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(own: Tree, base: Tree, rounds: int, each: int) -> None:
    """Both trees in turns; a small first round warms up and is not counted."""
    for number in range(rounds + 1):
        for tree in (own, base) if number % 2 else (base, own):
            for kind in KINDS:
                tree.turn(kind, each=each if number else 3, counts=bool(number))
        print(f"round {number} of {rounds}, load {os.getloadavg()[0]:.1f}", flush=True)


def seconds_of(turns: Turns, kind: str, rounds: Sequence[int]) -> float:
    """Seconds for one of a kind, or for one of each of a pair; the median over these rounds."""
    return sum(1 / median(turns.rates[one][turn] for turn in rounds) for one in PAIRS.get(kind, (kind,)))


def ratio(own: Turns, base: Turns, kind: str) -> tuple[float, float, float]:
    """How many times as many a second, with its interval: rounds are drawn anew, the same ones for both trees."""
    chance, number = random.Random(5), len(own.rates[KINDS[0]])

    def once(rounds: Sequence[int]) -> float:
        return seconds_of(base, kind, rounds) / seconds_of(own, kind, rounds)

    drawn = sorted(once(chance.choices(range(number), k=number)) for _ in range(RESAMPLES))
    return once(range(number)), drawn[int(RESAMPLES * 0.025)], drawn[int(RESAMPLES * 0.975)]


def table(own: Turns, base: Turns) -> Iterator[str]:
    yield (
        "| at 16 desks | base: each second (ms, median / p95) | now | ratio (95 %) | goal | computing of the web process"
        " for each, base → now |"
    )
    yield "|---|--:|--:|--:|--:|--:|"
    for kind in (*KINDS, *PAIRS):
        whole, low, high = ratio(own, base, kind)
        goal = f"≥ {GOALS[kind]}×" if kind in GOALS else ""
        parts = PAIRS.get(kind, (kind,))
        shown = [_shown(turns, kind) for turns in (base, own)]
        costs = [sum(median(turns.costs[one]) for one in parts) for turns in (base, own)]
        yield (
            f"| {WORDS[kind]} | {shown[0]} | {shown[1]} | {whole:.2f}× ({low:.2f}–{high:.2f}) | {goal}"
            f" | {costs[0]:.1f} → {costs[1]:.1f} ms |"
        )


def _shown(turns: Turns, kind: str) -> str:
    rate = 1 / seconds_of(turns, kind, range(len(turns.rates[KINDS[0]])))
    if kind in PAIRS:
        return f"{rate:.0f}"
    took = sorted(turns.took[kind])
    return f"{rate:.0f} ({took[len(took) // 2]:.0f} / {took[int(len(took) * 0.95)]:.0f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="the folder of the other tree")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--each", type=int, default=EACH, help=f"of each kind, desk and turn; at most {EACH}")
    parser.add_argument("--loans", type=int, default=100_000, help="past loans in each library")
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    base_folder = wanted.base.resolve()
    libraries = [Library(root / "var" / "http-trees", tree=root) for root in (ROOT, base_folder)]
    busy = os.getloadavg()[0]
    with libraries[0] as ours, libraries[1] as theirs:
        own, base = (Tree(one, loans=wanted.loans) for one in (ours, theirs))
        if not wanted.rounds:
            return 0
        measure(own, base, wanted.rounds, min(wanted.each, EACH))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=base_folder, capture_output=True, text=True, check=False
    ).stdout.strip()
    text = "\n".join(
        [
            f"`make bench-http-against`: this tree's web process beside that of {commit or base_folder.name}, one of each,"
            f" {DESKS} desks at once, {wanted.rounds} rounds in turns. A scan is the form that is sent and the page that"
            " follows its redirect. The clients and PostgreSQL are on the same machine. After each turn the loans were"
            f" held against what was asked. {wanted.loans:,} past loans in each library.",
            "",
            f"{machine()} ({busy:.1f} at the beginning).",
            "",
            *table(own.turns, base.turns),
        ]
    )
    print(text)
    if not wanted.keep_results:
        write_section("http", text)
    missed = [kind for kind, goal in GOALS.items() if ratio(own.turns, base.turns, kind)[0] < goal]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
