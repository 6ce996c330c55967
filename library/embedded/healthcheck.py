"""Whether a part lives. ``manage.py up`` asks it, and containers as ``python -m library.embedded.healthcheck``.

Exits with 0 where it does, else with 1 and a sentence.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from library.core.config.model import Config, ConfigError, config

SECONDS = 5.0
BEAT_SILENCE = 600.0  # seconds; beat writes its schedule every three minutes
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (listened on, so asked on loopback)


def web(settings: Config) -> bool:
    """Whether the web process answers ``/healthz`` with 200, asked by a name that it takes, as the proxy would."""
    connection = http.client.HTTPConnection(
        EVERYWHERE.get(settings.host, settings.host), settings.port, timeout=SECONDS
    )
    return _is_well(connection, {"Host": _name(settings), "X-Forwarded-Proto": "https"})


def embedder(settings: Config) -> bool:
    """Whether the embedder answers on the socket that it announced: its model is loaded."""
    try:
        path = json.loads((settings.var / "embedder.json").read_text())["socket"]
    except (OSError, ValueError, KeyError):
        return False
    return _is_well(_UnixConnection(path), {"Host": "embedder"})


def beat(settings: Config) -> bool:
    """Whether beat has written its schedule lately."""
    written = [path.stat().st_mtime for path in settings.var.glob("celerybeat-schedule*")]
    return bool(written) and time.time() - max(written) < BEAT_SILENCE


def worker(name: str) -> Callable[[Config], bool]:
    """Whether the worker ``name`` of this machine answers a ping through Redis, as it would take a task."""

    def answers(settings: Config) -> bool:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")
        from library.core.background.wake import application

        node = f"{name}@{socket.gethostname()}"
        try:
            return bool(application().control.ping(destination=[node], timeout=SECONDS, limit=1))
        except Exception:  # every transport has its own errors; without Redis no worker is reached
            return False

    return answers


CHECKS: dict[str, Callable[[Config], bool]] = {
    "web": web,
    "embedder": embedder,
    "quick": worker("quick"),
    "slow": worker("slow"),
    "beat": beat,
}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("embedder", timeout=SECONDS)
        self.path = Path(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self.path))


def _is_well(connection: http.client.HTTPConnection, headers: dict[str, str]) -> bool:
    try:
        connection.request("GET", "/healthz", headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _name(settings: Config) -> str:
    """The first name that the web process takes."""
    named = [name.strip() for name in settings.allowed_hosts.split(",") if name.strip()]
    return named[0].removeprefix(".") if named else "localhost"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in CHECKS:
        print(f"Name one part: {', '.join(CHECKS)}.", file=sys.stderr)
        return 2
    try:
        if CHECKS[arguments[0]](config()):
            return 0
        print(f"The part {arguments[0]} does not answer.", file=sys.stderr)
    except ConfigError as fault:
        print(fault, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
