"""Generations of book vectors: begun beside the one that answers, put in its place in one step, deleted in batches.

Each has an index of its own (``library.search.vector_index``).
"""

from __future__ import annotations
