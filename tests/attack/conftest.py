from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.attack.world import World


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def world(db: None) -> World:
    return World()
