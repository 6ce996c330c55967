"""Documents and what was read of them; what readers leave in them."""

from rag.models.reading import Highlight, ReadingPosition
from rag.models.texts import (
    Document,
    DocumentQuerySet,
    GenerationState,
    GenerationTerm,
    IndexGeneration,
    LibraryTerm,
    LibraryTermChange,
    Page,
    PageSource,
    Passage,
    Rebuild,
    RebuildState,
    Section,
    VectorSpace,
)

__all__ = [
    "Document",
    "DocumentQuerySet",
    "GenerationState",
    "GenerationTerm",
    "Highlight",
    "IndexGeneration",
    "LibraryTerm",
    "LibraryTermChange",
    "Page",
    "PageSource",
    "Passage",
    "ReadingPosition",
    "Rebuild",
    "RebuildState",
    "Section",
    "VectorSpace",
]
