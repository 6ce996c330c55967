"""Vector spaces: one for each model and number of dimensions, made when first needed.

Each has an index of its own over the passages that carry its id (``library.search.vector_index``). Triggers hold what
carries a space's id to its dimensions (``migrations/sql``).
"""

from __future__ import annotations
