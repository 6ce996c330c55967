"""What is looked for, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

from library.ai.spec import Vectors
from rag.models import Passage


@dataclass(frozen=True)
class AskedQuestion:
    """A question in words, and its vector (float32, unit length) by the model of what is asked."""

    text: str
    vector: Vectors


@dataclass(frozen=True)
class Hit:
    """A passage that came back, and how near it is to the question (cosine, -1 to 1)."""

    passage: Passage
    score: float
