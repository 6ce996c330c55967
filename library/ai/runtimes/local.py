"""Embedding models in this process. For the embedder, and workers that count word-pieces; never the web process."""

from __future__ import annotations

import importlib.util
import logging
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from library.ai.runtimes import bert_shape
from library.ai.spec import Dtype, Embedder, ModelSpec
from library.core.config.model import ConfigError

log = logging.getLogger(__name__)
_loading = threading.Lock()


def weights(model: ModelSpec) -> Path:
    """The folder with the weights inside the package that carries them. Errors: ``ConfigError``."""
    found = importlib.util.find_spec(model.package) if model.package else None
    for folder in (found.submodule_search_locations or []) if found else []:
        if (Path(folder) / "model" / "config.json").is_file():
            return Path(folder) / "model"
    raise ConfigError(
        f"The weights of {model.name} are not installed: run `make install`, or set LYCEUM_EMBEDDING_URL."
    )


@cache
def tokenizer(model: ModelSpec) -> Any:
    """The model's tokenizer, without truncation and padding. Light: loads no AI framework."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(weights(model) / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


def count_pieces(model: ModelSpec, texts: Sequence[str]) -> list[int]:
    """Word-pieces of each text as a passage, its prefix and the two special ones included; a cautious guess for a model
    whose words we lack.
    """
    texts = model.prefixed(texts, "passage")
    if not model.package:
        return [2 + round(1.8 * len(text.split())) for text in texts]
    return [len(encoding.ids) for encoding in tokenizer(model).encode_batch_fast(texts)]


def load(model: ModelSpec) -> Embedder:
    """The model, loaded by whatever runs it here. Errors: ``ConfigError`` where its weights are not installed."""
    from library.ai.runtimes.openvino import OpenVinoEmbedder
    from library.ai.runtimes.sentence_transformers import TransformerEmbedder

    folder = weights(model)
    shape = bert_shape.shape_of(folder)
    dtype: Dtype = settings.EMBEDDING_DTYPE
    if shape is not None:
        try:
            return OpenVinoEmbedder(model, folder, shape, dtype=dtype, tokenizer=tokenizer(model))
        except (ImportError, RuntimeError, KeyError) as fault:  # an unknown processor or system, other names of weights
            log.warning("OpenVINO does not run %s here, sentence-transformers does: %s", model.name, fault)
    return TransformerEmbedder(model, folder, dtype=dtype)


def local_embedder(model: ModelSpec) -> Embedder:
    """The model in this process, loaded once. Errors: ``ConfigError`` where its weights are not installed."""
    with _loading:
        return _kept(model)


_kept = cache(load)
