"""What processes take: proportional set size, in which a page that several share counts once in all."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MB = 1024.0  # kilobytes


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        parent = re.search(r"^PPid:\t(\d+)", _read(folder / "status"), re.M)
        if parent:
            children.setdefault(int(parent[1]), []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def taken(pid: int) -> float:
    """Megabytes of one process; 0 for one that has ended meanwhile."""
    line = re.search(r"^Pss:\s+(\d+)", _read(Path(f"/proc/{pid}/smaps_rollup")), re.M)
    return int(line[1]) / MB if line else 0.0


def part_of(pid: int) -> str:
    """What a process of a running library is, by its command line."""
    words = _read(Path(f"/proc/{pid}/cmdline")).replace("\0", " ")
    for name, mark in PARTS.items():
        if mark in words:
            return name
    return "other"


PARTS = {
    "PostgreSQL": "postgres",
    "Redis": "redis-server",
    "web": "uvicorn",
    "quick worker": "quick@",
    "slow worker": "slow@",
    "beat": " beat ",
    "embedder": "manage.py embedder",
    "supervisor": "manage.py up",
}


def by_part(pid: int) -> dict[str, float]:
    """Megabytes of each part of the library that the process ``pid`` supervises."""
    found: dict[str, float] = {}
    for member in family(pid):
        name = part_of(member)
        found[name] = found.get(name, 0.0) + taken(member)
    return found


@dataclass(frozen=True)
class Run:
    """One command from its beginning to its end."""

    seconds: float
    computing: float  # seconds of processor time
    megabytes: float  # the most that it had at once


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Run:
    """Errors: ``RuntimeError`` with its last words where it fails."""
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout
    said = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {said.decode(errors='replace')[-500:]}")
    return Run(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / MB)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
