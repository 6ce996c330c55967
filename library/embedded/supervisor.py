"""Everything that `manage.py up` keeps running, in one terminal."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from library.core.config import model as configuration
from library.core.config.model import ROOT, Config, ConfigError
from library.core.config.report import unknown_names
from library.embedded import folders, healthcheck, log_files, processes
from library.embedded.commands import commands_of_one_machine
from library.embedded.postgres import KEY_FILE, Postgres
from library.embedded.redis import Redis

Say = Callable[[str], None]


@dataclass
class Part:
    """One supervised process and how often it had to be started again."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    again_at: float = 0.0
    started_at: float = field(default=0.0)


class Stopped(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class Supervisor:
    """PostgreSQL and Redis (in embedded mode), then web, embedder and workers, until told to stop."""

    def __init__(self, config: Config, say: Say) -> None:
        self.config = config
        self.say = say
        self.embedded = config.embedded
        self.postgres = Postgres(config.var) if self.embedded else None
        self.redis = Redis(config.var) if self.embedded else None
        self.parts: list[Part] = []
        self._lock: TextIO | None = None
        self._left_addresses = False

    def run(self) -> None:
        """Start everything, say where it answers, keep it alive. Errors: ``ConfigError``."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _raise_stopped)
        try:
            self._start()
            while True:
                self._revive()
                time.sleep(0.5)
        except Stopped:
            self.say("Stopping …")
        finally:
            self._stop()
        self.say("Stopped.")  # where it could not go on, the reason is said instead, by whoever catches it

    # -- start ----------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        for sentence in unknown_names():
            self.say(sentence)
        os.umask(0o077)  # ours, and of all that is started here: what they write is for us alone
        folders.prepare_var(self.config.var)
        self._lock = folders.lock(self.config.var)
        check_port_free(self.config.host, self.config.port)
        if self.postgres and self.redis:
            self._start_embedded(self.postgres, self.redis)
        else:
            check_reachable(self.config)
        self._spawn(self._part("embedder"))
        prepared = subprocess.run(
            [sys.executable, "manage.py", "prepare"], cwd=ROOT, env=self._environment(), check=False
        )
        if prepared.returncode:
            raise ConfigError("The database could not be prepared; the lines above say why.")
        self._spawn(self._part("web"))
        self._wait_for_web()  # before the workers begin to load: who waits, waits for a page
        for name in ("quick worker", "slow worker"):
            self._spawn(self._part(name))
        self._greet()

    def _start_embedded(self, postgres: Postgres, redis: Redis) -> None:
        if postgres.mend() | redis.mend():
            self.say("An earlier start was killed and had left its services running; they were ended.")
        if postgres.moved:
            self.say(
                f"PostgreSQL cannot reach {self.config.var} as {postgres.account.name}; its data is in {postgres.data}."
            )
        if postgres.is_orphaned:
            self.say(
                "A library is there already: its data folder stood here, and has gone with the files of its books."
                f" To begin anew, stop this, delete {postgres.data.parent} and start again."
            )
        postgres.start()
        redis.start()
        leave = {"database_url": postgres.url, "redis_url": redis.url, "secret_key": secret_key(self.config.var)}
        write_private(configuration.embedded_file(), json.dumps(leave))
        self._left_addresses = True

    def _environment(self) -> dict[str, str]:
        return configuration.child_environment()

    def _part(self, name: str) -> Part:
        part = Part(name, commands_of_one_machine(self.config)[name])
        self.parts.append(part)
        return part

    def _spawn(self, part: Part) -> None:
        part.started_at = time.monotonic()
        part.process = processes.spawn(part.command, env=self._environment(), cwd=ROOT)

    def _wait_for_web(self) -> None:
        def answers() -> bool:
            web = next(part for part in self.parts if part.name == "web")
            if web.process is not None and web.process.poll() is not None:
                raise ConfigError("The web process stopped while starting; the lines above say why.")
            return healthcheck.web(self.config)

        if not processes.wait_until(answers, seconds=60, pause=0.1):
            raise ConfigError(
                f"The web process did not answer on {self.config.host}:{self.config.port} within a minute."
            )

    def _greet(self) -> None:
        address = f"http://{self.config.host}:{self.config.port}"
        self.say(f"\nLyceum is open at {address}")
        if self.embedded:
            if not (self.config.var / folders.RESTORED).exists():
                self.say("  reader@example.org, librarian@example.org, admin@example.org, password lyceum-demo")
            self.say(f"  the codes that are mailed: {address}/dev/mailbox/")
        self.say("Ctrl-C stops everything.\n")

    # -- keep -----------------------------------------------------------------------------------------------------

    def _revive(self) -> None:
        """Start again what died, at growing intervals, and say so; keep the logs short."""
        for name, service in (("PostgreSQL", self.postgres), ("Redis", self.redis)):
            if service and service.process and service.process.poll() is not None:
                self.say(f"{name} stopped; starting it again. No job is lost: jobs are rows.")
                self._restart(service)
            if service:
                log_files.bound(service.log)
        now = time.monotonic()
        for part in self.parts:
            if part.process is None:
                if now >= part.again_at:
                    self._spawn(part)
            elif part.process.poll() is not None:
                processes.signal_group(part.process, signal.SIGKILL)  # children that outlived it
                part.restarts = 0 if now - part.started_at > 60 else part.restarts + 1
                part.again_at = now + min(2**part.restarts, 30) - 1
                self.say(f"The {part.name} stopped ({_ending(part.process.returncode)}); starting it again.")
                part.process = None

    def _restart(self, service: Postgres | Redis) -> None:
        """Start a service that died. What it left may need a moment to go: three tries. Errors: ``ConfigError``."""
        for pause in (1, 3):
            try:
                service.start()
            except ConfigError:
                time.sleep(pause)
            else:
                return
        service.start()

    # -- stop -----------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        processes.stop_all([part.process for part in self.parts if part.process], seconds=4)
        if self._left_addresses:
            configuration.embedded_file().unlink(missing_ok=True)
        if self.redis:
            self.redis.stop(seconds=2)
        if self.postgres:
            self.postgres.stop(seconds=3)
        if self._left_addresses:
            shutil.rmtree(folders.socket_folder(self.config.var), ignore_errors=True)


def main() -> None:
    """Run everything until told to stop, and say in this terminal what happens. Errors: ``ConfigError``."""
    Supervisor(configuration.config(), lambda line: print(line, flush=True)).run()


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def check_port_free(host: str, port: int) -> None:
    """Errors: ``ConfigError`` where something already listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            raise ConfigError(
                f"Port {port} on {host} cannot be used: {fault.strerror}. Choose another, for instance PORT={port + 1}."
            ) from None


def check_reachable(config: Config) -> None:
    """Errors: ``ConfigError`` naming the URL behind which nothing answers. Never shows a password."""
    import psycopg
    import redis

    try:
        psycopg.connect(config.database_url, connect_timeout=5).close()
    except (psycopg.Error, ValueError) as fault:
        said = str(fault).strip().splitlines()
        raise ConfigError(f"DATABASE_URL cannot be used: {said[-1] if said else type(fault).__name__}") from None
    try:
        with redis.Redis.from_url(config.redis_url, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as fault:
        raise ConfigError(f"REDIS_URL cannot be used: {fault}") from None


def secret_key(var: Path) -> str:
    """The data folder's own secret, made at the first start and kept, 0600."""
    path = var / KEY_FILE
    if not path.exists():
        write_private(path, secrets.token_urlsafe(64))
    return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
