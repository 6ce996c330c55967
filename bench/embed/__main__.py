"""How quickly passages become vectors, beside sentence-transformers as it comes: ``python -m bench.embed``.

Both read the same weights in turns, each in a process of its own. Before a time counts, the vectors are compared: the
worst cosine with those of the peer, and what retrieval finds with either (nDCG@10 on two labelled sets).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.results import machine, write_section

ROOT = Path(__file__).resolve().parents[2]
SETS = ROOT.parent / "shared" / "data" / "retrieval"
MODEL = "all-MiniLM-L6-v2"
JUDGED = ("cranfield", "cisi")
SIZES = (500, 1_000, 2_000)
ROUNDS = 3
LEAST_COSINE, MOST_LOST = 0.995, 0.002
ENGINES = {
    "as it comes": "SentenceTransformer.encode, batches of 32",
    "Lyceum": "what `LYCEUM_EMBEDDING_DTYPE=auto` chooses on this machine",
    "Lyceum, bfloat16": "OpenVINO without products of bytes",
    "Lyceum, float32": "OpenVINO where a processor has neither",
    "torch, bfloat16": "sentence-transformers, sorted by length: for models that are no BERT",
}


def rows(name: str, file: str) -> list[dict[str, str]]:
    """The lines of a set; U+2028 may stand inside one."""
    with gzip.open(SETS / name / f"{file}.jsonl.gz", "rt", newline="\n") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def passages(number: int) -> list[str]:
    """Texts of 5 to 220 words, mixed: stretches of stories, abstracts and articles in a fixed order."""
    chance, found = random.Random(13), list[str]()
    texts = [
        row["text"] for name in ("fairytaleqa-val", "cranfield", "cisi", "xquad-en") for row in rows(name, "corpus")
    ]
    while len(found) < number:
        words = chance.choice(texts).split()
        length = round(chance.triangular(5, 220, 115))
        if len(words) > 4:
            start = chance.randrange(max(1, len(words) - length))
            found.append(" ".join(words[start : start + length]))
    return found


def ndcg(vectors: np.ndarray[Any, Any], asked: np.ndarray[Any, Any], name: str) -> float:
    """nDCG@10 of exact search with these vectors of the set's corpus and queries."""
    corpus, queries = rows(name, "corpus"), rows(name, "queries")
    judged: dict[str, dict[str, float]] = defaultdict(dict)
    for line in (SETS / name / "qrels.tsv").read_text().split("\n")[1:]:
        if line.strip():
            query, document, score = line.split("\t")
            judged[query][document] = max(float(score), 0.0)
    gains = []
    for place, query in enumerate(queries):
        wanted = judged.get(query["_id"])
        if not wanted:
            continue
        best = np.argsort(-(vectors @ asked[place]))[:10]
        got = sum(wanted.get(corpus[index]["_id"], 0.0) / math.log2(n + 2) for n, index in enumerate(best))
        ideal = sum(gain / math.log2(n + 2) for n, gain in enumerate(sorted(wanted.values(), reverse=True)[:10]))
        gains.append(got / ideal if ideal else 0.0)
    return sum(gains) / len(gains)


def worker(engine: str, folder: Path) -> None:
    """One engine: loads the model, says so, and embeds each file that it is told on its standard input."""
    embed = _engine(engine)
    embed(["warm"] * 64)
    print("ready", flush=True)
    for line in sys.stdin:
        texts = json.loads((folder / line.strip()).read_text())
        began = time.perf_counter()
        vectors = embed(texts)
        took = time.perf_counter() - began
        np.save(folder / "vectors.npy", vectors)
        print(json.dumps(took), flush=True)


def _engine(engine: str) -> Any:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "library.settings", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    os.environ["LYCEUM_EMBEDDING_DTYPE"] = engine.split(", ")[1] if ", " in engine else "auto"
    import django

    django.setup()
    from library.ai import embeddings
    from library.ai.runtimes import local, sentence_transformers

    model = embeddings.spec(MODEL)
    if engine.startswith("Lyceum"):
        return partial(local.local_embedder(model).embed, kind="passage")
    if engine.startswith("torch"):
        by_torch = sentence_transformers.TransformerEmbedder(model, local.weights(model), dtype="bfloat16")
        return partial(by_torch.embed, kind="passage")
    from sentence_transformers import SentenceTransformer

    peer = SentenceTransformer(str(local.weights(model)), device="cpu", local_files_only=True)
    return lambda texts: peer.encode(texts, show_progress_bar=False, normalize_embeddings=True)


class Engine:
    """A worker process."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.embed", "--worker", name, "--folder", str(folder)],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._read("ready")

    def embed(self, texts: list[str]) -> tuple[float, np.ndarray[Any, Any]]:
        """Seconds, and the vectors as float32 of unit length."""
        (self.folder / "texts.json").write_text(json.dumps(texts))
        assert self.process.stdin is not None  # opened above
        self.process.stdin.write("texts.json\n")
        self.process.stdin.flush()
        took = float(self._read(""))
        return took, np.load(self.folder / "vectors.npy")

    def _read(self, awaited: str) -> str:
        assert self.process.stdout is not None  # opened above
        for line in self.process.stdout:
            if not awaited or line.strip() == awaited:
                return line
        sys.exit("An engine ended before its time; run it alone: python -m bench.embed --worker NAME --folder DIR")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def compare(engines: dict[str, Engine]) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """The worst cosine of each with the peer's vectors, and its nDCG by set."""
    texts = passages(max(SIZES))
    vectors = {name: engine.embed(texts)[1] for name, engine in engines.items()}
    worst = {name: float((found * vectors["as it comes"]).sum(axis=1).min()) for name, found in vectors.items()}
    found: dict[str, dict[str, float]] = {}
    for name, engine in engines.items():
        found[name] = {}
        for judged in JUDGED:
            corpus = engine.embed([f"{row['title']} {row['text']}" for row in rows(judged, "corpus")])[1]
            found[name][judged] = ndcg(
                corpus, engine.embed([row["text"] for row in rows(judged, "queries")])[1], judged
            )
    for name in engines:
        lost = max(found["as it comes"][judged] - found[name][judged] for judged in JUDGED)
        if worst[name] < LEAST_COSINE or lost > MOST_LOST:
            sys.exit(f"{name}: cosine {worst[name]:.4f} at worst, nDCG {lost:.4f} less: its time means nothing.")
    return worst, found


def measure(engines: dict[str, Engine]) -> dict[str, dict[int, list[float]]]:
    """Passages a second by engine and size, one round after the other."""
    speed: dict[str, dict[int, list[float]]] = {name: defaultdict(list) for name in engines}
    for _round in range(ROUNDS):
        for size in SIZES:
            texts = passages(size)
            for name, engine in engines.items():
                speed[name][size].append(size / engine.embed(texts)[0])
    return speed


def told(speed: Any, worst: dict[str, float], found: dict[str, dict[str, float]]) -> str:
    lines = [
        "`make bench-embed`: passages of 5 to 220 words a second, the median of three rounds and their spread; each"
        " engine a process of its own, in turns.",
        "",
        f"{machine()}.",
        "",
        "| engine | "
        + " | ".join(f"{size:,} passages" for size in SIZES)
        + " | of the peer | worst cosine |"
        + "".join(f" nDCG@10 {name} |" for name in JUDGED),
        "|---|" + "--:|" * (len(SIZES) + 2 + len(JUDGED)),
    ]
    for name, text in ENGINES.items():
        cells = [f"{median(v):.0f} ({min(v):.0f}–{max(v):.0f})" for v in (speed[name][size] for size in SIZES)]
        of_peer = median(speed[name][max(SIZES)]) / median(speed["as it comes"][max(SIZES)])
        judged = "".join(f" {found[name][one]:.3f} |" for one in JUDGED)
        lines.append(
            f"| {name}: {text} | " + " | ".join(cells) + f" | **{of_peer:.2f}×** | {worst[name]:.4f} |{judged}"
        )
    times = [max(SIZES) / median(speed["Lyceum"][max(SIZES)]), min(SIZES) / median(speed["Lyceum"][min(SIZES)])]
    exponent = math.log(times[0] / times[1]) / math.log(max(SIZES) / min(SIZES))
    return "\n".join(
        [*lines, "", f"Time grows from {min(SIZES):,} to {max(SIZES):,} passages with the exponent {exponent:.2f}."]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--keep-results", action="store_true", help="only print, leave bench/RESULTS.md as it is")
    wanted = parser.parse_args()
    if wanted.worker:
        worker(wanted.worker, wanted.folder)
        return 0
    if not SETS.is_dir():
        parser.error(f"the labelled sets are not there: {SETS}")
    with tempfile.TemporaryDirectory() as folder:
        engines: dict[str, Engine] = {}
        try:
            for name in ENGINES:
                own = Path(folder) / name.replace(" ", "-")
                own.mkdir()
                engines[name] = Engine(name, own)
            worst, found = compare(engines)
            text = told(measure(engines), worst, found)
        finally:
            for engine in engines.values():
                engine.stop()
    print(text)
    if not wanted.keep_results:
        write_section("embed", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
