"""A set of questions put to the library's own search, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from library.ai import embeddings
from library.ai.spec import ModelSpec
from rag.evaluation import beir, golden
from rag.evaluation.arms import Case, Values, values_of
from rag.evaluation.golden import GoldenQuestion
from rag.evaluation.halves import Half
from rag.evaluation.intervals import interval
from rag.evaluation.lines import BrokenSet
from rag.evaluation.temporary import Tell, index_file, index_texts, nothing_stays
from rag.models import IndexGeneration, Passage

ANSWER = "answer"


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Evaluation:
    """How well the questions of a set are answered, by arm and metric."""

    set: str
    model: str
    queries: int
    texts: int  # of a golden set: its books
    passages: int
    arms: dict[str, dict[str, Estimate]]


def evaluate(folder: Path, *, model: str = "", limit: int = 0, half: Half | None = None, tell: Tell) -> Evaluation:
    """The evaluation of the set in ``folder``: one of BEIR where it has a corpus, else a golden set, whose books lie in
    ``files`` beside it. ``limit``: only so many of its first questions; ``half``: of a golden set, only that half.

    Nothing stays in the library. Errors: ``BrokenSet``; ``ImproperlyConfigured`` for an unknown model.
    """
    chosen = embeddings.spec(model)
    if not folder.is_dir():
        raise BrokenSet(f"There is no folder {folder}.")
    if any(folder.glob("corpus.jsonl*")):
        if half is not None:
            raise BrokenSet("Only a golden set has halves.")
        return _of_texts(beir.read(folder), chosen, limit, tell)
    if any(folder.glob("*.jsonl")):
        return _of_books(folder, _some(golden.read(folder), half, limit), chosen, tell)
    raise BrokenSet(f"{folder} has neither a corpus.jsonl nor golden questions.")


def _of_texts(known: beir.BeirSet, model: ModelSpec, limit: int, tell: Tell) -> Evaluation:
    queries = known.queries[: limit or None]
    with nothing_stays(model):
        texts = index_texts(known.texts, model, tell)
        cases = [Case(query.text, texts.generation, texts.ids, query.grades) for query in queries]
        values = values_of(cases, model, tell)
        return _evaluation(known.name, model, len(known.texts), [texts.generation], values)


def _some(questions: Sequence[GoldenQuestion], half: Half | None, limit: int) -> list[GoldenQuestion]:
    """Those that can be answered: to find nothing is no virtue of a search."""
    return [one for one in questions if one.is_answerable and half in (None, one.half)][: limit or None]


def _of_books(folder: Path, questions: Sequence[GoldenQuestion], model: ModelSpec, tell: Tell) -> Evaluation:
    files = {one.book: file_of(folder, one.book) for one in questions}
    languages = {one.book: one.language for one in questions}
    with nothing_stays(model):
        indexes = {name: index_file(path, model, languages[name], tell) for name, path in files.items()}
        values = values_of([case_of(one, indexes[one.book]) for one in questions], model, tell)
        return _evaluation(folder.resolve().name, model, len(indexes), list(indexes.values()), values)


def file_of(folder: Path, book: str) -> Path:
    """The file of a book of the golden set in ``folder``. Errors: ``BrokenSet``."""
    found = sorted((folder.resolve().parent / "files").glob(f"{book}.*"))
    if len(found) != 1:
        raise BrokenSet(f"{folder.resolve().parent / 'files'} has {len(found)} files called {book}, and not one.")
    return found[0]


def case_of(question: GoldenQuestion, generation: IndexGeneration) -> Case:
    """A golden question, answered by the first passage that touches its page. Errors: ``BrokenSet``."""
    pages = golden.pages_with(question.quote, generation.pages.order_by("number").values_list("number", "text"))
    if len(pages) != 1:
        raise BrokenSet(f"{question.id}: its quotation stands on {len(pages)} pages of {question.book}, and not one.")

    def label(passage: Passage) -> list[str]:
        answers = passage.first_page <= pages[0] <= passage.last_page
        return [ANSWER if answers else f"passage {passage.ordinal}"]

    return Case(question.question, generation, label, {ANSWER: 1})


def _evaluation(
    name: str, model: ModelSpec, texts: int, indexes: Sequence[IndexGeneration], values: Values
) -> Evaluation:
    arms = {
        arm: {metric: _estimate(some) for metric, some in metrics.items() if some} for arm, metrics in values.items()
    }
    queries = max((len(some) for metrics in values.values() for some in metrics.values()), default=0)
    return Evaluation(name, model.name, queries, texts, sum(one.passage_count for one in indexes), arms)


def _estimate(values: Sequence[float]) -> Estimate:
    return Estimate(sum(values) / len(values), *interval(values))
