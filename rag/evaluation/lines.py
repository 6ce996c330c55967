"""JSON lines, read strictly: what is wrong is told by file and line."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class BrokenSet(ValueError):
    """A set of questions that cannot be read; the message says what is wrong where."""


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each line stands ("file, line 3") and its object; empty lines aside. ``.gz`` is unpacked.

    Lines end with a line feed only: a text may hold any other separator. Errors: ``BrokenSet``.
    """
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        where = f"{path.name}, line {number}"
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as fault:
                raise BrokenSet(f"{where}: {fault}") from None
            if not isinstance(row, dict):
                raise BrokenSet(f"{where}: an object is wanted, not {line[:40]}")
            yield where, row


def text_of(path: Path) -> str:
    """All of a file in UTF-8, unpacked where its name ends in ``.gz``. Errors: ``BrokenSet``."""
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    except FileNotFoundError:
        raise BrokenSet(f"There is no {path}.") from None
    except (OSError, EOFError, zlib.error) as fault:
        raise BrokenSet(f"{path.name} cannot be read: {fault}") from None
    except UnicodeDecodeError:
        raise BrokenSet(f"{path.name} is not in UTF-8.") from None


def text(where: str, row: dict[str, Any], name: str, *, may_be_empty: bool = False) -> str:
    """The text that ``row`` has under ``name``. Errors: ``BrokenSet`` where it has none."""
    value = row.get(name)
    if not isinstance(value, str) or not (value.strip() or may_be_empty):
        raise BrokenSet(f"{where}: “{name}” must be a text.")
    return value
