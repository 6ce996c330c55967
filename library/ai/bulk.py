"""Sends the texts of a book to whoever has the model, and waits for it where it is busy, hangs or is being restarted.

The embedder process of this machine is spoken to by the standard library alone: a worker loads nothing for it.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import uuid4

from django.conf import settings

from library.ai import wire
from library.ai.errors import EmbedderUnavailable
from library.ai.spec import Embedder, Kind, ModelSpec, Vectors

log = logging.getLogger(__name__)
PAUSE = 1.0  # seconds before another try
MOST_BROKEN = 5  # answers to the same texts: more of them break it again
GLANCE = 0.2  # seconds between two looks whether to stop
PROBE_EVERY = 2.0  # seconds without an answer, until it is asked whether it lives
PROBE_SECONDS = 2.0
SEND_SECONDS = 2.0  # for it to take a request, and for an answer that has begun


class SendingStopped(Exception):
    """Nobody waits for these vectors any more."""


class Busy(Exception):
    """Enough of ours waits there already."""


class Broken(Exception):
    """It lives, and these texts broke it or its connection."""


Look = Callable[[bool | None], None]  # whether it is silent, where that is known; raises what ends the waiting


class Sender(Protocol):
    """One request to whoever has the model."""

    def ask(self, texts: Sequence[str], kind: Kind, look: Look) -> Vectors:
        """One vector for each text. ``look`` is called while it waits.

        Errors: ``Busy``, ``Broken``, ``EmbedderUnavailable``, ``OSError``; whatever ``look`` raises.
        """
        ...


class BulkEmbedder:
    """Turns texts into vectors in another process, with patience. ``stop`` ends it, from any thread."""

    def __init__(self, sender: Sender, dimensions: int) -> None:
        self.is_waiting = False  # for an embedder that gives no sign of life
        self._sender = sender
        self._dimensions = dimensions
        self._stopped = threading.Event()
        self._silent_since: float | None = None

    def embed(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """float32 (n, dimensions), unit length. Errors: ``EmbedderUnavailable`` in the end; ``SendingStopped``."""
        import numpy as np

        starts = range(0, len(texts), wire.LARGEST_REQUEST)
        parts = [self._embed(texts[start : start + wire.LARGEST_REQUEST], kind) for start in starts]
        return np.concatenate(parts) if parts else np.zeros((0, self._dimensions), dtype=np.float32)

    def stop(self) -> None:
        """End what is under way in a moment, for good."""
        self._stopped.set()

    def _embed(self, texts: Sequence[str], kind: Kind) -> Vectors:
        broken = 0
        while True:
            self._look(None)
            try:
                vectors = self._sender.ask(texts, kind, self._look)
                self._note(is_silent=False)
                return vectors
            except Busy:
                self._note(is_silent=False)
            except Broken as fault:
                broken += 1
                log.warning("The embedder broke over %s texts: %s", len(texts), fault)
                if broken == MOST_BROKEN:
                    raise EmbedderUnavailable from fault
            except (OSError, EmbedderUnavailable, *wire.NOT_VECTORS) as fault:  # the latter: of what it announced
                log.info("The embedder is not there: %s: %s", type(fault).__name__, fault)
                self._note(is_silent=True)
            self._stopped.wait(PAUSE)

    def _look(self, is_silent: bool | None) -> None:
        if self._stopped.is_set():
            raise SendingStopped
        if is_silent is not None:
            self._note(is_silent=is_silent)

    def _note(self, *, is_silent: bool) -> None:
        """Errors: ``EmbedderUnavailable`` where it has been silent for too long."""
        self.is_waiting = is_silent
        if not is_silent:
            self._silent_since = None
            return
        now = time.monotonic()
        self._silent_since = self._silent_since or now
        if now - self._silent_since >= settings.EMBEDDER_PATIENCE_SECONDS:
            raise EmbedderUnavailable


class ElsewhereSender:
    """Asks a server of one's own, by its client."""

    def __init__(self, client: Embedder) -> None:
        self._client = client

    def ask(self, texts: Sequence[str], kind: Kind, look: Look) -> Vectors:
        return self._client.embed(texts, kind)


class SocketSender:
    """Asks the embedder process over its socket."""

    def __init__(self, model: ModelSpec) -> None:
        self.spec = model
        self.name = f"{os.getpid()}-{uuid4().hex[:12]}"

    def ask(self, texts: Sequence[str], kind: Kind, look: Look) -> Vectors:
        asked = wire.asked(self.spec, texts, kind) | {"bulk_sender": self.name}
        body = json.dumps(asked, ensure_ascii=False).encode()
        connection = Connection(wire.socket_path(), SEND_SECONDS)
        connection.connect()
        try:
            connection.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json"})
            self._wait(connection.sock, look)
            answer = connection.getresponse()
            return self._vectors(answer.status, answer.read(), len(texts))
        except (http.client.HTTPException, ConnectionError) as fault:  # it died meanwhile
            raise Broken(f"{type(fault).__name__}: {fault}") from fault
        finally:
            connection.close()

    def _wait(self, sock: socket.socket, look: Look) -> None:
        """Until there is an answer, or the connection broke. While it computes it lives, however long that takes."""
        is_silent: bool | None
        probe_at, is_silent = time.monotonic() + PROBE_EVERY, None
        while not select.select([sock], [], [], GLANCE)[0]:
            if time.monotonic() >= probe_at:
                is_silent = not is_alive()
                probe_at = time.monotonic() + PROBE_EVERY
            look(is_silent)

    def _vectors(self, status: int, body: bytes, count: int) -> Vectors:
        if status == 429:
            raise Busy
        if status != 200:
            raise Broken(f"{status}: {body[:300]!r}")
        try:
            return wire.vectors_of(json.loads(body), (count, self.spec.dimensions))
        except wire.NOT_VECTORS as fault:
            raise Broken(f"{type(fault).__name__}: {fault}") from fault


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("embedder", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self._path)
        except OSError:
            self.sock.close()
            raise


def is_alive() -> bool:
    """Whether the embedder says so at once."""
    try:
        connection = Connection(wire.socket_path(), PROBE_SECONDS)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
