"""What an index is made by: a model of so many dimensions, and a way of reading and cutting a book."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from library.ai import embeddings
from rag.ingest.passages import cut
from rag.models import IndexGeneration, Rebuild


@dataclass(frozen=True)
class Recipe:
    """Two generations of one recipe and one file hold the same passages and vectors."""

    model: str
    dimensions: int
    chunker: str

    def __str__(self) -> str:
        return f"{self.model} ({self.dimensions}), {self.chunker}"


def wanted() -> Recipe:
    """What new indexes are made by: the settings' model and the present way of cutting."""
    model = embeddings.spec()
    return Recipe(model.name, model.dimensions, cut.CHUNKER)


def recipe_of(generation: IndexGeneration) -> Recipe:
    """What a generation was made by."""
    return Recipe(generation.model, generation.dimensions, generation.chunker)


def of_rebuild(rebuild: Rebuild) -> Recipe:
    """What a rebuilding makes indexes by. Reads its space."""
    return Recipe(rebuild.space.model, rebuild.space.dimensions, rebuild.chunker)


def can_be_asked(generation: IndexGeneration) -> bool:
    """Whether questions can still be embedded as its passages were: the settings know its model, and as it was."""
    try:
        return embeddings.spec(generation.model).dimensions == generation.dimensions
    except ImproperlyConfigured:
        return False
