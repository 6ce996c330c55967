"""What is near to a query in meaning."""

from __future__ import annotations

from catalog import meaning


def nearest(text: str) -> dict[int, float] | None:
    """Books by id with their cosine, those above the model's threshold; ``None`` where nobody answers in time."""
    found = meaning.nearest(text)
    return None if found is None else dict(found)
