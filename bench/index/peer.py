"""The usual pipeline beside ours: ``python peer.py BOOKS RESULT WEIGHTS [PROMPTS]``, in an environment of its own.

PyPDFLoader, RecursiveCharacterTextSplitter(1000, 200), HuggingFaceEmbeddings and Chroma on disk, as a tutorial puts them
together. PROMPTS: JSON, what the model wants before a text, ``{"passage", "query"}``. BOOKS: JSON, a list of ``{"file", "questions": [[text, first page, last page], …]}`` with pages from 1.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FOUND = 5


def main() -> None:
    books, result, weights, *more = sys.argv[1:]
    from langchain_chroma import Chroma
    from langchain_community.document_loaders import PyPDFLoader
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    prompts = json.loads(more[0]) if more else {"passage": "", "query": ""}
    embeddings = HuggingFaceEmbeddings(
        model_name=weights,
        model_kwargs={"device": "cpu"},
        encode_kwargs={"prompt": prompts["passage"]} if prompts["passage"] else {},
        query_encode_kwargs={"prompt": prompts["query"]} if prompts["query"] else {},
    )
    embeddings.embed_documents(["warm"] * 64)
    rows: list[dict[str, Any]] = []
    for book in json.loads(Path(books).read_text()):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            pages = PyPDFLoader(book["file"]).load()
            read = time.perf_counter()
            chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(pages)
            store = Chroma.from_documents(chunks, embeddings, persist_directory=folder)
            took = time.perf_counter() - began
            hits, asking = 0, time.perf_counter()
            for text, first, last in book["questions"]:
                found = store.similarity_search(text, k=FOUND)
                hits += any(first <= one.metadata["page"] + 1 <= last for one in found)
            asked = time.perf_counter() - asking
        rows.append(
            {
                "file": book["file"],
                "pages": len(pages),
                "passages": len(chunks),
                "seconds": took,
                "reading": read - began,
                "hits": hits,
                "asked_ms": asked / max(1, len(book["questions"])) * 1000,
            }
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Path(result).write_text(json.dumps({"rows": rows, "peak_mb": peak}))


if __name__ == "__main__":
    main()
