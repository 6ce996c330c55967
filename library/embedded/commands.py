"""What runs Lyceum: the command of each process.

docker-compose.yml is held to these; ``manage.py up``, which has exactly one of each, starts one fewer.
"""

from __future__ import annotations

import sys
from pathlib import Path

from library.core.config.model import Config


def commands(
    config: Config, *, python: str = sys.executable, embedder_socket: Path | None = None
) -> dict[str, list[str]]:
    """Part → command line, to be run in the root folder.

    ``embedder_socket``: where the embedder listens, if others must reach it from outside this machine's /tmp.
    """
    # As root, in a container say, Celery would warn at each start; embedded mode is for one person's machine.
    celery = [python, "-W", "ignore:You're running the worker", "-m", "celery", "-q", "-A", "library"]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle", "-l", "WARNING"]
    return {
        "embedder": [
            python,
            "manage.py",
            "embedder",
            *(["--socket", str(embedder_socket)] if embedder_socket else []),
        ],
        "web": [
            python,
            "-m",
            "uvicorn",
            "library.asgi:application",
            "--host",
            config.host,
            "--port",
            str(config.port),
            "--log-level",
            "warning",
            "--no-access-log",
            "--no-server-header",
            "--lifespan",
            "off",
            "--ws-max-size",
            "16384",  # bytes of a message; what a client sends is short (library.live.sockets)
            "--ws-per-message-deflate",
            "false",  # for each socket it would keep as much memory as all else of it
            "--timeout-graceful-shutdown",
            "2",
            "--no-proxy-headers",  # accounts.limits.services decides whose word about client addresses counts
        ],
        # Codes and sweeps must never wait behind a book that is being indexed: two workers, two queues.
        "quick worker": [*worker, "-Q", "quick", "-n", "quick@%h", "--pool", "threads", "-c", "4"],
        "slow worker": ["nice", "-n", "5", *worker, "-Q", "slow", "-n", "slow@%h", "--pool", "prefork", "-c", "1"],
        "beat": [*celery, "beat", "-l", "WARNING", "--pidfile="],
    }


def commands_of_one_machine(config: Config) -> dict[str, list[str]]:
    """Those of ``manage.py up``: beat is a thread of the quick worker, which does almost all that is due (ADR 36)."""
    parts = commands(config)
    del parts["beat"]
    parts["quick worker"].append("--keep-time")
    return parts
