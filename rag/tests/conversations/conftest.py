from __future__ import annotations

from typing import Any

import pytest

from accounts.tests.factories import make_user
from rag.conversations import services
from rag.conversations.models import Conversation
from rag.models import Document
from rag.tests.conversations.said import BREAD, KRILL, QUESTION, SONGS
from rag.tests.texts import make_text
from rag.tests.tiny import TinyServer


@pytest.fixture(autouse=True)
def model(tiny: TinyServer, settings: Any) -> TinyServer:
    """Words fall into so many kinds that texts about other things have little in common."""
    settings.EMBEDDING_MODELS = {**settings.EMBEDDING_MODELS, "tiny-256": tiny.model(256) | {"threshold": 0.4}}
    settings.EMBEDDING_MODEL = "tiny-256"
    return tiny


@pytest.fixture
def document(db: None) -> Document:
    return make_text([KRILL, SONGS, BREAD])


@pytest.fixture
def reader(db: None) -> Any:
    return make_user()


@pytest.fixture
def conversation(document: Document, reader: Any) -> Conversation:
    return services.begin(document=document, question=QUESTION, by=reader)
