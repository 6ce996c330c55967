"""What the settings are, told to people: a table, docs/settings.md, and names that nobody reads."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from library.core.config.checks import Limit
from library.core.config.model import ENV_FILE, ROOT, Config

OWN_PREFIXES = ("LYCEUM_", "ACCOUNTS_")
READ_ELSEWHERE = frozenset({"LYCEUM_TEST_VAR"})  # by the test run
SET = "(set)"
UNSET = "(unset)"
NOTHING: tuple[object, ...] = (None, "", ())


@dataclass(frozen=True)
class SettingRow:
    """One setting as it is now. ``value`` never shows a secret; ``source`` is where it came from."""

    name: str
    group: str
    value: str
    default: str
    source: str
    words: str
    example: str


def rows(chosen: Config, *, env_file: Path = ENV_FILE) -> list[SettingRow]:
    """Every setting, in the order of the model."""
    return [_row(attribute, chosen, outside(env_file)) for attribute in Config.model_fields]


def outside(env_file: Path = ENV_FILE) -> dict[str, dict[str, str]]:
    """Where settings come from, nearest first, with every name (in capitals) that has a value there."""
    written = dotenv_values(env_file) if env_file.is_file() else {}
    return {
        "environment": {name.upper(): value for name, value in os.environ.items() if value},
        ".env": {name.upper(): value for name, value in written.items() if value},
    }


def unknown_names(*, env_file: Path = ENV_FILE) -> list[str]:
    """A sentence for each name that looks like a setting of ours but is none, with the nearest that is."""
    known = {str(field.alias) for field in Config.model_fields.values()}
    sentences = []
    for source, names in outside(env_file).items():
        for name in sorted(names):
            if name.startswith(OWN_PREFIXES) and name not in known | READ_ELSEWHERE:
                meant = nearest(name, known)
                hint = f" Did you mean {meant}?" if meant else ""
                sentences.append(f"{name} ({source}) is no setting of Lyceum and changes nothing.{hint}")
    return sentences


def nearest(name: str, known: set[str]) -> str:
    """The setting that ``name`` was probably meant to be, or an empty string."""
    bare = name.split("_", 1)[1]
    if bare in known:
        return bare
    by_bare = {other.removeprefix("LYCEUM_").removeprefix("ACCOUNTS_"): other for other in sorted(known)}
    found = difflib.get_close_matches(bare, by_bare, n=1)
    return by_bare[found[0]] if found else ""


def table(chosen: Config, *, env_file: Path = ENV_FILE) -> str:
    """Name, value and source of every setting, in columns."""
    found = rows(chosen, env_file=env_file)
    wide = max(len(row.name) for row in found), max(len(row.value) for row in found)
    return "\n".join(f"{row.name:<{wide[0]}}  {row.value:<{wide[1]}}  {row.source}" for row in found)


def markdown() -> str:
    """docs/settings.md: the settings by group, with defaults and words, independent of this machine."""
    return "\n".join([*_head(), *_groups()]) + "\n"


def _head() -> list[str]:
    return [
        "# Settings",
        "",
        "<!-- Written by `make settings` from library/core/config/model.py; do not edit. -->",
        "",
        "Lyceum reads these from the environment and then from a file `.env` beside `manage.py` (copy `.env.example`).",
        "None is needed for `make run`. An empty one counts as unset. All are checked at start and every fault is told",
        "at once; a name that begins with `LYCEUM_` and is no setting is told as a warning.",
        "`manage.py settings` shows what each one is now and where it came from; secrets are never shown.",
    ]


def _groups() -> Iterator[str]:
    for group, found in groupby(map(_blank_row, Config.model_fields), key=lambda row: row.group):
        yield from ("", f"## {group}", "", "| name | default | what it does |", "|---|---|---|")
        for row in found:
            example = f" Example: `{row.example}`" if row.example else ""
            default = f"`{row.default}`" if row.default else ""
            yield f"| `{row.name}` | {default} | {row.words}{example} |"


def _row(attribute: str, chosen: Config, sources: dict[str, dict[str, str]]) -> SettingRow:
    blank = _blank_row(attribute)
    source = next((source for source, names in sources.items() if blank.name in names), "default")
    value = getattr(chosen, attribute)
    if _about(attribute).get("secret"):
        shown = SET if value else UNSET
    else:
        shown = UNSET if value in NOTHING else _plain(value)
    return SettingRow(**{**vars(blank), "value": shown, "source": source})


def _blank_row(attribute: str) -> SettingRow:
    field, about = Config.model_fields[attribute], _about(attribute)
    default = "" if field.default in NOTHING else _plain(field.default)
    return SettingRow(
        name=str(field.alias),
        group=str(about.get("group", "More")),
        value="",
        default=default.removeprefix(f"{ROOT}/"),
        source="default",
        words=str(field.description),
        example=str(about.get("example", "")),
    )


def _about(attribute: str) -> dict[str, Any]:
    about = Config.model_fields[attribute].json_schema_extra
    return about if isinstance(about, dict) else {}


def _plain(value: object) -> str:
    if isinstance(value, tuple) and not isinstance(value, Limit):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
