"""A small embedding model behind a real server that speaks OpenAI's embeddings shape: words hashed into few numbers."""

from __future__ import annotations

import json
import re
import threading
import zlib
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

WORD = re.compile(r"\w+")


def vector(text: str, dimensions: int) -> list[float]:
    """How often words of each of ``dimensions`` kinds are in ``text``, unit length."""
    found = np.zeros(dimensions)
    for word in WORD.findall(text.casefold()):
        found[zlib.crc32(word.encode()) % dimensions] += 1
    return [float(value) for value in found / (np.linalg.norm(found) or 1)]


class TinyServer:
    """Serves every model asked of it; ``dimensions`` by the number in the model's name (``tiny-8``)."""

    def __init__(self) -> None:
        self.texts: Counter[str] = Counter()  # by model
        self.is_broken = False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                texts, dimensions = asked["input"], int(asked["model"].rsplit("-", 1)[1])
                server.texts[asked["model"]] += len(texts)
                rows = [
                    {"object": "embedding", "index": index, "embedding": vector(text, dimensions)}
                    for index, text in enumerate(texts)
                ]
                body = json.dumps({"object": "list", "model": asked["model"], "data": rows}).encode()
                self.send_response(503 if server.is_broken else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def model(self, dimensions: int) -> dict[str, Any]:
        """The entry of ``tiny-<dimensions>`` for ``settings.EMBEDDING_MODELS``."""
        return {
            "dimensions": dimensions,
            "window": 256,
            "threshold": 0.1,
            "record_threshold": 0.1,
            "url": self.url,
        }

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
