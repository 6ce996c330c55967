"""Pages and lists beside the least that Django can do: ``python -m bench.web.pages [--rounds 5]``.

One running library and, on the same database and by the same server with the same words, a peer that has what a new
Django project has: for pages a view with a session and one query, for search the same view that also runs the search's
own statements, for lists of the admin a stock ``ModelAdmin``, for lists of the API a bare list of the REST framework.
Four clients with kept connections; ours and the peer's take turns. Each answer's status and a word that must stand in
it are looked at before a time counts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from statistics import median

from bench.library import ROOT, Library
from bench.results import machine, write_section
from bench.web.client import WORDS, Wire
from library.core.config.model import Config
from library.embedded.commands import commands

CLIENTS, RESAMPLES = 4, 5_000
# The library's and the peer's sessions of the reader and the librarian, and a reader's book and id.
ENTER = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Count, Q
from accounts.models import Patron, User
from catalog.models import Book
def enter(user):
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["greeted"] = "Good morning"
    session.create()
    return session.session_key
lent = Patron.objects.annotate(lent=Count("loans", filter=Q(loans__returned_at=None))).order_by("-lent", "pk")[0]
book = Book.objects.filter(total_copies__gt=1).order_by("pk")[0]
found = [enter(User.objects.get(email=at)) for at in ("reader@example.org", "admin@example.org")]
print("\\n" + json.dumps([enter(lent.user), *found, str(lent.pk), book.pk, lent.lent]))
"""


@dataclass(frozen=True)
class Kind:
    """A page of ours and what it is held against. ``{…}`` in the addresses: reader, book, word."""

    name: str
    ours: str
    word: str
    peer: str
    goal: float
    is_staff: bool = False


KINDS = (
    Kind("home", "/", "</main>", "/bare/", 0.4),
    Kind("my loans", "/loans/", "</main>", "/bare/", 0.4),
    Kind("book", "/books/{book}/", "</main>", "/bare/", 0.4),
    Kind("desk with a reader", "/desk/?reader={reader}", "data-scan", "/bare/", 0.4, is_staff=True),
    Kind("search", "/catalogue/?q={word}", "</main>", "/search/?q={word}", 0.4),
    Kind("admin: books", "/admin/catalog/book/", "result_list", "/admin/catalog/book/", 0.6, is_staff=True),
    Kind("admin: loans", "/admin/circulation/loan/", "result_list", "/admin/circulation/loan/", 0.6, is_staff=True),
    Kind("API: books", "/api/v1/books/", '"results"', "/api/books/", 0.6),
    Kind("API: loans", "/api/v1/loans/", '"results"', "/api/loans/", 0.6, is_staff=True),
)


@dataclass(frozen=True)
class Place:
    """Where one side listens, and the sessions of its reader and its staff."""

    port: int
    reader: str
    staff: str


class Peer:
    """The peer's web process, on the library's database, started with the library's own words."""

    def __init__(self, library: Library) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.environment = library.environment | {"DJANGO_SETTINGS_MODULE": "bench.web.peer_settings"}
        words = commands(Config(port=self.port), python=library.python)["web"]
        self.words = [word.replace("library.asgi:", "bench.web.peer:") for word in words]

    def __enter__(self) -> Peer:
        self.process = subprocess.Popen(self.words, cwd=ROOT, env=self.environment)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if Wire(self.port).ask("GET", "/healthz", "")[0] == 200:
                    return self
            except OSError:
                time.sleep(0.2)
        sys.exit("The peer did not start.")

    def __exit__(self, *fault: object) -> None:
        self.process.terminate()
        self.process.wait(30)


def entered(library: Library, environment: dict[str, str]) -> list[str]:
    """Sessions and what the addresses need, by the settings of ``environment``."""
    ran = subprocess.run(
        [library.python, "manage.py", "shell", "-c", ENTER],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told: list[str] = json.loads(ran.stdout.splitlines()[-1])
    return told


def at_once(place: Place, address: str, word: str, *, is_staff: bool, each: int) -> float:
    """How many a second four clients get."""
    several = multiprocessing.get_context("fork")
    ready, told = several.Barrier(CLIENTS + 1), several.SimpleQueue()
    session = place.staff if is_staff else place.reader
    for number in range(CLIENTS):
        given = (place.port, address, word, session, number, each, ready, told)
        several.Process(target=_client, args=given, daemon=True).start()
    ready.wait(60)
    began = time.perf_counter()
    done = sum(told.get() for _client in range(CLIENTS))
    took = time.perf_counter() - began
    if done != CLIENTS * each:
        sys.exit(f"{address} was not answered as it must be.")
    return done / took


def _client(
    port: int,
    address: str,
    word: str,
    session: str,
    number: int,
    each: int,
    ready: Barrier,
    told: SimpleQueue[int],
) -> None:
    done = 0
    try:
        wire, headers = Wire(port), f"Cookie: sessionid={session}\r\n"
        ready.wait(60)
        for turn in range(each):
            asked = address.replace("{word}", WORDS[(number + turn) % len(WORDS)])
            status, _head, text = wire.ask("GET", asked, headers)
            if status != 200 or word.encode() not in text:
                raise OSError(f"{asked} answered {status} without “{word}”: {text[:300]!r}")
            done += 1
    finally:
        told.put(done)


Rates = dict[str, list[float]]


def measure(ours: Place, peer: Place, names: dict[str, str], rounds: int, each: int) -> tuple[Rates, Rates]:
    own, other = defaultdict(list), defaultdict(list)
    for number in range(rounds + 1):
        for kind in KINDS:
            address = kind.ours.replace("{reader}", names["reader"]).replace("{book}", names["book"])
            sides = [(ours, address, kind.word, own), (peer, kind.peer, "", other)]
            for place, asked, word, rates in sides if number % 2 else reversed(sides):
                rate = at_once(place, asked, word, is_staff=kind.is_staff, each=each if number else 12)
                if number:
                    rates[kind.name].append(rate)
        print(f"round {number} of {rounds}, load {os.getloadavg()[0]:.1f}", flush=True)
    return own, other


def share(own: list[float], peer: list[float]) -> tuple[float, float, float]:
    """Of the peer's rate, the medians over the rounds with a 95 % interval over rounds."""
    chance, number = random.Random(5), len(own)

    def once(rounds: list[int]) -> float:
        return median(own[turn] for turn in rounds) / median(peer[turn] for turn in rounds)

    drawn = sorted(once(chance.choices(range(number), k=number)) for _ in range(RESAMPLES))
    return once(list(range(number))), drawn[int(RESAMPLES * 0.025)], drawn[int(RESAMPLES * 0.975)]


def table(own: Rates, peer: Rates) -> Iterator[str]:
    yield "| page | peer: requests/s | ours | of the peer's (95 %) | goal |"
    yield "|---|--:|--:|--:|--:|"
    for kind in KINDS:
        whole, low, high = share(own[kind.name], peer[kind.name])
        yield (
            f"| {kind.name} | {median(peer[kind.name]):.0f} | {median(own[kind.name]):.0f}"
            f" | {whole:.0%} ({low:.0%}–{high:.0%}) | ≥ {kind.goal:.0%} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--each", type=int, default=30, help="requests of each client in a turn")
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    busy = os.getloadavg()[0]
    with Library(ROOT / "var" / "bench-pages") as library, Peer(library) as peer:
        library.settle()
        mine, theirs = (entered(library, one) for one in (library.environment, peer.environment))
        if not wanted.rounds:
            return 0
        names = {"reader": mine[3], "book": str(mine[4])}
        places = Place(library.port, mine[0], mine[2]), Place(peer.port, theirs[0], theirs[2])
        own, other = measure(*places, names, wanted.rounds, wanted.each)
    text = "\n".join(
        [
            "`make bench-pages`: requests a second to one web process, four clients with kept connections on its machine,"
            f" {wanted.rounds} rounds in turns. The peer is a second web process on the same database and by the same"
            " server: a view with a session and one query (which asks neither who it is nor what they may do), for search"
            " the same view that also runs the search's own statements, a stock `ModelAdmin`, a bare list of the REST"
            f" framework. The demonstration collection; the reader has {mine[5]} loans. That the number of queries does"
            " not grow with the rows is held by the tests.",
            "",
            f"{machine()} ({busy:.1f} at the beginning).",
            "",
            *table(own, other),
        ]
    )
    print(text)
    if not wanted.keep_results:
        write_section("pages", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
