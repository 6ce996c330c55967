"""Passages in a PostgreSQL of our own, asked as answers ask them: ``python -m bench.retrieve.ours FOLDER SIZE… RESULT``.

A size of ``corpus.BOOK`` is one book, asked exactly; others are a library, asked by its index.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.retrieve.corpus import BOOK, made, questions, real_texts, text_of
from bench.retrieve.timing import K, milliseconds
from bench.search_ours import ROOT, services

COLUMNS = (
    'generation_id, space_id, ordinal, first_page, last_page, start, "end", text, text_hash, language, word_count,'
    " vector, embedding"
)
COPIED = (
    "CREATE TEMP TABLE copied (generation_id uuid, ordinal int, text text, folded text, words int, embedding vector)"
)
FILL = f"""
INSERT INTO rag_passage ({COLUMNS})
SELECT generation_id, %s, ordinal, 1 + ordinal / 3, 1 + ordinal / 3, 0, 1, text, generation_id::text || ordinal, 'en',
  words, to_tsvector('english', folded), embedding FROM copied
"""  # noqa: S608  # names of columns
LIBRARY_TERMS = """
INSERT INTO rag_libraryterm (lexeme, passages, words)
SELECT word, ndoc, 0 FROM ts_stat('SELECT vector FROM rag_passage')
UNION ALL SELECT '', count(*), sum(word_count) FROM rag_passage
"""
BARE_BOOK = """
SELECT id, text, first_page, -(embedding <#> %s::vector) FROM rag_passage WHERE generation_id = %s
ORDER BY embedding <#> %s::vector LIMIT 5
"""
BARE_LIBRARY = """
SELECT id, text, first_page, -(embedding <#> %s::vector) FROM rag_passage WHERE space_id = {space:d}
ORDER BY embedding::halfvec(384) <#> %s::halfvec(384) LIMIT 5
"""


def embed() -> tuple[list[str], Any, list[str], Any]:
    """Real passages and questions with their vectors, by the settings' model."""
    from library.ai import embeddings

    texts, asked = real_texts(), questions()
    embedder = embeddings.for_bulk()
    return texts, embedder.embed(texts, "passage"), asked, embedder.embed(asked, "question")


def documents(space: Any, size: int) -> Iterator[Any]:
    """As many books as hold ``size`` passages, all public; their live generations."""
    from django.utils import timezone

    from catalog.models import Book
    from rag.models import Document, GenerationState, IndexGeneration

    for number in range(0, size, BOOK):
        book = Book.objects.create(title=f"Book {number}")
        document = Document.objects.create(book=book)
        generation = IndexGeneration.objects.create(
            document=document,
            space=space,
            model=space.model,
            dimensions=space.dimensions,
            chunker="bench",
            source_sha256="",
            state=GenerationState.READY,
            ready_at=timezone.now(),
            language="en",
            passage_count=min(BOOK, size - number),
            word_count=100 * min(BOOK, size - number),
        )
        document.live_generation = generation
        document.save()
        yield generation


def load(space: Any, texts: list[str], real: Any, size: int) -> Any:
    """The library of ``size`` passages in place of what there was; its first generation."""
    from django.db import connection

    from catalog.models import Book
    from library.search.cut import spaced
    from library.search.vector_index import literal
    from rag.indexes import spaces, terms

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET maintenance_work_mem = '4GB'")
        cursor.execute("TRUNCATE rag_document, rag_indexgeneration, rag_passage, rag_libraryterm CASCADE")
        Book.objects.all().delete()
        spaces.INDEX.drop(space.pk)
        generations = list(documents(space, size))
        number = 0
        for pairs, vectors in made(real, size):
            cursor.execute(f"DROP TABLE IF EXISTS copied; {COPIED}")
            with cursor.copy("COPY copied FROM STDIN") as out:
                for pair, vector in zip(pairs, vectors, strict=True):
                    text = text_of(texts, pair)
                    folded = spaced(text)
                    row = (generations[number // BOOK].pk, number % BOOK, text, folded, len(folded.split()))
                    out.write_row((*row, literal(vector)))
                    number += 1
            cursor.execute(FILL, [space.pk])
        spaces.INDEX.create(space.pk, space.dimensions)
        cursor.execute(LIBRARY_TERMS)
        terms.count_terms(generations[0])
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE rag_passage, rag_document, rag_indexgeneration, rag_libraryterm")
    return generations[0]


def ask_book(generation: Any, asked: list[Any]) -> dict[str, list[float]]:
    from django.db import connection

    from library.search.vector_index import literal
    from rag.retrieval.in_documents import search_documents

    def bare(question: Any) -> list[Any]:
        with connection.cursor() as cursor:
            vector = literal(question.vector)
            cursor.execute(BARE_BOOK, [vector, generation.pk, vector])
            return cursor.fetchall()

    return {
        "lyceum": milliseconds(lambda question: search_documents([generation], question, K), asked),
        "bare sql": milliseconds(bare, asked),
    }


def ask_library(space: Any, asked: list[Any]) -> dict[str, Any]:
    from django.contrib.auth.models import AnonymousUser
    from django.db import connection

    from library.search.vector_index import literal
    from rag.retrieval import in_library
    from rag.retrieval.in_library import Scope
    from rag.retrieval.search_library import search_library

    scope = Scope(AnonymousUser())

    def ours(question: Any) -> list[Any]:
        return search_library(question.text, K, scope, lambda _text, _model: question)[0]

    def bare(question: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SET hnsw.ef_search = 100")
            vector = literal(question.vector)
            cursor.execute(BARE_LIBRARY.format(space=space.pk), [vector, vector])
            return cursor.fetchall()

    told: dict[str, Any] = {"lyceum": milliseconds(ours, asked), "bare sql": milliseconds(bare, asked)}
    answering = in_library.spaces_that_answer(scope)[0]
    found = [in_library.nearest_passages(answering, question.vector, 100, scope) for question in asked]
    in_library.EXACT_UP_TO = 10**9  # type: ignore[misc]  # all of it compared
    exact = [in_library.nearest_passages(answering, question.vector, 10, scope) for question in asked]
    in_library.EXACT_UP_TO = 5_000  # type: ignore[misc]
    told["recall"] = sum(len(set(list(one)[:10]) & set(other)) for one, other in zip(found, exact, strict=True)) / (
        10 * len(asked)
    )
    return told


def main() -> None:
    import numpy as np

    folder, *sizes, result = sys.argv[1:]
    with services(ROOT / "var" / "bench-retrieve"):
        from library.ai import embeddings
        from rag.indexes import spaces
        from rag.retrieval.hits import AskedQuestion

        texts, real, words, vectors = embed()
        np.save(Path(folder) / "real.npy", real)
        np.save(Path(folder) / "asked.npy", vectors)
        (Path(folder) / "texts.json").write_text(json.dumps(texts))
        space = spaces.space_of(embeddings.spec())
        asked = [AskedQuestion(text, vector) for text, vector in zip(words, vectors, strict=True)]
        told = {}
        for size in map(int, sizes):
            generation = load(space, texts, real, size)
            told[size] = ask_book(generation, asked) if size == BOOK else ask_library(space, asked)
        Path(result).write_text(json.dumps(told))


if __name__ == "__main__":
    main()
