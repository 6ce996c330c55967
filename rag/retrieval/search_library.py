"""The library searched by each model that something of it was indexed by, and put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.core.exceptions import ImproperlyConfigured

from catalog.semantic import generations
from library.ai import embeddings
from library.search.fusion import best_first, reciprocal_ranks
from rag.models import Document, Passage
from rag.retrieval import library_arms
from rag.retrieval.blend import Blend, blend_of, choose
from rag.retrieval.hits import AskedQuestion, Hit, RecordHit, Standing
from rag.retrieval.in_library import Scope, spaces_that_answer
from rag.retrieval.library_arms import PASSAGE, AskedWords, Key, SearchedPart
from rag.retrieval.neighbourhood import Neighbourhood

Understand = Callable[[str, str], AskedQuestion]  # of a question and a model's name


def search_library(
    question: str, k: int, scope: Scope, understand: Understand, *, blend: Blend | None = None
) -> tuple[list[Hit | RecordHit], bool]:
    """The ``k`` passages and records in ``scope`` that answer ``question`` best, best first, ties by id, passages
    before records; and whether the question's meaning was known to every model that was asked.

    What different models found is put together by rank.
    """
    found, is_understood = [], True
    words = library_arms.read(question)
    for part in parts(scope):
        asked, way = _asked(part, question, understand, blend)
        is_understood = is_understood and asked.vector is not None
        found.append(_search_part(part, asked, words, k, scope, way))
    return _rows(_together(found, k), scope), is_understood


def parts(scope: Scope) -> list[SearchedPart]:
    """What is searched by one model each: records beside the passages of the same model where there are any."""
    live = generations.live()
    made = [
        SearchedPart(answering.space.model, answering, live, has_words=True)
        if live is not None and (live.model, live.dimensions) == (answering.space.model, answering.space.dimensions)
        else SearchedPart(answering.space.model, answering, None, has_words=False)
        for answering in spaces_that_answer(scope)
    ]
    if any(part.has_words for part in made):
        return made
    return [*made, SearchedPart(live.model if live else embeddings.spec().name, None, live, has_words=True)]


def _asked(
    part: SearchedPart, question: str, understand: Understand, blend: Blend | None
) -> tuple[AskedQuestion, Blend]:
    """The question as a part's model understands it, and the way to search; words alone where the settings have that
    model no more."""
    try:
        model = embeddings.spec(part.model)
    except ImproperlyConfigured:
        return AskedQuestion(question, None), blend or Blend()
    return understand(question, part.model), blend or blend_of(model)


def _search_part(
    part: SearchedPart, asked: AskedQuestion, words: AskedWords, k: int, scope: Scope, blend: Blend
) -> dict[Key, tuple[float, Standing]]:
    """Cosine and standing of the best ``k`` of one part, in their order."""
    depth = max(blend.depth, k)
    dense = library_arms.by_meaning(part, asked, depth, scope) if blend.is_dense else {}
    lexical = library_arms.by_words(part, words, depth, scope) if blend.is_lexical else {}
    near = Neighbourhood(asked, part.vectors)
    chosen = choose(blend, dense, lexical, near.alike, k)
    cosines = near.cosines(chosen, known=dense)
    return {key: (cosines[key], standing) for key, standing in chosen.items()}


def _together(found: list[dict[Key, tuple[float, Standing]]], k: int) -> dict[Key, tuple[float, Standing]]:
    if len(found) == 1:
        return found[0]
    whole = {key: one for part in found for key, one in part.items()}
    order = best_first(reciprocal_ranks([list(part) for part in found]))[:k]
    return {key: (whole[key][0], replace(whole[key][1], place=place)) for place, key in enumerate(order, 1)}


def _rows(found: dict[Key, tuple[float, Standing]], scope: Scope) -> list[Hit | RecordHit]:
    """What was found, with the passages; one that the viewer may not read any more is left out."""
    seen = Document.objects.visible_to(scope.viewer)
    passages = (
        Passage.objects.filter(generation__document__in=seen)
        .select_related("generation__document")
        .defer("embedding", "text_hash", "vector", "generation__facts")
        .in_bulk([pk for kind, pk in found if kind == PASSAGE])
    )
    return [
        Hit(passages[pk], score, standing) if kind == PASSAGE else RecordHit(pk, score, standing)
        for (kind, pk), (score, standing) in found.items()
        if kind != PASSAGE or pk in passages
    ]
