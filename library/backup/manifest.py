"""What a backup says of itself: ``manifest.json`` in it."""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

FORMAT = "lyceum-backup"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class ArchivePart:
    """A file in the backup."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Secret:
    """A secret that the library needs and the backup has not. Never its value."""

    name: str
    words: str
    where: str


@dataclass(frozen=True)
class Manifest:
    """Versions, sizes and digests; what was found amiss; what must be kept elsewhere."""

    lyceum: str
    made_at: datetime
    postgresql: str
    pgvector: str
    pg_dump: str
    embedded: bool
    time_zone: str
    key_check: str
    migrations: list[tuple[str, str]]
    rows: dict[str, int]
    parts: list[ArchivePart] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    secrets: list[Secret] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        steps: dict[str, list[str]] = {}
        for app, step in self.migrations:
            steps.setdefault(app, []).append(step)
        head = {"format": FORMAT, "format_version": FORMAT_VERSION}
        own = {"made_at": self.made_at.isoformat(), "migrations": steps}
        return json.dumps(head | asdict(self) | own, indent=1, ensure_ascii=False)

    @property
    def postgresql_major(self) -> int:
        return major(self.postgresql)


class _Other(ValueError):
    """It can be read, and is none of this form."""


def from_json(text: str) -> Manifest:
    """Errors: ``ValueError`` with the end of a sentence."""
    try:
        read: dict[str, Any] = json.loads(text)
        name, version = read.pop("format"), read.pop("format_version")
        if name != FORMAT:
            raise _Other("it is of another kind")
        if version != FORMAT_VERSION:
            raise _Other(f"it is written in form {version}, and this Lyceum reads form {FORMAT_VERSION}")
        return Manifest(
            **read
            | {
                "made_at": datetime.fromisoformat(read["made_at"]),
                "migrations": [(app, step) for app, steps in read["migrations"].items() for step in steps],
                "parts": [ArchivePart(**part) for part in read["parts"]],
                "secrets": [Secret(**secret) for secret in read["secrets"]],
            }
        )
    except _Other:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise ValueError("its manifest cannot be read") from fault


def major(version: str) -> int:
    """The major version of PostgreSQL in ``18.4 (Debian …)``."""
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def key_check(secret_key: str) -> str:
    """Eight digits by which two secret keys are told apart, and from which none can be found."""
    return hmac.new(secret_key.encode(), b"lyceum.backup.key", "sha256").hexdigest()[:8]
