"""Child processes: how they are started, ended and found again; and PostgreSQL's last words."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from library.core.config.model import ConfigError
from library.embedded import folders, processes, redis
from library.embedded.postgres import Postgres, buffers_mb, wheel_folder
from library.embedded.processes import command_of, end_leftover, signal_group, spawn, stop_all, wait_until

GIB = 1024**3


@pytest.fixture
def alive():
    """Starts a program that lives until it is ended; all are, at the end."""
    made: list[subprocess.Popen[bytes]] = []

    def start(script: str = "sleep 60", log: Path | None = None) -> subprocess.Popen[bytes]:
        made.append(spawn(["sh", "-c", script], log=log))
        return made[-1]

    yield start
    for process in made:
        signal_group(process, signal.SIGKILL)
        process.wait(10)


def lines(path: Path, number: int) -> list[str]:
    """The first lines that a process writes, once they are there."""
    assert wait_until(lambda: path.exists() and path.read_text().count("\n") >= number, seconds=10, pause=0.01)
    return path.read_text().splitlines()


# -- starting


def test_a_child_has_the_environment_and_folder_that_it_is_given_and_nothing_to_read(tmp_path):
    log = tmp_path / "log"
    script = (
        "import os, sys; print(os.environ['BOOK'], os.getcwd(), repr(sys.stdin.read())); print('bad', file=sys.stderr)"
    )
    child = spawn([sys.executable, "-c", script], env={"BOOK": "Silas"}, log=log, cwd=Path("/"))
    assert child.wait(20) == 0
    assert sorted(log.read_text().splitlines()) == ["Silas / ''", "bad"]


def test_what_one_before_wrote_stays_in_the_log(tmp_path):
    log = tmp_path / "log"
    for word in ("one", "two"):
        spawn(["echo", word], log=log).wait(10)
    assert log.read_text() == "one\ntwo\n"


def test_a_program_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        spawn([tmp_path / "nothing"], log=tmp_path / "log")


def test_ctrl_c_of_the_terminal_reaches_the_child_by_us_alone(alive, tmp_path):
    child = alive("echo ready; sleep 60", log=tmp_path / "log")
    lines(tmp_path / "log", 1)
    assert os.getsid(child.pid) == child.pid != os.getsid(0)


# -- ending


def test_all_are_asked_to_end_and_what_does_not_is_ended(alive, tmp_path):
    polite = alive("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done", log=tmp_path / "polite")
    stubborn = alive("trap '' TERM; echo ready; while :; do sleep 0.01; done", log=tmp_path / "stubborn")
    for name in ("polite", "stubborn"):
        lines(tmp_path / name, 1)
    stop_all([polite, stubborn], seconds=0.3)
    assert (polite.returncode, stubborn.returncode) == (0, -signal.SIGKILL)
    assert (tmp_path / "polite").read_text() == "ready\nbye\n"


def test_what_a_child_started_goes_with_it(alive, tmp_path):
    parent = alive("sleep 60 & echo $!; wait", log=tmp_path / "log")
    grandchild = int(lines(tmp_path / "log", 1)[0])
    stop_all(iter([parent]), seconds=2)
    assert wait_until(lambda: "sleep" not in command_of(grandchild), seconds=10)


def test_one_that_has_ended_already_is_no_trouble(alive):
    child = alive("exit 3")
    child.wait(10)
    stop_all([child], seconds=0)
    signal_group(child, signal.SIGTERM)
    assert child.returncode == 3


@pytest.mark.parametrize(
    ("answers", "came_true"), [([True], True), ([False, False, True], True), ([False] * 999, False)]
)
def test_waiting_for_what_comes_true_or_does_not(answers, came_true):
    coming = iter(answers)
    assert wait_until(lambda: next(coming), seconds=0.05 if not came_true else 10, pause=0.001) is came_true


# -- finding again


def test_a_command_line_is_seen_and_that_of_nobody_is_empty():
    mine = command_of(os.getpid())
    assert "python" in mine
    assert "\0" not in mine
    assert command_of(2**22 + 1) == ""


@pytest.mark.parametrize("pid", [-1, 0, 1])
def test_no_number_that_stands_for_many_is_ever_ended(pid, monkeypatch):
    monkeypatch.setattr(os, "kill", lambda *given: pytest.fail("ended"))
    monkeypatch.setattr(processes, "command_of", lambda pid: "our folder")
    assert end_leftover(pid, belongs="our folder", by=signal.SIGTERM) is False


def test_a_process_of_somebody_else_is_left_alone(alive):
    other = alive("sleep 60")
    assert end_leftover(other.pid, belongs="/our/folder", by=signal.SIGTERM) is False
    assert other.poll() is None


class Stubborn:
    """A process that ends by the signal that it heeds, and by no other."""

    def __init__(self, heeds: int) -> None:
        self.heeds, self.command = heeds, "server -D /our/folder"
        self.signals: list[int] = []

    def kill(self, pid: int, number: int) -> None:
        self.signals.append(number)
        if number == self.heeds:
            self.command = ""


@pytest.mark.parametrize(
    ("heeds", "sent"), [(signal.SIGINT, [signal.SIGINT]), (signal.SIGKILL, [signal.SIGINT, signal.SIGKILL])]
)
def test_what_an_earlier_start_left_is_asked_and_then_ended(monkeypatch, heeds, sent):
    left = Stubborn(heeds)
    monkeypatch.setattr(os, "kill", left.kill)
    monkeypatch.setattr(processes, "command_of", lambda pid: left.command)
    assert end_leftover(77, belongs="/our/folder", by=signal.SIGINT, seconds=0) is True
    assert left.signals == sent


# -- PostgreSQL and Redis before they run


@pytest.fixture
def server(tmp_path):
    made = Postgres(tmp_path)
    yield made
    made.sockets.parent.rmdir()


def test_its_address_leads_through_the_private_folder_without_a_password(server):
    parts = urlsplit(server.url)
    assert (parts.scheme, parts.username, parts.password, parts.path) == ("postgresql", "lyceum", None, "/lyceum")
    assert parse_qs(parts.query)["host"] == [str(server.sockets)]
    assert server.sockets.parent == folders.socket_folder(server.var)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "it said nothing (more in {log})"),
        ("first\n\nFATAL: could not map memory\n\n", "FATAL: could not map memory (more in {log})"),
        (b"\xff bad letters", "� bad letters (more in {log})"),
        (None, "it wrote no log to {log}."),
    ],
)
def test_why_it_did_not_start_is_told_in_its_own_last_words(server, written, words):
    server.log.parent.mkdir(parents=True, exist_ok=True)
    server.log.unlink(missing_ok=True)
    if written is not None:
        server.log.write_bytes(written if isinstance(written, bytes) else written.encode())
    server.process = subprocess.Popen(["true"])
    server.process.wait(10)
    with pytest.raises(ConfigError) as refusal:
        server._is_ready()
    assert str(refusal.value) == f"PostgreSQL stopped while starting: {words.format(log=server.log)}"
    server.log.unlink(missing_ok=True)


@pytest.mark.parametrize("written", [None, "", "not a number\n", "-5\n"])
def test_a_process_file_that_says_nothing_names_nobody(server, written, monkeypatch):
    monkeypatch.setattr(os, "kill", lambda *given: pytest.fail("ended"))
    if written is not None:
        server.data.mkdir(parents=True)
        (server.data / "postmaster.pid").write_text(written)
    assert server.mend() is False
    other = redis.Redis(server.var)
    if written is not None:
        other.folder.mkdir()
        (other.folder / "redis.pid").write_text(written)
    assert other.mend() is False
    if written is not None:
        shutil.rmtree(server.data)


def test_one_that_never_ran_is_stopped_without_harm(server):
    server.stop()
    redis.Redis(server.var).stop()


@pytest.mark.parametrize(
    ("memory", "megabytes"), [(GIB // 2, 128), (2 * GIB, 128), (4 * GIB, 256), (16 * GIB, 1024), (512 * GIB, 1024)]
)
def test_a_sixteenth_of_the_memory_keeps_pages_within_bounds(memory, megabytes, monkeypatch):
    sizes = {"SC_PHYS_PAGES": memory // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    assert buffers_mb() == megabytes


def test_without_the_wheel_it_is_told_what_to_install(monkeypatch):
    assert (wheel_folder() / "bin" / "postgres").exists()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="The embedded PostgreSQL is not installed: run `make install`"):
        wheel_folder()


def test_a_redis_that_ends_while_it_starts_is_told_with_where_its_words_are(tmp_path, monkeypatch):
    folders.prepare_var(tmp_path)
    false = tmp_path / "false"
    false.write_text("#!/bin/sh\nexit 1\n")
    false.chmod(0o755)
    monkeypatch.setattr(redis, "program", lambda: false)
    made = redis.Redis(tmp_path)
    with pytest.raises(ConfigError, match=f"Redis stopped while starting; its last words are in {made.log}"):
        made.start()
    made.stop()
    made.socket.parent.rmdir()
