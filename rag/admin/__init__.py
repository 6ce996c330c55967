"""Documents, their indexes and the rebuilding of all of them, for staff."""

from rag.admin import documents, rebuilds  # noqa: F401  (register themselves)
