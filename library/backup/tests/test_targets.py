"""A backup has its name when it is whole, or nothing has it."""

from __future__ import annotations

import fcntl
import resource
import signal
import subprocess
import sys

import pytest

from library.backup.errors import TargetUnusable
from library.backup.targets import target
from library.core.config.model import ROOT


def test_a_file_is_there_at_the_end_for_its_owner_alone(tmp_path):
    path = tmp_path / "library.tar"
    with target(str(path)) as out:
        out.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_one_before_stays_until_then(tmp_path):
    path = tmp_path / "library.tar"
    path.write_bytes(b"yesterday")
    with pytest.raises(KeyboardInterrupt), target(str(path)) as out:
        out.write(b"today")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"yesterday"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(TargetUnusable, match="no such file or directory"), target(str(tmp_path / "x" / "y.tar")):
        pass


def test_a_folder_in_its_place_is_told(tmp_path):
    with pytest.raises(TargetUnusable, match="it is a folder"), target(str(tmp_path)):
        pass


def test_what_a_killed_run_left_goes_and_what_is_being_written_stays(tmp_path):
    left, living = tmp_path / ".library.tar.00000000.partial", tmp_path / ".library.tar.11111111.partial"
    other = tmp_path / ".other.tar.00000000.partial"
    for path in (left, living, other):
        path.write_bytes(b"half")
    with living.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with target(str(tmp_path / "library.tar")):
            assert not left.exists()
    assert sorted(tmp_path.iterdir()) == [living, other, tmp_path / "library.tar"]


WRITE = """
import sys, django
django.setup()
from library.backup.targets import target
from library.backup.errors import TargetUnusable
try:
    with target(sys.argv[1]) as out:
        for _ in range(400):
            out.write(b"x" * 10_000)
except TargetUnusable as refusal:
    sys.exit(str(refusal))
"""


def run(name: str, **more) -> subprocess.CompletedProcess[str]:
    with open("/dev/full", "wb") as full:
        return subprocess.run(
            [sys.executable, "-c", WRITE, name],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **more,
        )


def test_a_full_disk_is_told_on_standard_output():
    ran = run("-")
    assert ran.returncode == 1
    assert "standard output cannot be written: no space left on device" in ran.stderr


def test_no_half_file_is_left_where_a_file_may_not_grow(tmp_path):
    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    (tmp_path / "library.tar").write_bytes(b"yesterday")
    ran = run(str(tmp_path / "library.tar"), preexec_fn=limited)
    assert ran.returncode == 1
    assert "cannot be written: file too large. Nothing was left there" in ran.stderr
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("library.tar", b"yesterday")]
