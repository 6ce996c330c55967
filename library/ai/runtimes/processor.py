"""What this machine's processor computes by itself. Where nothing can be learned, it is taken to lack it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


def has_bfloat16() -> bool:
    """Whether it multiplies numbers of 16 bits."""
    return bool({"avx512_bf16", "amx_bf16"} & _flags())


def has_byte_products() -> bool:
    """Whether it multiplies bytes; elsewhere they save memory and no time."""
    return bool({"avx512_vnni", "avx_vnni"} & _flags())


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _flags() -> frozenset[str]:
    try:
        return frozenset(Path("/proc/cpuinfo").read_text().split())
    except OSError:  # not Linux
        return frozenset()
