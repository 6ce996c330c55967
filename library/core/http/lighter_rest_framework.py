"""Loads what REST framework chooses its companions by, without those that Lyceum never uses.

It takes ``requests`` along for a test client and ``pygments`` for pages that are not shown here, wherever others have
them installed: 5 MB and a tenth of a second in every process that has the API.
"""

from __future__ import annotations

import importlib
import sys

UNUSED = ("requests", "pygments")


def load() -> None:
    """To be called before anything imports ``rest_framework``; what others import later is there for them as ever."""
    absent = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # Python's own way to say "not installed"
    try:
        importlib.import_module("rest_framework.compat")
    finally:
        for name in absent:
            del sys.modules[name]
