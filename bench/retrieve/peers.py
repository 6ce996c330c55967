"""Chroma as LangChain asks it, and FAISS in process: ``python bench/retrieve/peers.py FOLDER SIZE RESULT``.

FOLDER has ``real.npy``, ``asked.npy`` and ``texts.json``. In an environment of its own (``requirements-bench.txt``).
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from bench.retrieve.corpus import made, text_of
from bench.retrieve.timing import FETCH, K, milliseconds

CHROMA_AT_MOST = 200_000  # loading a million takes hours


class Given:
    """LangChain's embeddings, where all vectors are there already."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise NotImplementedError("vectors are given")

    embed_query = embed_documents


def chroma(folder: str, real: Any, texts: list[str], size: int, asked: Any) -> list[float]:
    """``max_marginal_relevance_search_by_vector(k=5, fetch_k=20)``: vectors given, so no time goes into them."""
    from langchain_chroma import Chroma

    store = Chroma(
        persist_directory=folder,
        embedding_function=Given(),
        collection_metadata={"hnsw:space": "ip"},  # type: ignore[arg-type]
    )
    at = 0
    for pairs, vectors in made(real, size):
        for start in range(0, len(pairs), 5_000):
            some = slice(start, start + 5_000)
            store._collection.add(
                ids=[str(at + start + number) for number in range(len(pairs[some]))],
                embeddings=vectors[some],
                documents=[text_of(texts, pair) for pair in pairs[some]],
            )
        at += len(pairs)
    lists = [question.tolist() for question in asked]
    return milliseconds(lambda one: store.max_marginal_relevance_search_by_vector(one, k=K, fetch_k=FETCH), lists)


def faiss_times(real: Any, size: int, asked: Any) -> dict[str, Any]:
    """Flat and HNSW in process, one thread; no text, no words, no filter: the limit."""
    import faiss
    import numpy as np

    faiss.omp_set_num_threads(1)
    whole = np.concatenate([vectors for _pairs, vectors in made(real, size)])
    flat = faiss.IndexFlatIP(whole.shape[1])
    flat.add(whole)
    told: dict[str, Any] = {"faiss flat": milliseconds(lambda one: flat.search(one, K)[1].size, asked[:, None])}
    if size > CHROMA_AT_MOST:
        return told
    faiss.omp_set_num_threads(2)
    graph = faiss.IndexHNSWFlat(whole.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = 64, 100
    graph.add(whole)
    faiss.omp_set_num_threads(1)
    told["faiss hnsw"] = milliseconds(lambda one: graph.search(one, K)[1].size, asked[:, None])
    return told


def main() -> None:
    import numpy as np

    folder, size, result = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    real, asked = np.load(folder / "real.npy"), np.load(folder / "asked.npy")
    texts = json.loads((folder / "texts.json").read_text())
    told = faiss_times(real, size, asked)
    if size <= CHROMA_AT_MOST:
        with tempfile.TemporaryDirectory(dir=folder) as store:
            told["chroma"] = chroma(store, real, texts, size, asked)
    result.write_text(json.dumps(told))


if __name__ == "__main__":
    main()
