"""Vectors from another process, in OpenAI's embeddings shape, over a unix socket or by URL."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from typing import Any

import httpx

from library.ai import wire
from library.ai.errors import EmbedderUnavailable
from library.ai.spec import Kind, ModelSpec, Vectors
from library.core.faults.circuit_breaker import Breaker, Resting

log = logging.getLogger(__name__)
TIMEOUT = httpx.Timeout(10.0, connect=1.0, pool=5.0)
LIMITS = httpx.Limits(max_connections=32, max_keepalive_connections=8, keepalive_expiry=60)
_clients: dict[tuple[int, str, str], httpx.Client] = {}
# A short wait says nothing about a longer one: who waits 0.3 s for a word may let that rest, and questions go on.
_breakers: dict[tuple[str, float | None], Breaker] = {}
_making = threading.Lock()


class EmbedderClient:
    """Speaks ``POST /v1/embeddings``. One pool of connections for each process and server."""

    def __init__(self, model: ModelSpec, *, seconds: float | None = None) -> None:
        self.spec = model
        self.timeout = TIMEOUT if seconds is None else httpx.Timeout(seconds)
        self.breaker = _breaker(model, seconds)

    def embed(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """float32 (n, dimensions), unit length. Errors: ``EmbedderUnavailable``."""
        import numpy as np

        starts = range(0, len(texts), wire.LARGEST_REQUEST)
        parts = [self._embed(texts[start : start + wire.LARGEST_REQUEST], kind) for start in starts]
        return np.concatenate(parts) if parts else np.zeros((0, self.spec.dimensions), dtype=np.float32)

    def _embed(self, texts: Sequence[str], kind: Kind) -> Vectors:
        try:
            with self.breaker.tried(httpx.TimeoutException):
                answer = self._post(wire.asked(self.spec, texts, kind))
            vectors = wire.vectors_of(answer, (len(texts), self.spec.dimensions))
            return self.spec.compared(vectors, kind) if self.spec.url else vectors  # ours did that itself
        except Resting:
            raise EmbedderUnavailable from None
        except (httpx.HTTPError, OSError, *wire.NOT_VECTORS) as fault:
            log.warning("The embedder did not answer: %s: %s", type(fault).__name__, fault)
            raise EmbedderUnavailable from fault

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        socket = "" if self.spec.url else wire.socket_path()
        address = embeddings_url(self.spec.url) if self.spec.url else "http://embedder/v1/embeddings"
        pool = _pool(socket, address)
        try:
            response = pool.post(address, json=body, timeout=self.timeout)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.CloseError):
            response = pool.post(
                address, json=body, timeout=self.timeout
            )  # a restarted server closed the connections that we kept
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found


def client(model: ModelSpec, *, seconds: float | None = None) -> EmbedderClient:
    """A client for ``model``; cheap, the connections are shared. ``seconds``: it gives up after that long."""
    return EmbedderClient(model, seconds=seconds)


def embeddings_url(url: str) -> str:
    """The address of the embeddings endpoint of a server given by its root, its ``/v1`` or in full."""
    url = url.rstrip("/")
    if url.endswith("/embeddings"):
        return url
    return f"{url}/embeddings" if url.endswith("/v1") else f"{url}/v1/embeddings"


def close_all() -> None:
    """Close every connection of this process; the next question opens new ones."""
    with _making:
        _breakers.clear()
        for (pid, *_rest), pool in _clients.items():
            if pid == os.getpid():
                pool.close()
        _clients.clear()


def _breaker(model: ModelSpec, seconds: float | None) -> Breaker:
    with _making:
        return _breakers.setdefault((model.url, seconds), Breaker(f"The embedder {model.url}".strip()))


def _pool(socket: str, address: str) -> httpx.Client:
    key = (os.getpid(), socket, address)  # a forked child must not share its parent's connections
    with _making:
        if key not in _clients:
            transport = httpx.HTTPTransport(uds=socket, limits=LIMITS) if socket else httpx.HTTPTransport(limits=LIMITS)
            _clients[key] = httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False)
        return _clients[key]
