from __future__ import annotations

from typing import Any

import pytest

from library.core.background import wake


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What workers were woken for."""
    found: list[Any] = []

    def note(name: str, **options: Any) -> bool:
        found.append((name, options.get("args")))
        return True

    monkeypatch.setattr(wake, "wake", note)
    return found
