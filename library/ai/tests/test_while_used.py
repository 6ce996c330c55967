"""A worker keeps the model while it has texts for it, and no longer."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from library.ai import embeddings
from library.ai.runtimes.local import local_embedder
from library.ai.runtimes.while_used import WhileUsed
from tests.stack import eventually


class Model:
    """Stands for what takes memory; ``gate`` holds its answer up."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()

    def embed(self, texts, kind):
        assert self.gate.wait(10)
        return np.ones((len(texts), 2), dtype=np.float32)


@pytest.fixture
def made() -> list[Model]:
    return []


@pytest.fixture
def used(made):
    def load() -> Model:
        model = Model()
        made.append(model)
        return model

    return WhileUsed(load, seconds=0.2)


def test_nothing_is_loaded_before_the_first_text(used, made):
    assert not used.is_loaded
    assert made == []


def test_one_model_answers_whatever_comes_close_together(used, made):
    for _ in range(3):
        assert used.embed(["a", "b"], "passage").shape == (2, 2)
    assert len(made) == 1


def test_an_idle_model_is_given_up_and_loaded_again_for_the_next_text(used, made):
    used.embed(["a"], "passage")
    eventually(lambda: not used.is_loaded, seconds=5)
    used.embed(["a"], "passage")
    assert used.is_loaded
    assert len(made) == 2
    eventually(lambda: not used.is_loaded, seconds=5)


def test_a_model_that_works_is_kept_however_long_it_takes(used, made):
    used.embed(["a"], "passage")
    made[0].gate.clear()
    working = threading.Thread(target=used.embed, args=(["b"], "passage"))
    working.start()
    time.sleep(0.6)  # three times as long as an idle one is kept
    assert used.is_loaded
    made[0].gate.set()
    working.join(5)
    assert len(made) == 1
    eventually(lambda: not used.is_loaded, seconds=5)


def test_a_model_that_cannot_be_loaded_says_so_each_time():
    def load() -> Model:
        raise RuntimeError("no memory")

    used = WhileUsed(load, seconds=20)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no memory"):
            used.embed(["a"], "passage")
    assert not used.is_loaded


def anonymous() -> int:
    """Kilobytes that this process has for itself."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))


@pytest.mark.model
def test_memory_of_a_real_model_goes_back_to_the_machine():
    spec = embeddings.spec()
    from library.ai.runtimes import local

    expected = local_embedder(spec).embed(["the moon"], "passage")
    used = WhileUsed(lambda: local.load(spec), seconds=0.2)
    before = anonymous()
    again = used.embed(["the moon"], "passage")
    loaded = anonymous()
    assert np.allclose(expected, again, atol=1e-6)
    eventually(lambda: not used.is_loaded, seconds=5)
    assert loaded - before > 30_000, "a model takes memory"
    eventually(lambda: anonymous() - before < (loaded - before) / 2, seconds=5)
