"""Small sets of questions, written to a folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ANIMALS = {
    "owl": "Owls hunt at night. Their feathers make no sound, and they turn their heads almost all the way round.",
    "eel": "Eels are born in the Sargasso Sea and drift to the rivers of Europe, where they live for many years.",
    "bee": "A bee that has found flowers dances in the hive. The angle of the dance tells the way by the sun.",
    "yew": "The yew is poisonous in all its parts but the red flesh round the seed, which thrushes eat.",
}
QUERIES = {"q1": "Which bird hunts at night?", "q2": "Where are eels born?", "q3": "What do goats eat?"}
QRELS = (("q1", "owl", 2), ("q1", "bee", 0), ("q2", "eel", 1))


def packed(rows: Iterable[dict[str, Any]]) -> bytes:
    return gzip.compress("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def write_beir(folder: Path, **changes: bytes | None) -> Path:
    """A set about animals; ``corpus``, ``queries`` and ``qrels`` put other bytes in a file's place, None none."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ({"_id": name, "title": name.title(), "text": text} for name, text in ANIMALS.items())
    judged = ["query-id\tcorpus-id\tscore", *(f"{query}\t{text}\t{grade}" for query, text, grade in QRELS)]
    parts = {
        "corpus": ("corpus.jsonl.gz", packed(rows)),
        "queries": ("queries.jsonl.gz", packed({"_id": name, "text": text} for name, text in QUERIES.items())),
        "qrels": ("qrels.tsv", "\n".join(judged).encode()),
    }
    for part, (name, content) in parts.items():
        chosen = changes.get(part, content)
        if chosen is not None:
            (folder / name).write_bytes(chosen)
    return folder


GOLDEN: dict[str, Any] = {
    "id": "p-1",
    "book": "primer",
    "language": "en",
    "question": "Who named cells?",
    "kind": "plain",
    "quote": "Hooke named them",
    "half": "gating",
}


def write_golden(folder: Path, *changes: dict[str, Any]) -> Path:
    """A golden set with a question for each of ``changes`` to ``GOLDEN``."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(GOLDEN | change, ensure_ascii=False) for change in changes or ({},)]
    (folder / "primer.jsonl").write_text("\n".join(lines))
    return folder
