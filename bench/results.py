"""bench/RESULTS.md: one section for each benchmark, written anew when it runs."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = """# What was measured

Each section is written by `make bench-NAME`, with the machine that it ran on. Timings never decide a test.
"""


def write_section(name: str, body: str) -> None:
    """Put ``body`` under the heading ``name``, instead of what stood there."""
    text = RESULTS.read_text() if RESULTS.exists() else HEAD
    section = f"## {name}\n\n{body.strip()}\n"
    pattern = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.M | re.S)
    is_there = pattern.search(text) is not None
    text = pattern.sub(lambda _found: section + "\n", text) if is_there else f"{text.rstrip()}\n\n{section}"
    RESULTS.write_text(text.rstrip() + "\n")


def machine() -> str:
    """This machine and moment, in one line."""
    cpu = next((line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    kilobytes = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    memory = f", {kilobytes / 2**20:.0f} GiB" if kilobytes else ""
    busy = os.getloadavg()[0]
    return (
        f"{cpu or platform.machine()}, {os.cpu_count()} cores{memory}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}; load of the machine at the end {busy:.1f}"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
