"""What every test may use."""

from __future__ import annotations

import os

import pytest
from django.core.cache import cache

DATA = os.path.join(os.path.dirname(__file__), "..", "shared", "data")


@pytest.fixture(autouse=True)
def _own_redis(settings: pytest.FixtureRequest) -> None:
    """Each worker clears only its own numbered Redis database."""
    cache.clear()
