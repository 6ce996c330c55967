"""Questions asked in each way that the library can search: by meaning, by words, and by both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from library.ai import embeddings
from library.ai.spec import ModelSpec
from rag.evaluation.metrics import METRICS, Grades
from rag.models import IndexGeneration, Passage
from rag.retrieval.blend import Blend, blend_of
from rag.retrieval.hits import AskedQuestion
from rag.retrieval.in_documents import search_documents

DEPTH = 100  # passages, of which the order is made
QUESTIONS_AT_ONCE = 128
Values = dict[str, dict[str, list[float]]]
"""The value of each question, by arm and metric."""


@dataclass(frozen=True)
class Case:
    """A question to a generation. ``label``: what was judged, of a passage; ``grades``: by label."""

    question: str
    generation: IndexGeneration
    label: Callable[[Passage], Sequence[str]]
    grades: Grades


def arms_of(model: ModelSpec) -> dict[str, Blend]:
    """The three ways. Near-duplicates are not parted: a set's judgements know nothing of that."""
    return {"dense": Blend(arms="dense"), "bm25": Blend(arms="bm25"), "fused": replace(blend_of(model), trade=1.0)}


def values_of(cases: Sequence[Case], model: ModelSpec, tell: Callable[[str], None]) -> Values:
    """How good the order of each arm is for each case."""
    arms = arms_of(model)
    values: Values = {arm: {name: [] for name in METRICS} for arm in arms}
    for number, (case, asked) in enumerate(_asked(cases, model), start=1):
        if number % 20 == 0 or number == len(cases):
            tell(f"Question {number} of {len(cases)}")
        for arm, blend in arms.items():
            order = order_of(case, asked, blend)
            for name, measure in METRICS.items():
                values[arm][name].append(measure(order, case.grades))
    return values


def order_of(case: Case, asked: AskedQuestion, blend: Blend) -> list[str]:
    """What was found, best first; what several passages belong to stands where the best of them does."""
    hits = search_documents([case.generation], asked, DEPTH, blend=blend)
    return list(dict.fromkeys(label for hit in hits for label in case.label(hit.passage)))


def _asked(cases: Sequence[Case], model: ModelSpec) -> Iterator[tuple[Case, AskedQuestion]]:
    embedder = embeddings.for_bulk(model.name)
    for first in range(0, len(cases), QUESTIONS_AT_ONCE):
        some = cases[first : first + QUESTIONS_AT_ONCE]
        vectors = embedder.embed([case.question for case in some], "question")
        for case, vector in zip(some, vectors, strict=True):
            yield case, AskedQuestion(case.question, vector)
