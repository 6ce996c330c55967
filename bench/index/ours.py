"""Real PDFs through the library's own job, on a PostgreSQL of its own: ``python -m bench.index.ours BOOKS RESULT``."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from bench.embed.embedder_process import embedder
from bench.search_ours import ROOT, services

FOUND = 5


def index(path: Path) -> tuple[Any, float]:
    """The document's live generation, and the seconds that the job took."""
    from django.core.files import File

    from catalog import services as catalog
    from rag import tasks
    from rag.models import Document

    with path.open("rb") as file:
        added = catalog.create_book(title=path.stem, authors=["Several"], by=None, file=File(file, name=path.name))
    began = time.perf_counter()
    tasks.index(str(added.job.pk))
    took = time.perf_counter() - began
    generation = Document.objects.select_related("live_generation").get(book=added.book).live_generation
    if generation is None:
        added.job.refresh_from_db()
        sys.exit(f"{path.name} was not indexed: {added.job.error}")
    return generation, took


def main() -> None:
    books, result = map(Path, sys.argv[1:])
    var = ROOT / "var" / "bench-index"
    with services(var), embedder(var) as running:
        from library.ai import embeddings
        from rag.retrieval.hits import AskedQuestion
        from rag.retrieval.in_documents import search_documents

        questions, rows = embeddings.for_questions(), []
        embeddings.for_bulk().embed(["warm"] * 64, "passage")
        for book in json.loads(books.read_text()):
            generation, took = index(Path(book["file"]))
            hits, asking = 0, time.perf_counter()
            for text, first, last in book["questions"]:
                found = search_documents(
                    [generation], AskedQuestion(text, questions.embed([text], "question")[0]), FOUND
                )
                hits += any(hit.passage.first_page <= last and hit.passage.last_page >= first for hit in found)
            asked = time.perf_counter() - asking
            rows.append(
                {
                    "file": book["file"],
                    "pages": generation.page_count,
                    "passages": generation.passage_count,
                    "seconds": took,
                    "hits": hits,
                    "asked_ms": asked / max(1, len(book["questions"])) * 1000,
                }
            )
        peak = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        told = {"peak_mb": peak[0], "child_mb": peak[1], "embedder_mb": peak_of(running.pid)}
        result.write_text(json.dumps({"rows": rows} | told))


def peak_of(process: int) -> float:
    """The most memory, in MB, that a process that still runs ever had."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
