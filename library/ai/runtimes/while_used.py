"""A model that is kept while there are texts for it, and given back to the machine afterwards."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable, Sequence

from library.ai.spec import Embedder, Kind, Vectors


class WhileUsed:
    """``load`` is called by the first text and by the first one after a rest. Any number of threads may embed."""

    def __init__(self, load: Callable[[], Embedder], *, seconds: float) -> None:
        self._load = load
        self._seconds = seconds
        self._lock = threading.Lock()
        self._embedder: Embedder | None = None
        self._users = 0
        self._idle_since = 0.0
        self._watch: threading.Timer | None = None

    @property
    def is_loaded(self) -> bool:
        return self._embedder is not None

    def embed(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """float32 (n, dimensions), unit length."""
        with self._lock:
            if self._embedder is None:
                self._embedder = self._load()
            embedder = self._embedder
            self._users += 1
        try:
            return embedder.embed(texts, kind)
        finally:
            with self._lock:
                self._users -= 1
                self._idle_since = time.monotonic()
                if self._watch is None:
                    self._look_again(self._seconds)

    def _look_again(self, seconds: float) -> None:
        self._watch = threading.Timer(seconds, self._look)
        self._watch.daemon = True  # a process that ends waits for nobody
        self._watch.start()

    def _look(self) -> None:
        with self._lock:
            left = self._idle_since + self._seconds - time.monotonic()
            if self._users or left > 0:
                self._look_again(max(left, 0.1))
                return
            self._watch = self._embedder = None
        give_back()


def give_back() -> None:
    """Hand what this process no longer uses back to the machine, where its C library can."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
        if trim:
            trim(0)
