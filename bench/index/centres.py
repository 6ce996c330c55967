"""The mean vectors of questions and of passages that a model's vectors are compared without:
``python -m bench.index.centres multilingual-e5-small``.

Of the paragraphs and questions of XQuAD, which are the same in each of its languages, so that none counts more. Only
the means are kept, ``library/ai/centres/NAME.npy``: float32 (2, dimensions), questions first.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from bench.embed import ROOT, rows

LANGUAGES = ("xquad-ar", "xquad-de", "xquad-en", "xquad-ru", "xquad-zh")


def centres(embed: Any) -> np.ndarray[Any, Any]:
    """``embed`` gives unit vectors of texts of a kind, not centred."""
    found = [
        np.mean([embed([row["text"] for row in rows(name, file)], kind).mean(axis=0) for name in LANGUAGES], axis=0)
        for kind, file in (("question", "queries"), ("passage", "corpus"))
    ]
    return np.stack(found).astype(np.float32)


def main(name: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "library.settings"
    import django

    django.setup()
    from library.ai import embeddings
    from library.ai.runtimes import local

    bare = replace(embeddings.spec(name), centres=None)
    np.save(ROOT / "library" / "ai" / "centres" / f"{name}.npy", centres(local.load(bare).embed))


if __name__ == "__main__":
    main(sys.argv[1])
