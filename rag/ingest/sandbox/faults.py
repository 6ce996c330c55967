"""Whether what went wrong while a file was read is its damage, or a mistake of our own. Only the standard library.

Libraries raise what they cannot read, in classes of their own or from their own code. What is left is ours: it is told
as such, with its traceback, and no file is called damaged for it.
"""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path
from types import TracebackType

OURS = Path(__file__).resolve().parents[2]  # the package `rag`
TESTS = OURS / "tests"
PLAIN = {"builtins", "statistics", "struct"}  # modules whose exceptions our own code raises by mistake
PARSERS = {"codecs", "encodings", "html", "xml", "zipfile"}  # of the standard library: they read what is foreign
STANDARD = Path(sysconfig.get_path("stdlib")).resolve()
MOST_WORDS = 8000  # of a traceback: its end tells most


def is_ours(fault: BaseException) -> bool:
    """Whether ``fault`` is a mistake of Lyceum's code: a plain exception that was raised there, not in a library."""
    if isinstance(fault, (MemoryError, OSError)) or type(fault).__module__ not in PLAIN:
        return False
    return _raised_in_ours(fault.__traceback__)


def told(fault: BaseException) -> str:
    """The traceback of ``fault``, for the log."""
    return "".join(traceback.format_exception(fault))[-MOST_WORDS:]


def _raised_in_ours(trace: TracebackType | None) -> bool:
    """By the innermost frame that is not one of the standard library's all-purpose modules."""
    whose = False
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if not _is_all_purpose(path):
            whose = path.is_relative_to(OURS) and not path.is_relative_to(TESTS)
        trace = trace.tb_next
    return whose


def _is_all_purpose(path: Path) -> bool:
    """Whether a module only does what its caller asks of it: `statistics`, not `zipfile` and nothing installed."""
    if not path.is_absolute():  # frozen, or made at run time
        return True
    if not path.is_relative_to(STANDARD) or "site-packages" in path.parts:
        return False
    return path.relative_to(STANDARD).parts[0].removesuffix(".py") not in PARSERS
