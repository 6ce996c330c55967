"""How long each question takes: the quickest of three, after all were asked once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

TRIES = 3
K, FETCH = 5, 20


def milliseconds(work: Callable[[Any], Any], questions: Sequence[Any]) -> list[float]:
    """Of each of ``questions``; they must bring something."""
    for question in questions[:20]:
        assert work(question), "nothing was found"
    return [min(_once(work, question) for _try in range(TRIES)) for question in questions]


def _once(work: Callable[[Any], Any], question: Any) -> float:
    began = time.perf_counter()
    work(question)
    return (time.perf_counter() - began) * 1000
