"""What is near to a query in meaning."""

from __future__ import annotations

from catalog.search.time_limit import bounded
from catalog.semantic import nearest as meaning


def nearest(text: str, *, answers: bool) -> dict[int, float] | None:
    """Books by id with their cosine, those above the model's threshold; ``None`` where nobody answers in time.

    ``answers``: whether a generation of vectors does (``Vocabulary.answers``), so that nothing else is asked in vain.
    """
    if not answers:
        return None
    with bounded():
        found = meaning.nearest(text)
    return None if found is None else dict(found)
