"""Which language a text is written in. Pure; the model lies in its wheel (py3langid) and is loaded on first use."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

LEAST_LETTERS = 40  # fewer say too little
SURE = 0.7  # the least probability at which a text is believed against what the book is in
LEAST_SHARE = 0.6  # of letters among all signs but spaces: less is a table, a formula or a listing
LONGEST = 500  # characters that are looked at: enough to be sure, and ten times the time would be for nothing
WIDE = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")  # signs that say as much as several letters
# What the texts that the model knows are called here where two codes name one language.
ALIKE = {"nb": "no", "nn": "no"}


class Detector:
    """Detects the language of the texts of one book, one after the other.

    A text that tells too little (a table, a listing, a heading) is taken to be in the language of most of those
    before it, or in ``hint`` where there are none. The same texts in the same order always give the same.
    """

    def __init__(self, hint: str = "") -> None:
        self.hint = hint
        self._seen: Counter[str] = Counter()

    @property
    def usual(self) -> str:
        """The language of most letters so far; the hint before any."""
        return min(self._seen, key=lambda code: (-self._seen[code], code), default=self.hint)

    def of(self, text: str) -> str:
        """Two letters (ISO 639-1), or an empty text where nothing is known."""
        found = detect(text)
        if found:
            self._seen[found] += len(text)
        return found or self.usual


def detect(text: str) -> str:
    """The language of ``text`` in two letters, or an empty text where that is not sure."""
    text = text[:LONGEST]
    letters = sum(map(str.isalpha, text))
    least = LEAST_LETTERS / 4 if WIDE.search(text) else LEAST_LETTERS
    if letters < least or letters < LEAST_SHARE * len("".join(text.split())):
        return ""
    code, share = _model().classify(text)
    return ALIKE.get(code, code) if share >= SURE else ""


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages([code for code in model.labels if len(code) == 2])
    return model
