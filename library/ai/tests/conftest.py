from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from library.ai.client import close_all
from library.ai.tests.remote import Remote, living


@pytest.fixture
def httpserver_of() -> Iterator[Callable[[Any], str]]:
    """Starts a small HTTP server that answers every POST with one body; gives its address."""
    servers: list[HTTPServer] = []

    def start(body: Any) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *args: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    close_all()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def remote() -> Iterator[Remote]:
    yield from living(Remote())


@pytest.fixture
def ours() -> Iterator[Remote]:
    """One on a unix socket, whose path must be short."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield from living(Remote(Path(folder) / "e.sock"))


@pytest.fixture
def announced(ours: Remote, settings: Any, tmp_path: Path) -> Remote:
    """… that the settings know as the embedder of this machine."""
    settings.EMBEDDER_SOCKET_FILE = tmp_path / "embedder.json"
    settings.EMBEDDER_SOCKET_FILE.write_text(json.dumps({"socket": str(ours.server.server_address)}))
    return ours
