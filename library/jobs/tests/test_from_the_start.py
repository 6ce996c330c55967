"""Work whose subject is replaced while it runs: it is done anew, and not for ever."""

from __future__ import annotations

import pytest

from library.jobs.from_the_start import BEGINNINGS, Replaced, again_if_replaced


class GivenUp(Exception):
    """What the work raises at last."""


class Shelf:
    """A subject that is replaced while the first ``replacements`` readings of it are under way."""

    def __init__(self, replacements: int) -> None:
        self.left = replacements
        self.version = 0
        self.read: list[int] = []
        self.kept: list[int] = []

    @again_if_replaced(at_last=GivenUp)
    def copy(self, by: str, *, also: str = "") -> None:
        assert (by, also) == ("a worker", "with words")
        version = self.version
        self.read.append(version)
        if self.left:
            self.left -= 1
            self.version += 1
        if version != self.version:
            raise Replaced
        self.kept.append(version)


def test_what_nobody_replaces_is_done_once():
    shelf = Shelf(replacements=0)
    shelf.copy("a worker", also="with words")
    assert (shelf.read, shelf.kept) == ([0], [0])


@pytest.mark.parametrize("replacements", [1, BEGINNINGS - 1])
def test_what_is_kept_comes_from_the_last(replacements):
    shelf = Shelf(replacements)
    shelf.copy("a worker", also="with words")
    assert shelf.read == list(range(replacements + 1))
    assert shelf.kept == [replacements]


def test_replaced_again_and_again_it_gives_up():
    shelf = Shelf(replacements=1_000)
    with pytest.raises(GivenUp):
        shelf.copy("a worker", also="with words")
    assert len(shelf.read) == BEGINNINGS
    assert shelf.kept == []


def test_other_faults_end_it_at_once():
    tried: list[bool] = []

    @again_if_replaced(at_last=GivenUp)
    def work() -> None:
        tried.append(True)
        raise ValueError("unreadable")

    with pytest.raises(ValueError, match="unreadable"):
        work()
    assert tried == [True]
