"""The folder of pictures: whole or not at all, never too large, and nothing lost but time when it goes."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Any

import pytest

from rag.reading import images

SHA = "ab" * 32
DAY = 24 * 3600


def keep_all(sha256: str = SHA, number: int = 1, size: int = 10) -> None:
    for width in images.WIDTHS:
        images.keep(sha256, number, width, b"x" * size)


def files(settings: Any) -> list[Path]:
    return sorted(path for path in settings.PAGE_IMAGES_FOLDER.rglob("*") if path.is_file())


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_page_is_ready_once_every_width_is_there():
    assert images.state_of(SHA, 1) == "missing"
    images.keep(SHA, 1, images.WIDTHS[0], b"small")
    assert images.state_of(SHA, 1) == "missing"
    images.keep(SHA, 1, images.WIDTHS[1], b"large")
    assert images.state_of(SHA, 1) == "ready"
    assert [images.state_of(SHA, 2), images.state_of("cd" * 32, 1)] == ["missing", "missing"]


def test_what_was_kept_is_read_and_nothing_else():
    images.keep(SHA, 7, 800, b"small")
    file = images.opened(SHA, 7, 800)
    assert file is not None
    with file:
        assert file.read() == b"small"
    assert [images.opened(SHA, 7, 1600), images.opened(SHA, 8, 800), images.opened("cd" * 32, 7, 800)] == [None] * 3


def test_broken_page_is_tried_again_after_a_day(settings):
    images.mark_broken(SHA, 3)
    assert [images.state_of(SHA, 3), images.state_of(SHA, 4)] == ["broken", "missing"]
    age(files(settings)[0], DAY + 1)
    assert images.state_of(SHA, 3) == "missing"


def test_broken_file_breaks_each_page_that_has_no_picture_yet():
    keep_all(number=1)
    images.mark_broken(SHA)
    assert [images.state_of(SHA, page) for page in (1, 2, 300)] == ["ready", "broken", "broken"]


def test_picture_that_cannot_be_written_leaves_nothing_behind(settings, monkeypatch):
    def full(*_given: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="full"):
        images.keep(SHA, 1, 800, b"small")
    assert files(settings) == []


def test_folder_that_is_not_too_large_keeps_everything(settings):
    keep_all(size=50)
    assert images.trim(100) == 0
    assert len(files(settings)) == 2


def test_those_that_nobody_looked_at_for_longest_go_first(settings):
    for number in range(1, 11):
        images.keep(SHA, number, 800, b"x" * 10)
        age(images._picture(SHA, number, 800), number * DAY)
    images.opened(SHA, 10, 800).close()  # type: ignore[union-attr]  # the oldest is looked at now
    assert images.trim(95) == 2
    assert images.opened(SHA, 9, 800) is images.opened(SHA, 8, 800) is None
    assert images._picture(SHA, 10, 800).exists()
    assert sum(path.stat().st_size for path in files(settings)) <= 95 * images.KEPT_SHARE


def test_what_a_killed_worker_left_half_written_goes_like_anything_else(settings):
    keep_all(size=10)
    left = files(settings)[0].with_name(".half")
    left.write_bytes(b"x" * 100)
    age(left, DAY)
    assert images.state_of(SHA, 1) == "ready"
    assert images.trim(100) == 1
    assert not left.exists()


def test_folder_that_is_not_there_is_an_empty_one(settings):
    assert images.trim(0) == 0
    assert images.state_of(SHA, 1) == "missing"


def test_two_workers_may_keep_one_picture(settings):
    for content in (b"one", b"two"):
        images.keep(SHA, 1, 800, content)
    assert [path.read_bytes() for path in files(settings)] == [b"two"]


def test_picture_that_another_worker_deleted_first_is_no_fault(settings, monkeypatch):
    keep_all(size=10)
    found = list(images._files(settings.PAGE_IMAGES_FOLDER))
    monkeypatch.setattr(images, "_files", lambda _folder: found)
    files(settings)[0].unlink()
    assert images.trim(0) == 2
    assert files(settings) == []
