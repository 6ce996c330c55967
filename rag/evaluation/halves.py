"""The two halves of a set: one may be looked at as often as one likes, the other only judges."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Literal

Half = Literal["tuning", "gating"]


def hash_of(rows: Iterable[dict[str, Any]]) -> str:
    """SHA-256 (hex) of rows by their id, as JSON with sorted keys and no white space, in UTF-8."""
    ordered = sorted(rows, key=lambda row: str(row["id"]))
    plain = json.dumps(ordered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()
