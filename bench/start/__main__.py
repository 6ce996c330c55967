"""Start and memory beside a bare Django project on the same server: ``python -m bench.start``.

The peer is what ``django-admin startproject`` makes, served by the same uvicorn: nobody's library, and the least that a
Django project can be. Commands take turns. The web process of each is asked once, then a hundred questions more.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx

from bench.library import OTHERS, ROOT, Library
from bench.results import machine, write_section
from bench.start import memory, visitors

FOLDER = ROOT / "var" / "bench-start"
QUESTIONS = 100
GOALS = {"start": 5.0, "web": 2.5}  # seconds; times the bare one's memory
NEVER = ("torch", "transformers", "sentence_transformers", "openvino", "onnxruntime", "pymupdf", "rapidocr")
LOADED = (
    "import sys; sys.argv = ['manage.py', 'check']; import manage; manage.main();"
    f" sys.exit(', '.join(name for name in {NEVER} if name in sys.modules) or 0)"
)


@dataclass
class Side:
    """What one of the two took, round by round."""

    check: list[memory.Run] = field(default_factory=list)
    started: list[float] = field(default_factory=list)
    stopped: list[float] = field(default_factory=list)
    web: list[float] = field(default_factory=list)
    web_asked: list[float] = field(default_factory=list)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OTHERS}


class Bare:
    """A project as ``django-admin startproject`` leaves it, its tables made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.call("-m", "django", "startproject", "bare", ".")
        self.call("manage.py", "migrate", "--verbosity", "0")

    def call(self, *words: str) -> memory.Run:
        return memory.run([sys.executable, *words], cwd=self.folder, env=environment())

    def life(self, side: Side) -> None:
        """Start it, ask it, end it."""
        port = Library().port
        words = [
            "-m",
            "uvicorn",
            "bare.asgi:application",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--lifespan",
            "off",
        ]
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *words, "--log-level", "warning", "--no-access-log"], cwd=self.folder, env=environment()
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                _until_it_answers(client, "/admin/login/")
                side.started.append(time.monotonic() - began)
                side.web.append(memory.taken(process.pid))
                for _ in range(QUESTIONS):
                    client.get("/admin/login/").raise_for_status()
                side.web_asked.append(memory.taken(process.pid))
        finally:
            began = time.monotonic()
            process.terminate()
            process.wait(20)
            side.stopped.append(time.monotonic() - began)


def ours(library: Library, side: Side) -> None:
    """A second start of the whole library, a page, and a hundred questions."""
    with library:
        assert library.process
        side.started.append(library.started_in)
        web = next(pid for pid in memory.family(library.process.pid) if memory.part_of(pid) == "web")
        with httpx.Client(base_url=library.url, timeout=10) as client:
            client.get("/accounts/sign-in/").raise_for_status()
        side.web.append(memory.taken(web))
        with visitors.client(library, "librarian@example.org") as asker:  # nobody counts a librarian's questions
            book = visitors.book_to_ask(asker)
            for number in range(QUESTIONS):
                visitors.ask(asker, book, f"What do mitochondria do, told in {number + 3} words?")
        side.web_asked.append(memory.taken(web))
    side.stopped.append(library.stopped_in)


def _until_it_answers(client: httpx.Client, path: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            client.get(path).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
    sys.exit("The bare project did not answer within a minute.")


def figure(values: Sequence[float], unit: str, digits: int) -> str:
    """The median, and the spread in brackets."""
    return f"{median(values):.{digits}f} {unit} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def table(own: Side, bare: Side) -> str:
    rows: Mapping[str, tuple[Sequence[float], Sequence[float], str, int]] = {
        "`manage.py check`": ([r.seconds for r in own.check], [r.seconds for r in bare.check], "s", 2),
        "… its memory": ([r.megabytes for r in own.check], [r.megabytes for r in bare.check], "MB", 0),
        "second start, all parts, until a page answers": (own.started, bare.started, "s", 1),
        "stop": (own.stopped, bare.stopped, "s", 1),
        "web process after the first page": (own.web, bare.web, "MB", 0),
        f"web process after {QUESTIONS} questions": (own.web_asked, bare.web_asked, "MB", 0),
    }
    lines = ["| | Lyceum | bare Django | ratio |", "|---|--:|--:|--:|"]
    lines += [
        f"| {name} | {figure(ours_, unit, digits)} | {figure(theirs, unit, digits)} | {median(ours_) / median(theirs):.2f} |"
        for name, (ours_, theirs, unit, digits) in rows.items()
    ]
    start, web = median(own.started), max(median(own.web), median(own.web_asked)) / median(bare.web)
    verdict = [
        f"second start ≤ {GOALS['start']:.0f} s: {'met' if start <= GOALS['start'] else 'missed'} ({start:.1f})",
        f"web process ≤ {GOALS['web']} × the bare one: {'met' if web <= GOALS['web'] else 'missed'} ({web:.2f})",
        f"no AI library is loaded by `manage.py check` ({', '.join(NEVER)} were looked for)",
    ]
    return "\n".join([*lines, "", *(f"- {line}" for line in verdict)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    bare, own, other = Bare(FOLDER / "bare"), Side(), Side()
    library = Library(FOLDER / "library")
    try:
        memory.run([sys.executable, "-c", LOADED], cwd=ROOT, env=environment())
    except RuntimeError as fault:
        sys.exit(f"`manage.py check` loads what it must not: {fault}")
    with library, visitors.client(library, "librarian@example.org") as asker:  # the first start fills it
        visitors.ask(asker, visitors.book_to_ask(asker), "What is a cell?")
    for _ in range(wanted.rounds):
        own.check.append(memory.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=environment()))
        other.check.append(bare.call("manage.py", "check"))
        bare.life(other)
        ours(library, own)
    text = (
        f"`make bench-start`: {wanted.rounds} rounds in turns, the median and in brackets the spread. The peer is what"
        " `django-admin startproject` makes, on the same server with SQLite. Memory is proportional set size (for the"
        f" command, the most that was resident).\n\n{machine()}.\n\n{table(own, other)}\n"
    )
    print(text)
    if not wanted.keep_results:
        write_section("start", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
