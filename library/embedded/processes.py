"""Child processes that die with us and can be found again if we died first."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from library.embedded import log_files

PR_SET_PDEATHSIG = 1


def _die_with_parent(by: int) -> Callable[[], None]:
    """On Linux the kernel stops the child when its parent is killed. Elsewhere the next start mends."""

    def ask_kernel() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)

    return ask_kernel


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    cwd: Path | None = None,
    uid: int | None = None,
    gid: int | None = None,
    orphaned_by: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, as ``uid`` where given, its output in ``log`` or on our terminal.

    ``orphaned_by`` is the signal that it gets when we die without stopping it.
    """
    output = log_files.opened(log) if log else None
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            env=dict(env) if env is not None else None,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop the children in order
            user=uid,
            group=gid,
            extra_groups=[] if uid is not None else None,
            preexec_fn=_die_with_parent(orphaned_by),
        )
    finally:
        if output:
            output.close()


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a child and everything that it started."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def stop_all(processes: Iterable[subprocess.Popen[bytes]], *, seconds: float) -> None:
    """Ask every process to end, wait up to ``seconds`` for all of them together, then end what is left by force."""
    processes = list(processes)
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    wait_until(lambda: all(process.poll() is not None for process in processes), seconds=seconds)
    for process in processes:
        signal_group(process, signal.SIGKILL)  # also what a dead child left behind
        process.wait()


def wait_until(is_true: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Whether ``is_true`` came true within ``seconds``."""
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def command_of(pid: int) -> str:
    """The command line of a process, or an empty string where there is none (or none that we can see)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        found = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
        return found.stdout.strip()


def end_leftover(pid: int, *, belongs: str, by: int, seconds: float = 8) -> bool:
    """End a process that an earlier, killed start left, if its command line still names ``belongs``."""
    if pid <= 1 or belongs not in command_of(pid):
        return False
    os.kill(pid, by)
    if not wait_until(lambda: belongs not in command_of(pid), seconds=seconds):
        os.kill(pid, signal.SIGKILL)
    return True
