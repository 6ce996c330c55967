"""Which models are plain BERTs, told by their own description. Nothing is loaded to tell it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

TRANSFORMER, POOLING, NORMALIZE = "Transformer", "Pooling", "Normalize"
POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "first"}


@dataclass(frozen=True)
class Shape:
    """What ``config.json`` and the description of the pooling say."""

    layers: int
    heads: int
    epsilon: float
    pooling: str  # "mean" or "first"


def shape_of(folder: Path) -> Shape | None:
    """How the model in ``folder`` is built; None where ``library.ai.runtimes.sentence_transformers`` must run it.

    Ours are plain BERTs of which all word-pieces are averaged or the first one counts.
    """
    try:
        config = json.loads((folder / "config.json").read_text())
        modules = json.loads((folder / "modules.json").read_text())
        steps = [module["type"].rsplit(".", 1)[-1] for module in modules]
        if steps not in ([TRANSFORMER, POOLING], [TRANSFORMER, POOLING, NORMALIZE]):
            return None
        pooling = json.loads((folder / modules[1]["path"] / "config.json").read_text())
        modes = [name for name, chosen in pooling.items() if name.startswith("pooling_mode") and chosen is True]
        is_plain = (
            config["model_type"] == "bert"
            and config["hidden_act"] == "gelu"
            and config.get("position_embedding_type", "absolute") == "absolute"
            and (folder / "model.safetensors").is_file()
        )
        if not is_plain or len(modes) != 1 or modes[0] not in POOLINGS:
            return None
        return Shape(
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            epsilon=config["layer_norm_eps"],
            pooling=POOLINGS[modes[0]],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
