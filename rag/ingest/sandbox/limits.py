"""What the reading process takes from itself before it touches a file. Only the standard library; Linux and macOS.

A file can make a library crash, hang or ask for all memory. Here it can do so without harm: the process ends, and the
worker that started it goes on behind the page.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
FILES = 64  # that may be open at once


def confine(*, parent: int, memory: int) -> None:
    """Limit this process for good: ``memory`` bytes of address space, no file written, no core dumped, gone when
    ``parent`` is. Errors: ``SystemExit`` where the parent has gone already."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        for option, value in ((PR_SET_PDEATHSIG, signal.SIGKILL), (PR_SET_NO_NEW_PRIVS, 1)):
            libc.prctl(option, value, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(0)
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, FILES),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(kind, (most, most))


def end_threads() -> None:
    """No further process or thread from here on (root is not held to it)."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def allow_seconds(seconds: int) -> None:
    """So much computing time from now on; the kernel ends the process behind it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def peak_bytes(pid: int | None = None) -> int:
    """The most memory that this process, or the one called ``pid``, has held; 0 where nobody knows."""
    try:  # `ru_maxrss` would count what the parent held as it forked
        with open(f"/proc/{pid or 'self'}/status") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if pid is None else 0
        return peak if sys.platform == "darwin" else peak * 1024
