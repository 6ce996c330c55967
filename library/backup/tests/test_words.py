"""What a backup tells people, and how databases of one server are named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from library.backup import manifest, words
from library.backup.manifest import from_json
from library.backup.places import Place
from library.backup.server.databases import with_database
from library.backup.tests.test_archive import MANIFEST
from library.core.config.model import Config

PLACE = Place("postgresql:///x", "", "hush-key", embedded=True, var=Path("/v"), media=Path("/v/media"), time_zone="UTC")


def test_how_to_restore_it_stands_in_it_with_when_it_was_made():
    said = words.readme(datetime(2026, 11, 30, 8, 5, tzinfo=UTC))
    assert said.startswith("A backup of a Lyceum library, made 2026-11-30 08:05 UTC.\n")
    assert "It holds personal data" in said
    assert "manage.py restore FILE" in said
    assert "pg_restore --no-owner" in said


@pytest.fixture
def chosen(monkeypatch):
    """Settings of a library with services of its own, set in the environment alone."""
    values = {
        "DATABASE_URL": "postgresql://me:hush@db/x",
        "REDIS_URL": "redis://:hush@r",
        "LYCEUM_SECRET_KEY": "hush" * 16,
        "LYCEUM_ALLOWED_HOSTS": "a.example",
        "PORT": "8100",
    }
    for field in Config.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Config(_env_file=None)  # type: ignore[call-arg]


def test_settings_that_were_chosen_are_kept_and_no_secret(chosen):
    kept = words.settings(chosen)
    assert (kept["PORT"], kept["LYCEUM_ALLOWED_HOSTS"]) == ("8100", "a.example")
    assert "LYCEUM_TIME_ZONE" not in kept
    assert kept["DATABASE_URL"] == kept["LYCEUM_SECRET_KEY"] == "(set)"
    assert "hush" not in json.dumps(kept)


def test_secrets_are_named_with_where_they_were_found(chosen):
    found = words.secrets(chosen, replace(PLACE, embedded=False))
    assert [(one.name, one.where) for one in found] == [
        ("DATABASE_URL", "environment"),
        ("REDIS_URL", "environment"),
        ("LYCEUM_SECRET_KEY", "environment"),
    ]
    assert "hush" not in str(found)


def test_the_secret_that_a_library_made_itself_is_named_by_its_file(chosen):
    made = words.secrets(chosen, PLACE)[-1]
    assert (made.name, made.where) == ("secret_key", "/v/secret_key")
    assert "hush" not in str(made)


# -- the manifest


@given(
    st.dictionaries(st.text(max_size=9), st.integers(0, 10**9), max_size=4),
    st.lists(st.tuples(st.sampled_from(["catalog", "rag"]), st.text(min_size=1, max_size=9)), max_size=5, unique=True),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=3),
)
def test_what_a_manifest_says_is_read_as_it_was_written(rows, steps, lost):
    said = replace(MANIFEST, rows=rows, migrations=sorted(steps), lost=lost)
    assert from_json(said.to_json()) == said


def changed(**values: object) -> str:
    return json.dumps(json.loads(MANIFEST.to_json()) | values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "its manifest cannot be read"),
        ("[]", "its manifest cannot be read"),
        ("null", "its manifest cannot be read"),
        ("{}", "its manifest cannot be read"),
        (changed(format="another"), "it is of another kind"),
        (changed(format_version=2), "it is written in form 2, and this Lyceum reads form 1"),
        (changed(format_version=0), "it is written in form 0, and this Lyceum reads form 1"),
        (changed(made_at="yesterday"), "its manifest cannot be read"),
        (changed(made_at=None), "its manifest cannot be read"),
        (changed(more="than there is"), "its manifest cannot be read"),
        (changed(parts=[{"path": "a"}]), "its manifest cannot be read"),
        (changed(migrations=["a"]), "its manifest cannot be read"),
    ],
)
def test_a_manifest_that_says_something_else_is_told(text, words):
    with pytest.raises(ValueError, match=words):
        from_json(text)


@given(st.text(max_size=30), st.text(max_size=30))
def test_keys_are_told_apart_by_eight_digits(one, other):
    found = manifest.key_check(one)
    assert len(found) == 8
    assert int(found, 16) >= 0
    assert one == other or found != manifest.key_check(other)


# -- databases of one server


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20))
def test_the_address_of_another_database_differs_in_its_name_alone(name):
    url = "postgresql://me:p%40ss@db.example.org:5433/lyceum?host=/run/pg&sslmode=require"
    other = conninfo_to_dict(with_database(url, name))
    assert other.pop("dbname") == name
    assert other == {key: value for key, value in conninfo_to_dict(url).items() if key != "dbname"}
