"""The whole library as its own processes, as `make run` starts it, in a data folder of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg

from library.embedded import folders

ROOT = Path(__file__).resolve().parents[1]
OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "LYCEUM_SECRET_KEY",
    "LYCEUM_ALLOWED_HOSTS",
    "DJANGO_SETTINGS_MODULE",
    "PYTEST_XDIST_WORKER",
    "LYCEUM_VAR",
    "PYTHONDONTWRITEBYTECODE",  # who runs a library has its modules compiled once, not by each process
)
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**extra: str) -> dict[str, str]:
    """A newcomer's environment, nothing of the test run's own services; with the model that is half the work, and one
    digital book."""
    quick = {"LYCEUM_EMBEDDING_MODEL": "all-MiniLM-L6-v2", "LYCEUM_DEMONSTRATION": "small"}
    return {name: value for name, value in os.environ.items() if name not in OURS} | quick | extra


def eventually(look: Callable[[], T], *, seconds: float, pause: float = 0.1) -> T:
    """The first true answer of ``look``; fails after ``seconds`` with its last one."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s; last seen: {found!r}")
        time.sleep(pause)


def processes_naming(text: str) -> list[str]:
    """Command lines of all processes that name ``text`` in their command or environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes() + b"\0" + (folder / "environ").read_bytes()
            if text.encode() in words and int(folder.name) != os.getpid():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (OSError, ValueError):
            continue
    return found


class Stack:
    """One `manage.py up`."""

    def __init__(self, var: Path, **extra: str) -> None:
        self.var = var
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment(LYCEUM_VAR=str(var), PORT=str(self.port), **extra)
        self.log = var.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None
        self.clients: list[httpx.Client] = []

    def start(self, *, seconds: float = 120) -> None:
        self.var.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

        def is_open() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.words
            return "Ctrl-C stops everything" in self.words

        try:
            eventually(is_open, seconds=seconds)
        except BaseException:
            self.kill_all()  # whoever waits for it gets no stack that could be stopped
            raise

    @property
    def words(self) -> str:
        """What it has said so far."""
        return self.log.read_text(errors="replace")

    def stop(self) -> float:
        """Stops it as a person would and returns the seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began

    def kill_all(self) -> None:
        """End it where it cannot be asked: the supervisor, then what it leaves, which the kernel asks to end."""
        if self.process is None:
            return
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def remove(self) -> None:
        while self.clients:
            self.clients.pop().close()
        if self.process is not None and self.process.poll() is None:
            self.stop()
        data = folders.postgres_data(self.var, folders.postgres_account())
        for folder in (self.var, data.parent if data.parent != self.var else self.var, folders.socket_folder(self.var)):
            shutil.rmtree(folder, ignore_errors=True)

    def part(self, words: str) -> int:
        """The process id of the supervised process whose command has all of ``words``."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                status = (folder / "status").read_text()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            parent = re.search(r"^PPid:\t(\d+)", status, re.M)
            is_ours = self.process is not None and parent is not None and int(parent[1]) == self.process.pid
            if is_ours and all(word in command for word in words.split()):
                return int(folder.name)
        raise AssertionError(f"no process {words!r}")

    def kill(self, words: str) -> None:
        """Kill -9 the supervised process and everything that it started."""
        os.killpg(self.part(words), signal.SIGKILL)

    def sql(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Rows from its database, read from outside."""
        url = json.loads((self.var / "embedded.json").read_text())["database_url"]
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def mails(self, to: str) -> list[str]:
        """The bodies of all mails to an address, oldest first."""
        bodies = []
        for path in sorted((self.var / "mail").glob("*.eml")):
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            if to in str(message["To"]):
                body = message.get_body(("plain",))
                bodies.append(body.get_content() if body else "")
        return bodies

    def code(self, to: str, *, after: int = 0) -> str:
        """The newest code that was mailed, once one came after the first ``after`` mails; other letters do not count."""
        found = eventually(lambda: re.findall(r"^\d{6}$", "\n".join(self.mails(to)[after:]), re.M)[-1:], seconds=60)
        return str(found[0])

    def client(self, email: str = "", password: str = "lyceum-demo") -> httpx.Client:
        """An API client, signed in with a bearer token where an address is given."""
        client = httpx.Client(base_url=f"{self.url}/api/v1", timeout=30)
        self.clients.append(client)
        if email:
            before = len(self.mails(email))
            challenge = client.post("/auth/login/", json={"email": email, "password": password})
            assert challenge.status_code == 202, challenge.text
            step = {"challenge": challenge.json()["challenge"], "otp": self.code(email, after=before)}
            tokens = client.post("/auth/login/", json=step)
            assert tokens.status_code == 200, tokens.text
            client.headers["Authorization"] = f"Bearer {tokens.json()['access']}"
        return client
