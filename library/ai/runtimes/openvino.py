"""BERT models on the processor by OpenVINO. For workers and the embedder; never imported by the web process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from library.ai.runtimes import bert_graph, processor
from library.ai.runtimes.bert import Bert
from library.ai.spec import Dtype, Kind, ModelSpec, Vectors

# Word-pieces at once in each stream, measured: what they need stays in the processor's own memory.
BATCH_PIECES = 768
STEP = 8  # lengths are rounded up to it: for each shape the runtime keeps a plan
MOST_STREAMS = 8
# Numbers of a word-piece that share a scale when they become bytes; with twice as many it is 5% quicker, less exact.
GROUP = 64
Pieces = list[int]


class OpenVinoEmbedder:
    """A BERT model."""

    def __init__(self, model: ModelSpec, bert: Bert, *, dtype: Dtype) -> None:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # nothing is reported to anyone
        import openvino as ov

        in_bytes = dtype == "auto"
        low = dtype == "bfloat16" or (dtype == "auto" and processor.has_bfloat16())
        streams = min(processor.cores(), MOST_STREAMS)
        settings: dict[str, Any] = {
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": streams,
            "ENABLE_CPU_PINNING": False,  # workers, the embedder and the database share these cores
            "INFERENCE_PRECISION_HINT": "bf16" if low else "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": GROUP if in_bytes and processor.has_byte_products() else 0,
        }
        self.spec = model
        self._bert = bert
        graph = bert_graph.build(bert.weights, bert.shape, in_bytes=in_bytes)
        self._queue = ov.AsyncInferQueue(ov.Core().compile_model(graph, "CPU", settings), 2 * streams)
        self._queue.set_callback(_take)
        self._turn = threading.Lock()

    def embed(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """float32 (n, dimensions), unit length. Texts of like length share a batch, so that little is padding."""
        pieces = self._bert.pieces(self.spec.prefixed(texts, kind))
        pieces = [ids if len(ids) <= self.spec.window else [*ids[: self.spec.window - 1], ids[-1]] for ids in pieces]
        vectors = np.empty((len(texts), self.spec.dimensions), dtype=np.float32)
        with self._turn:
            for batch in batches([len(ids) for ids in pieces]):
                ids, mask = padded([pieces[index] for index in batch])
                self._queue.start_async({"words": self._bert.weights.words(ids), "mask": mask}, (vectors, batch))
            self._queue.wait_all()
        return self.spec.compared(vectors, kind)


def _take(request: Any, told: tuple[Vectors, list[int]]) -> None:
    vectors, batch = told
    vectors[batch] = request.get_output_tensor(0).data


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places in ``lengths``, those of like length together, the longest first: the last to end is then a small one."""
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    start = 0
    while start < len(order):
        size = max(1, BATCH_PIECES // rounded(lengths[order[start]]))
        yield order[start : start + size]
        start += size


def rounded(length: int) -> int:
    """``length``, at least one, up to the next step."""
    return -(-max(length, 1) // STEP) * STEP


def padded(pieces: Sequence[Pieces]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Ids and which of them count, both (texts, longest)."""
    ids = np.zeros((len(pieces), rounded(max(map(len, pieces)))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, each in enumerate(pieces):
        ids[row, : len(each)] = each
        mask[row, : len(each)] = 1
    return ids, mask
