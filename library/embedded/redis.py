"""redis-server as a supervised child on a private unix socket."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

from library.core.config.model import ConfigError
from library.embedded import folders, processes
from library.embedded.redis_program import program


class Redis:
    """One embedded server over one data folder."""

    def __init__(self, var: Path) -> None:
        self.folder = var / "redis"
        self.log = var / "log" / "redis.log"
        self.socket = folders.socket_folder(var) / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Bring the server up. Errors: ``ConfigError``."""
        self.mend()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        self.process = processes.spawn(
            [
                program(),
                "--port",
                "0",
                "--unixsocket",
                self.socket,
                "--unixsocketperm",
                "700",
                "--dir",
                self.folder,
                "--pidfile",
                self.folder / "redis.pid",
                "--databases",
                "64",
                "--appendonly",
                "yes",
                "--save",
                "",
            ],
            log=self.log,
        )
        (self.folder / "redis.pid").write_text(str(self.process.pid))
        if not processes.wait_until(self._answers, seconds=20, pause=0.02):
            raise ConfigError(f"Redis did not start; its last words are in {self.log}.")

    def stop(self, *, seconds: float = 3) -> None:
        if self.process is not None:
            processes.stop_all([self.process], seconds=seconds)
            self.process = None

    def mend(self) -> bool:
        """End a server that a killed start left on this data. True where there was one."""
        try:
            pid = int((self.folder / "redis.pid").read_text())
        except (OSError, ValueError):
            return False
        # redis-server rewrites its command line to name its socket, not its folder.
        return processes.end_leftover(pid, belongs=str(self.socket), by=signal.SIGTERM)

    def _answers(self) -> bool:
        """Asked in its own words: the client library would take more memory than the server."""
        if self.process is not None and self.process.poll() is not None:
            raise ConfigError(f"Redis stopped while starting; its last words are in {self.log}.")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(2)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")  # an error while it reads its data
        except OSError:
            return False
