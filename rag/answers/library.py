"""A question put to the whole library: what was found, by book. Nothing is written from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.limits import services as limits
from rag.answers.services import checked
from rag.retrieval.services import DEFAULT_HITS, LibraryFinding, find_in_library


def search_inside(
    *, question: str, viewer: Any, k: int = DEFAULT_HITS, books: Sequence[int] | None = None
) -> LibraryFinding:
    """The ``k`` passages and records that answer ``question`` best, by book, of what ``viewer`` may see.

    Counts against the hourly limit of questions of the viewer's tier. Errors: ``QuestionInvalid``, ``RateLimited``,
    ``NotAllowed``.
    """
    question = checked(question)
    with limits.question_of(viewer):
        return find_in_library(question, k=k, viewer=viewer, books=books)
