"""Embedding models in this process. For the embedder, and workers that count word-pieces; never the web process."""

from __future__ import annotations

import importlib.util
import logging
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from library.ai.spec import Dtype, Embedder, ModelSpec
from library.core.config.model import ConfigError

if TYPE_CHECKING:  # reads weights with numpy: who only asks whether they are there does without
    from library.ai.runtimes import bert

log = logging.getLogger(__name__)
_loading = threading.Lock()


def weights(model: ModelSpec) -> Path:
    """The folder with the weights inside the package that carries them, or its one file. Errors: ``ConfigError``.

    Looks for them and imports nothing: a package may have an engine of its own.
    """
    found = importlib.util.find_spec(model.package) if model.package else None
    inside, needed = (model.file, model.file) if model.file else ("model", "model/config.json")
    for folder in (found.submodule_search_locations or []) if found else []:
        if (Path(folder) / needed).is_file():
            return Path(folder) / inside
    raise ConfigError(
        f"The weights of {model.name} are not installed: run `make install`, or set LYCEUM_EMBEDDING_URL."
    )


@cache
def piece_maker(model: ModelSpec) -> bert.PieceMaker:
    """What makes the model's word-pieces. Light: loads no AI framework. Errors: ``ConfigError``."""
    from library.ai.runtimes import bert

    return bert.pieces_of(weights(model))


def count_pieces(model: ModelSpec, texts: Sequence[str]) -> list[int]:
    """Word-pieces of each text as a passage, its prefix and the two special ones included; a cautious guess for a model
    whose words we lack.
    """
    texts = model.prefixed(texts, "passage")
    if not model.package:
        return [2 + round(1.8 * len(text.split())) for text in texts]
    return [len(pieces) for pieces in piece_maker(model)(texts)]


def load(model: ModelSpec) -> Embedder:
    """The model, loaded by whatever runs it here. Errors: ``ConfigError`` where its weights are not installed."""
    from library.ai.runtimes import bert
    from library.ai.runtimes.openvino import OpenVinoEmbedder
    from library.ai.runtimes.sentence_transformers import TransformerEmbedder

    path = weights(model)
    dtype: Dtype = settings.EMBEDDING_DTYPE
    try:
        plain = bert.read(path, piece_maker(model))
        if plain is not None:
            return OpenVinoEmbedder(model, plain, dtype=dtype)
    except (ImportError, RuntimeError, KeyError, ValueError) as fault:  # an unknown processor or system, other weights
        if model.file:
            raise ConfigError(needs_openvino(model, fault)) from fault
        log.warning("OpenVINO does not run %s here, sentence-transformers does: %s", model.name, fault)
    return TransformerEmbedder(model, path, dtype=dtype)


def needs_openvino(model: ModelSpec, fault: Exception | str = "") -> str:
    """The sentence for a model that nothing else can run."""
    detail = f" ({fault})" if fault else ""
    return (
        f"The model {model.name} runs on OpenVINO alone, which does not run it here{detail}:"
        " set LYCEUM_EMBEDDING_MODEL=all-MiniLM-L6-v2, or LYCEUM_EMBEDDING_URL."
    )


def local_embedder(model: ModelSpec) -> Embedder:
    """The model in this process, loaded once. Errors: ``ConfigError`` where its weights are not installed."""
    with _loading:
        return _kept(model)


_kept = cache(load)
