"""Folders for meanwhile: gone at the end, and what a killed run left goes with the next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from library.backup import scratch
from library.core.config.model import ROOT


def test_a_folder_is_for_us_alone_and_goes_at_the_end(tmp_path):
    with scratch.folder(tmp_path, ".x-") as folder:
        (folder / "file").touch()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_it_goes_after_a_fault_too(tmp_path):
    with pytest.raises(KeyboardInterrupt), scratch.folder(tmp_path, ".x-"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_leave_each_other_alone(tmp_path):
    with scratch.folder(tmp_path, ".x-") as first:
        with scratch.folder(tmp_path, ".x-") as second:
            assert {first, second} == set(tmp_path.iterdir())
        assert first.is_dir()


KILLED = """
import os, signal, sys
from pathlib import Path
from library.backup import scratch
with scratch.folder(Path(sys.argv[1]), ".x-") as folder:
    (folder / "file").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_goes_with_the_next_of_its_kind(tmp_path: Path):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "file").exists()
    with scratch.folder(tmp_path, ".other-"):
        assert left.exists()
    with scratch.folder(tmp_path, ".x-"):
        assert not left.exists()
