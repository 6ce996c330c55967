"""An embeddings server for tests that answers as it is told to, by TCP or on a unix socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

from library.ai.client import close_all
from library.ai.spec import ModelSpec

Reply = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


def vectors_of(texts: list[str]) -> list[list[float]]:
    return [[float(len(text)), float(ord(text[0]))] for text in texts]


def send(handler: BaseHTTPRequestHandler, body: Any, status: int = 200) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def rows(asked: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"index": index, "embedding": vector} for index, vector in enumerate(vectors_of(asked["input"]))]


def well(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
    send(handler, {"data": rows(asked)})


class Remote:
    """A server. ``replies``: what it does at the next requests; afterwards it answers well."""

    def __init__(self, path: Path | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.replies: list[Reply] = []
        remote = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                remote.asked.append(asked | {"path": self.path})
                (remote.replies.pop(0) if remote.replies else well)(self, asked)

            def do_GET(self) -> None:
                send(self, {"status": "ok"})

            def log_message(self, *args: Any) -> None:
                pass

        self.server: Any = (
            ThreadingUnixStreamServer(str(path), Handler) if path else ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        )
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def model(self, **values: Any) -> ModelSpec:
        told: dict[str, Any] = {"name": "small", "package": "", "dimensions": 2, "window": 256}
        told |= {
            "thresholds": (("", 0.4),),
            "record_thresholds": (("", 0.4),),
            "url": f"http://127.0.0.1:{self.server.server_address[1]}",
        }
        return ModelSpec(**told | values)


def living(made: Remote) -> Iterator[Remote]:
    yield made
    close_all()
    made.server.shutdown()
    made.server.server_close()
