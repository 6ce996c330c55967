"""Whether time tells a known address from an unknown one: ``python -m bench.otp``.

Pairs of calls over one kept connection to ``manage.py up``, one with an address that has an account and one without, in
random order. Every address is used once: limits and cool-downs by address never meet. Status and body must be equal,
else there is nothing to time. Two tests of "no difference": Mann-Whitney's U on all times, and a sign-flip permutation
of the pairs' differences, which takes out what both calls of a pair share (a busy machine, say).
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.library import Library
from bench.results import machine, write_section

WRONG = "a wrong guess 1"
ROUNDS = 10_000  # of the bootstrap and of the permutation
MAKE_USERS = """
import os
from django.contrib.auth.hashers import make_password
from accounts.models import User
from accounts.services.people import create_user
run, number = os.environ["BENCH_RUN"], int(os.environ["BENCH_NUMBER"])
password = make_password("a quiet room 7")  # one hash for all: each would take a quarter of a second
for i in range(number):
    create_user(email=f"known-{run}-{i:05d}@example.org", username=f"u{run}{i:05d}", password=None)
User.objects.filter(email__startswith=f"known-{run}-").update(password=password)
"""
DOORS = {
    "ask for a registration code": ("/api/v1/auth/otp/", {"purpose": "register"}),
    "ask for a code to reset": ("/api/v1/auth/otp/", {"purpose": "reset"}),
    "sign in with a wrong password": ("/api/v1/auth/login/", {"password": WRONG}),
}


@dataclass
class Measured:
    """Milliseconds of the calls of one door, pair by pair."""

    known: list[float]
    unknown: list[float]
    answer: str

    @property
    def differences(self) -> np.ndarray:
        found: np.ndarray = np.array(self.known) - np.array(self.unknown)
        return found


class Caller:
    """One client on one kept connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(self, path: str, body: dict[str, str]) -> tuple[float, int, bytes]:
        """Milliseconds until the whole answer is here, its status, its body."""
        content = json.dumps(body)
        began = time.perf_counter()
        self.connection.request("POST", path, content, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        return (time.perf_counter() - began) * 1000, answer.status, text


def measure(caller: Caller, path: str, body: dict[str, str], addresses: Iterator[tuple[str, str]]) -> Measured | None:
    """Time one door; ``None`` where this library has no such door. Exits where the answers differ."""
    measured = Measured([], [], "")
    for known, unknown in addresses:
        calls = [(known, measured.known), (unknown, measured.unknown)]
        random.shuffle(calls)
        answers = set()
        for address, times in calls:
            took, status, text = caller.post(path, body | {"email": address})
            times.append(took)
            answers.add((status, text))
            time.sleep(0.01)  # the letter of this call is not the next one's burden
        if len(answers) != 1:
            sys.exit(f"The answers of {path} differ, no clock is needed to tell them apart: {answers}")
        (status, text), *_ = answers
        if status == 400:
            return None
        if status not in {202, 401}:
            sys.exit(f"{path} answered {status}: {text[:200]!r}")
        measured.answer = str(status)
    return measured


def mann_whitney(one: list[float], other: list[float]) -> float:
    """The two-sided p-value of Mann and Whitney's U: how often such a difference comes where there is none."""
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(one, other).pvalue)


def sign_flip(differences: np.ndarray, chance: np.random.Generator) -> float:
    """The two-sided p-value of the mean difference when "known" and "unknown" are exchanged at random in each pair."""
    # The slowest tenth on either side is cut to the edge: one hiccup of the machine must not decide.
    low, high = np.quantile(differences, [0.05, 0.95])
    kept = np.clip(differences, low, high)
    signs = chance.choice([-1.0, 1.0], size=(ROUNDS, len(kept)))
    flipped = np.abs((signs * kept).mean(axis=1))
    return float((1 + (flipped >= abs(kept.mean())).sum()) / (ROUNDS + 1))


def bootstrap(differences: np.ndarray, chance: np.random.Generator) -> tuple[float, float]:
    """The interval that holds the median difference with 95 %."""
    drawn = chance.choice(differences, size=(ROUNDS, len(differences)))
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    return float(low), float(high)


def section(found: dict[str, Measured], *, pairs: int) -> str:
    chance = np.random.default_rng(13)
    lines = [
        f"`make bench-otp`: {pairs} pairs of calls at each door, known and unknown address in random order, over HTTP.",
        "Each pair got the same status and the same body. p says how often a difference this large comes by chance where",
        "there is none: below 0.05 a clock might tell the addresses apart.",
        "",
        machine() + ".",
        "",
        "| door | answer | known: median ms | unknown: median ms | median difference ms (95 %) | p, Mann-Whitney | p, pairs |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for door, times in found.items():
        low, high = bootstrap(times.differences, chance)
        lines.append(
            f"| {door} | {times.answer} | {statistics.median(times.known):.2f} | {statistics.median(times.unknown):.2f} "
            f"| {np.median(times.differences):+.2f} ({low:+.2f} to {high:+.2f}) "
            f"| {mann_whitney(times.known, times.unknown):.2f} | {sign_flip(times.differences, chance):.2f} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    parser.add_argument("--only", default="", help="only doors whose name has this in it; leaves RESULTS.md as it is")
    wanted = parser.parse_args()
    doors = {name: door for name, door in DOORS.items() if wanted.only in name}
    run = f"{time.time_ns() // 10**6:x}"
    warm_up = 5
    each = wanted.pairs + warm_up
    with Library() as library:
        library.environment |= {"BENCH_RUN": run, "BENCH_NUMBER": str(each * len(doors))}
        library.manage("shell", "-v", "0", "-c", MAKE_USERS)
        caller = Caller(library.port)
        numbers = [f"{run}-{i:05d}@example.org" for i in range(each * len(doors))]
        pairs = iter([(f"known-{number}", f"guess-{number}") for number in numbers])  # of one length
        found = {}
        for door, (path, body) in doors.items():
            measure(caller, path, body, (next(pairs) for _ in range(warm_up)))
            measured = measure(caller, path, body, (next(pairs) for _ in range(wanted.pairs)))
            if measured is not None:
                found[door] = measured
    text = section(found, pairs=wanted.pairs)
    print(text)
    if not (wanted.keep_results or wanted.only):
        write_section("otp", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
