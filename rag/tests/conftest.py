from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from library.ai.client import close_all
from rag.tests.tiny import TinyServer


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PAGE_IMAGES_FOLDER = tmp_path / "page-images"


@pytest.fixture(scope="session")
def tiny_server() -> Iterator[TinyServer]:
    server = TinyServer()
    yield server
    close_all()
    server.stop()


@pytest.fixture
def tiny(tiny_server: TinyServer, settings: Any) -> TinyServer:
    """Two small models of different dimensions; new indexes are made by ``tiny-6``."""
    tiny_server.texts.clear()
    tiny_server.is_broken = False
    settings.EMBEDDING_MODELS = {
        **settings.EMBEDDING_MODELS,
        "tiny-6": tiny_server.model(6),
        "tiny-8": tiny_server.model(8),
    }
    settings.EMBEDDING_MODEL = "tiny-6"
    return tiny_server
