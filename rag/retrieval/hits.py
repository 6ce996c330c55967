"""What is looked for, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.models import Passage


@dataclass(frozen=True)
class AskedQuestion:
    """A question in words, and its vector (float32, unit length) by the model of what is asked."""

    text: str
    vector: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Hit:
    """A passage that came back, and how near it is to the question (cosine, -1 to 1)."""

    passage: Passage
    score: float
